import type { AclRow, Asset, Collection, Permission, Share } from './content.ts';
import { PERMISSIONS, PROPAGATING } from './content.ts';
import type { IdentityProviderRecord } from './identity-provider.ts';
import { type App, type Group, iconikDate, newUser, type RoleGroup, type Token, type User } from './model.ts';
import { BROWSING_ROLES, EDITING_ROLES, INTEGRATION_ROLES, PRODUCING_ROLES } from './role-lists.ts';

/** `7c0e5b1a-40d2-11f0-8f6e-000000000011`: ids of the demo never change, so that configurations can name them. */
const id = (serial: number): string => `7c0e5b1a-40d2-11f0-8f6e-${String(serial).padStart(12, '0')}`;

export const SYSTEM_DOMAIN = '5b0c33e8-40d2-11f0-8d4a-0242ac120002';
export const IDENTITY_PROVIDER = '2f6d1c84-40d2-11f0-9b1d-0242ac120002';
/** Names the identity provider in addresses. */
export const PUBLIC_ID = '9e1b7c52-40d2-11f0-a0c3-0242ac120002';

export const GROUP = {
  producers: id(11),
  editors: id(12),
  reviewers: id(13),
  campaign: id(14),
  emea: id(15),
  na: id(16),
  integration: id(17),
} as const;
const USER = { integration: id(21), admin: id(22), emea: id(23), na: id(24), orphan: id(25) } as const;
const ROLE_GROUP = { producing: id(31), editing: id(32), browsing: id(33), integration: id(34) } as const;
const COLLECTION = { emea: id(41), emeaRaw: id(42), na: id(43), campaign: id(44), library: id(45) } as const;

/** What a connector is given: an application token that acts as the integration user, and an OAuth client. */
export const iconikCredentials = {
  appId: id(51),
  authToken: 'sandbox-token-of-iconik-integration',
  clientId: id(53),
  clientSecret: 'sandbox-secret-of-iconik-integration',
} as const;

/** Machines that bring in material. Each was set up under somebody's account, and dies with it. */
export const GATEWAYS = [
  { name: 'Storage gateway Hamburg', token: 'sandbox-token-of-gateway-hamburg' },
  { name: 'Storage gateway Boston', token: 'sandbox-token-of-gateway-boston' },
] as const;

const group = (fields: Partial<Group> & Pick<Group, 'id' | 'name'>, at: string): Group => ({
  alias: '',
  description: '',
  external_id: null,
  roles: [...BROWSING_ROLES],
  role_categories: null,
  default_user_type: null,
  saml_primary_group_priority: 0,
  is_saml_group: false,
  group_type: 'TEAM',
  date_created: at,
  date_modified: at,
  ...fields,
});

export function groups(at: string): readonly Group[] {
  const saml = (default_user_type: Group['default_user_type'], saml_primary_group_priority: number) => ({
    default_user_type,
    saml_primary_group_priority,
  });
  return [
    group({ id: GROUP.producers, name: 'Producers', roles: [...PRODUCING_ROLES], ...saml('POWER', 30) }, at),
    group({ id: GROUP.editors, name: 'Editors', roles: [...EDITING_ROLES], ...saml('STANDARD', 20) }, at),
    group({ id: GROUP.reviewers, name: 'Reviewers', ...saml('BROWSE_ONLY', 10) }, at),
    group({ id: GROUP.campaign, name: 'Summer campaign', description: 'Everybody in the project.' }, at),
    group({ id: GROUP.emea, name: 'Media EMEA', roles: [...EDITING_ROLES] }, at),
    group({ id: GROUP.na, name: 'Media NA', roles: [...EDITING_ROLES] }, at),
    group({ id: GROUP.integration, name: 'Integrations', roles: [...INTEGRATION_ROLES] }, at),
  ];
}

export function roleGroups(at: string): readonly RoleGroup[] {
  const make = (roleGroupId: string, name: string, roles: readonly string[]): RoleGroup => ({
    ...{
      id: roleGroupId,
      name,
      description: '',
      roles: [...roles],
      role_categories: null,
      date_created: at,
      date_modified: at,
    },
  });
  return [
    make(ROLE_GROUP.producing, 'Producing', PRODUCING_ROLES),
    make(ROLE_GROUP.editing, 'Editing', EDITING_ROLES),
    make(ROLE_GROUP.browsing, 'Browsing', BROWSING_ROLES),
    make(ROLE_GROUP.integration, 'Integrations', INTEGRATION_ROLES),
  ];
}

