import { z } from 'zod';
import { secret, url } from '../../../platform/config/index.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

/** Where OAuth tokens are asked for unless the configuration says otherwise; no public document names the address. */
export const TOKEN_PATH = '/API/auth/v1/oauth/token/';

const name = () => z.string().min(1).max(250);

const Credential = z
  .strictObject({
    appId: z.string().min(1).optional().describe('App-ID of the application token.'),
    authToken: secret().optional().describe('Auth-Token of the application, made for an integration user.'),
    clientId: z.string().min(1).optional().describe('Instead: client id of an OAuth back-end application.'),
    clientSecret: secret().optional().describe('Secret of that OAuth application.'),
    tokenUrl: url()
      .optional()
      .describe(`Where its tokens are asked for. Default: ${TOKEN_PATH} of the host.`),
    scopes: z
      .array(z.string().min(1))
      .default([])
      .describe('Scopes asked for; none: what the application has.'),
  })
  .meta({ title: 'Credential of iconik' });
export type Credential = z.infer<typeof Credential>;

const IdentityProvider = z
  .strictObject({
    name: name()
      .default('Vestibule')
      .describe('Name of our entry among the identity providers of the domain.'),
    domains: z
      .array(
        z.string().regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i, 'write a mail domain such as example.com'),
      )
      .default([])
      .describe('Mail domains whose people iconik sends here to sign in.'),
    groupMappings: z
      .record(name(), name())
      .default({})
      .describe('Name of a group in our assertions → group in iconik that is meant.'),
    bindUsers: z
      .boolean()
      .default(true)
      .describe('Whether each user that we provision is bound to this identity provider.'),
    verboseLogging: z.boolean().default(false).describe('Whether iconik logs each sign-in in detail.'),
  })
  .meta({ title: 'Identity provider in iconik' });

/** One iconik system domain as the place where users live. */
export const IconikTarget = z
  .strictObject({
    url: url().describe('Host of the domain, such as https://app.iconik.io or https://eu.iconik.io.'),
    credentials: z.array(Credential).min(1).describe('Credentials of the integration user, newest first.'),
    ...commonSettings,
    accessModel: z
      .enum(['detect', 'groups', 'teams'])
      .default('detect')
      .describe('Groups with roles, or teams and role groups. detect asks the domain.'),
    createGroups: z
      .boolean()
      .default(false)
      .describe('Whether groups that a role names are made, without any rights, when the domain lacks them.'),
    administrators: z
      .enum(['untouchable', 'managed'])
      .default('untouchable')
      .describe('Whether users who are administrators in iconik may be changed or deactivated.'),
    onBlocked: z
      .enum(['leave', 'reactivate'])
      .default('leave')
      .describe(
        'What to do about a user whom somebody set to BLOCKED in iconik while the directory gives access.',
      ),
    authority: z
      .strictObject({ name: z.enum(['directory', 'first', 'target']).default('directory') })
      .prefault({})
      .describe('Whose value counts.'),
    identityProvider: IdentityProvider.optional().describe('How the domain trusts our sign-ins.'),
    ladder: z
      .strictObject({
        leaveGroups: rungDelay()
          .prefault('30d')
          .describe('How long after the end an inactive user also leaves its groups and projects.'),
      })
      .prefault({})
      .describe('What follows deactivation, which comes at once. Users are never deleted.'),
  })
  .meta({ title: 'iconik domain' });
export type IconikTarget = z.infer<typeof IconikTarget>;

export const USER_TYPES = ['POWER', 'STANDARD', 'BROWSE_ONLY', 'BROWSE_API_ONLY'] as const;
export const PERMISSIONS = ['read', 'write', 'delete', 'change-acl'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const Project = z.strictObject({
  collection: name().describe('Collection of the project: title, external id or id.'),
  permissions: z.array(z.enum(PERMISSIONS)).min(1).default(['read']).describe('What the role may do in it.'),
  group: name()
    .optional()
    .describe(
      'Group of the project, which holds the permissions. Absent: they are given to each person alone.',
    ),
});
export type Project = z.infer<typeof Project>;

/** What a role of a relying party stands for in iconik. */
export const RoleMeaning = z
  .strictObject({
    type: z.enum(USER_TYPES).describe('User type, which decides what iconik charges.'),
    groups: z.array(name()).default([]).describe('Groups, by name, external id or id.'),
    teams: z.array(name()).default([]).describe('Instead of groups, where the domain has teams.'),
    roleGroups: z.array(name()).default([]).describe('Role groups, where the domain has teams.'),
    primaryGroup: name()
      .optional()
      .describe('Which of the groups or teams is the primary one. Default: the first.'),
    projects: z.array(Project).default([]).describe('Collections that the role may work in.'),
    external: z
      .boolean()
      .default(false)
      .describe('For people from outside: they are marked as such, and access without an end is refused.'),
  })
  .refine(({ groups, teams }) => groups.length === 0 || teams.length === 0, {
    path: ['teams'],
    message: 'name groups or teams, not both: a domain has one or the other',
  })
  .refine((role) => membersOf(role).length > 0, {
    path: ['groups'],
    message:
      'name at least one group or team: iconik keeps a user in the primary group until there is another',
  })
  .refine((role) => role.primaryGroup === undefined || membersOf(role).includes(role.primaryGroup), {
    path: ['primaryGroup'],
    message: 'is not among the groups or teams of the role; add it there',
  })
  .meta({ title: 'Role in iconik' });
export type RoleMeaning = z.infer<typeof RoleMeaning>;

type Members = {
  readonly groups: readonly string[];
  readonly teams: readonly string[];
  readonly projects: readonly Project[];
};

/** Groups or teams that a role stands for, those of its projects included. */
export function membersOf({ groups, teams, projects }: Members): readonly string[] {
  const ofProjects = projects.flatMap(({ group }) => (group === undefined ? [] : [group]));
  return [...new Set([...groups, ...teams, ...ofProjects])];
}
