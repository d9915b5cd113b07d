import { z } from 'zod';
import { HOUR, MINUTE } from '../../../base/index.ts';
import { secret, url } from '../../../platform/config/index.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

const Authority = z.enum(['directory', 'first', 'target']);

const OAuth = z
  .strictObject({
    tokenUrl: url().describe('Token endpoint of the authorization server.'),
    clients: z
      .array(z.strictObject({ clientId: z.string().min(1), clientSecret: secret() }))
      .min(1)
      .describe('OAuth clients, newest first.'),
    scope: z.string().min(1).optional().describe('Scope that is asked for.'),
    audience: z.string().min(1).optional().describe('Parameter audience, where the server wants one.'),
    sendSecret: z
      .enum(['basic', 'post'])
      .default('basic')
      .describe('Whether the client secret travels in the Authorization header or in the form.'),
  })
  .meta({ title: 'OAuth client credentials' });

/** What discovery tells, overruled; by itself every one is found out. */
const Server = z
  .strictObject({
    patch: z.enum(['auto', 'yes', 'no']).default('auto').describe('no: changes are sent as PUT.'),
    filter: z
      .enum(['auto', 'all', 'userName', 'none'])
      .default('auto')
      .describe('Which filters can be relied on; none: accounts are looked for in the list.'),
    etags: z.enum(['auto', 'yes', 'no']).default('auto').describe('Whether If-Match is sent.'),
    members: z
      .enum(['auto', 'one-by-one', 'replace'])
      .default('auto')
      .describe('Whether members are added and removed one by one, or the list is replaced.'),
    removeMember: z
      .enum(['filter', 'value'])
      .default('filter')
      .describe(
        'How a removal names the member: members[value eq "id"], or members with a value. By RFC 7644 the latter removes everybody: set it only where the server documents it.',
      ),
    membership: z
      .enum(['auto', 'user', 'filter', 'members'])
      .default('auto')
      .describe(
        'Where the groups of an account are read: in the account, by a filter on groups, or in the members of each group.',
      ),
    ops: z
      .enum(['auto', 'lower', 'capitalised'])
      .default('auto')
      .describe('Whether operations of a PATCH are written add or Add.'),
    active: z.enum(['auto', 'boolean', 'text']).default('auto').describe('Whether active is true or "True".'),
    mediaType: z
      .enum(['auto', 'scim+json', 'json'])
      .default('auto')
      .describe('Content type of what is sent: application/scim+json or application/json.'),
    pageSize: z.int().min(1).max(1_000).default(100).describe('Resources asked for at once.'),
    mostListed: z
      .int()
      .min(1)
      .max(100_000)
      .default(2_000)
      .describe('How many accounts are looked through for one person where the server cannot filter.'),
  })
  .prefault({})
  .meta({ title: 'What the server can do' });

/** A SCIM 2.0 service provider as the place where accounts live. */
export const ScimTarget = z
  .strictObject({
    baseUrl: url().describe('Root of the SCIM endpoints, such as https://app.example.com/scim/v2.'),
    tokens: z
      .array(z.strictObject({ token: secret() }))
      .min(1)
      .optional()
      .describe('Bearer tokens, newest first. Either these or oauth.'),
    tokenHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'use the name of a header')
      .optional()
      .describe('A header that carries the bare token in place of Authorization: Bearer. Off by default.'),
    oauth: OAuth.optional().describe('Client that gets its tokens by client_credentials.'),
    ...commonSettings,
    userName: z
      .string()
      .min(1)
      .default('mail')
      .describe(
        'Where userName comes from: mail, login, id, attributes.NAME, or a template such as {login}@example.com.',
      ),
    attributes: z
      .record(z.string().min(1).max(255), z.string().min(1))
      .default({ displayName: 'displayName', 'name.givenName': 'givenName', 'name.familyName': 'familyName' })
      .describe(
        'SCIM attribute → where its value comes from: login, mail, givenName, familyName, displayName, department, company, phone, id, attributes.NAME or a template. Beside names: title, phoneNumbers.work, department, organization, employeeNumber, manager, or a whole URN.',
      ),
    managerBy: z
      .enum(['userName', 'externalId'])
      .default('userName')
      .describe('What the value mapped to manager names the account of the manager by.'),
    mail: z.boolean().default(true).describe('Whether the mail address is written, as the primary one.'),
    addresses: z.boolean().default(false).describe('Whether the postal address is written.'),
    findBy: z
      .array(z.enum(['userName', 'mail']))
      .default(['userName', 'mail'])
      .describe('What nominates an account that does not carry our id yet.'),
    groupsBy: z
      .enum(['displayName', 'externalId', 'id'])
      .default('displayName')
      .describe('What roles name groups by.'),
    createGroups: z
      .boolean()
      .default(false)
      .describe('Whether groups that a role names are made when the server lacks them.'),
    authority: z
      .record(z.string(), Authority)
      .default({})
      .describe('Whose value counts, for userName, mail, address or a mapped attribute.'),
    untouchable: z
      .array(z.string().min(1))
      .default([])
      .describe('userNames of accounts that are never changed: owners, the integration itself.'),
    ladder: z
      .strictObject({
        removeGroups: rungDelay()
          .optional()
          .describe('Takes the groups of roles away, this long after the end. Default: they stay.'),
        delete: rungDelay()
          .optional()
          .describe('Deletes the account, this long after the end. Default: never.'),
      })
      .prefault({})
      .describe('What follows after the account was made inactive.'),
    server: Server,
  })
  .meta({ title: 'SCIM service provider' });
export type ScimTarget = z.infer<typeof ScimTarget>;

/** What a role stands for. */
export const ScimRole = z
  .strictObject({
    groups: z
      .array(z.string().min(1).max(255))
      .default([])
      .describe('Groups that the role stands for, named as the target says (groupsBy).'),
  })
  .meta({ title: 'Role in a SCIM target' });
export type ScimRole = z.infer<typeof ScimRole>;

/** Tokens that do not say when they end are asked for again after this long. */
export const UNDATED_TOKEN_MS = HOUR;
/** A token is renewed this long before its end, or at half of a shorter life. */
export const RENEW_EARLY_MS = MINUTE;