/** Nobody of the cast: they come by sign-on, by the API, or by an action. */
export function users(at: string): readonly User[] {
  const member = (groupId: string, roleGroup: string) => ({
    ...{ groups: [groupId], primary_group: groupId, role_groups: [roleGroup], bySaml: false },
  });
  const make = (serial: string, fields: Parameters<typeof newUser>[0]): User => newUser(fields, at, serial);
  const seen = {
    last_web_login: '2025-02-11T08:30:00.120000',
    last_successful_auth: '2025-02-11T08:30:00.120000',
  };
  return [
    make(USER.integration, {
      ...{ email: 'vestibule@halden.example', first_name: 'Vestibule', last_name: 'Integration' },
      ...{ type: 'POWER', ...member(GROUP.integration, ROLE_GROUP.integration) },
    }),
    make(USER.admin, {
      ...{
        email: 'grit@halden.example',
        first_name: 'Grit',
        last_name: 'Sommer',
        type: 'POWER',
        is_admin: true,
      },
      ...member(GROUP.producers, ROLE_GROUP.producing),
    }),
    make(USER.emea, {
      ...{ email: 'elin@halden.example', first_name: 'Elin', last_name: 'Aasen', type: 'STANDARD' },
      ...member(GROUP.emea, ROLE_GROUP.editing),
    }),
    make(USER.na, {
      ...{ email: 'jonah@halden.example', first_name: 'Jonah', last_name: 'Reyes', type: 'STANDARD' },
      ...member(GROUP.na, ROLE_GROUP.editing),
    }),
    make(USER.orphan, {
      ...{ email: 'leo@halden.example', first_name: 'Leo', last_name: 'Vance', type: 'POWER', ...seen },
      ...member(GROUP.na, ROLE_GROUP.editing),
    }),
  ];
}

export function apps(at: string): readonly App[] {
  const app = (fields: Pick<App, 'id' | 'name' | 'default_user_id' | 'clientSecret'>): App => ({
    ...{ description: null, date_created: at, ...fields },
  });
  const user = { default_user_id: USER.integration };
  return [
    app({ id: iconikCredentials.appId, name: 'Vestibule', ...user, clientSecret: null }),
    app({ id: id(52), name: 'Storage gateways', default_user_id: USER.admin, clientSecret: null }),
    app({
      ...{ id: iconikCredentials.clientId, name: 'Vestibule (OAuth)', ...user },
      clientSecret: iconikCredentials.clientSecret,
    }),
  ];
}

/** The gateway in Boston runs under the account of a person who has left. */
export function tokens(at: string): readonly Token[] {
  const token = (fields: Pick<Token, 'id' | 'token' | 'app_id' | 'user_id' | 'usedBy'>): Token => ({
    ...{ expires: null, scope: null, date_created: at, ...fields },
  });
  return [
    token({
      ...{ id: id(61), token: iconikCredentials.authToken, app_id: iconikCredentials.appId },
      ...{ user_id: USER.integration, usedBy: null },
    }),
    token({
      ...{ id: id(62), token: GATEWAYS[0].token, app_id: id(52) },
      ...{ user_id: USER.admin, usedBy: GATEWAYS[0].name },
    }),
    token({
      ...{ id: id(63), token: GATEWAYS[1].token, app_id: id(52) },
      ...{ user_id: USER.orphan, usedBy: GATEWAYS[1].name },
    }),
  ];
}

/** Bound to the broker by hand: it follows the broker's metadata until somebody gives it settings. */
export function identityProvider(at: string): IdentityProviderRecord {
  return {
    ...{
      id: IDENTITY_PROVIDER,
      public_id: PUBLIC_ID,
      type: 'GENERIC',
      settings: null,
      verbose_logging: true,
    },
    ...{ date_created: at, date_modified: at },
  };
}

export function collections(at: string): readonly Collection[] {
  const make = (collectionId: string, title: string, parent_id: string | null = null): Collection => ({
    ...{ id: collectionId, title, external_id: null, parent_id, category: null, storage_id: null },
    ...{ project_id: null, status: 'ACTIVE', created_by_user: USER.admin },
    ...{ date_created: at, date_modified: at },
  });
  return [
    make(COLLECTION.emea, 'EMEA'),
    make(COLLECTION.emeaRaw, 'EMEA raw material', COLLECTION.emea),
    make(COLLECTION.na, 'North America'),
    make(COLLECTION.campaign, 'Summer campaign'),
    make(COLLECTION.library, 'Brand library'),
  ];
}

export function assets(at: string): readonly Asset[] {
  const make = (
    serial: number,
    title: string,
    inside: string,
    rest: Pick<Asset, 'duration' | 'still'>,
  ): Asset => ({
    ...{ id: id(serial), title, external_id: null, status: 'ACTIVE', ...rest, created_by_user: USER.admin },
    ...{ date_created: at, date_modified: at, in_collections: [inside] },
  });
  const { emea, emeaRaw, na, campaign, library } = COLLECTION;
  return [
    make(71, 'Harbour at dawn, take 3', emeaRaw, { duration: '00:42', still: ['#f2a65a', '#58354b'] }),
    make(72, 'Wool mill interview', emea, { duration: '03:07', still: ['#c8b6e2', '#3a2f5b'] }),
    make(73, 'Store opening, Boston', na, { duration: '01:25', still: ['#f2c1b6', '#6b2d3c'] }),
    make(74, 'Outlet tour, Chicago', na, { duration: '02:48', still: ['#9fb8d9', '#24324a'] }),
    make(75, 'Summer campaign, rough cut', campaign, { duration: '02:10', still: ['#ffd97d', '#7a4419'] }),
    make(76, 'Kettle, turntable', library, { duration: '00:18', still: ['#7cc6c3', '#1d3b53'] }),
    make(77, 'Packaging, close-up', library, { duration: '00:31', still: ['#b7d7a8', '#23402b'] }),
  ];
}

/** Each department sees its own; the integration may change lists of all of them but is no administrator. */
export function acl(at: string): AclRow[] {
  const grant = (who: string, key: string, permissions: readonly Permission[]): AclRow[] =>
    ['collections', PROPAGATING].map((object_type) => ({
      ...{ of: 'group', who, object_type, object_key: key, permissions, date_created: at, date_modified: at },
    }));
  const edit: readonly Permission[] = ['read', 'write'];
  const own: readonly (readonly [string, string])[] = [
    [GROUP.emea, COLLECTION.emea],
    [GROUP.na, COLLECTION.na],
    [GROUP.campaign, COLLECTION.campaign],
  ];
  const roots = [COLLECTION.emea, COLLECTION.na, COLLECTION.campaign, COLLECTION.library];
  const readers = [GROUP.editors, GROUP.reviewers, GROUP.emea, GROUP.na];
  return [
    ...own.flatMap(([who, key]) => grant(who, key, edit)),
    ...readers.flatMap((who) => grant(who, COLLECTION.library, ['read'])),
    ...roots.flatMap((key) => grant(GROUP.producers, key, PERMISSIONS)),
    ...roots.flatMap((key) => grant(GROUP.integration, key, PERMISSIONS)),
  ];
}

const DAY = 86_400_000;

/** Sent to people outside, one of them to somebody who has left the company. */
export function shares(now: Date): readonly Share[] {
  const at = iconikDate(now);
  const make = (
    serial: number,
    title: string,
    object_id: string,
    days: number,
    emails: readonly string[],
  ): Share => ({
    ...{
      id: id(serial),
      title,
      object_type: 'collections',
      object_id,
      owner_id: USER.admin,
      date_created: at,
    },
    ...{ expires: new Date(now.getTime() + days * DAY), has_password: false },
    allows: {
      ...{ allow_comments: true, allow_approving_comments: false, allow_download: serial === 82 },
      ...{ allow_setting_approve_status: false },
    },
    users: emails.map((email, index) => ({
      ...{ id: id(serial * 10 + index), email, internal_user_id: null, access_count: index === 0 ? 3 : 0 },
      last_access_date: index === 0 ? at : null,
    })),
  });
  return [
    make(81, 'Rough cut for the agency', COLLECTION.campaign, 14, [
      'olu@halden.example',
      'kim@brightline.example',
    ]),
    make(82, 'Material for the trade fair', COLLECTION.emea, 60, ['lena@halden.example']),
    make(83, 'Boston opening, press', COLLECTION.na, -7, ['press@boston-daily.example']),
  ];
}
