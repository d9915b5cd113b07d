/** Shapes of the iconik API: people and what they belong to. */
export const USER_TYPES = ['POWER', 'STANDARD', 'BROWSE_ONLY', 'BROWSE_API_ONLY'] as const;
export type UserType = (typeof USER_TYPES)[number];
export const USER_STATUSES = ['ACTIVE', 'INACTIVE', 'BLOCKED', 'DELETED'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

export type User = {
  readonly id: string;
  /** The login name. */
  email: string;
  first_name: string;
  last_name: string;
  phone: string;
  description: string;
  hide_email: boolean;
  hide_phone: boolean;
  type: UserType;
  status: UserStatus;
  is_admin: boolean;
  /** Ids of groups; of teams, where the domain has teams. */
  groups: string[];
  primary_group: string | null;
  /** Used where the domain has teams. */
  role_groups: string[];
  identity_provider_id: string | null;
  /** Free form; iconik does not look at it. */
  metadata: unknown;
  readonly system_metadata: { readonly saml_created: boolean };
  /** Without zone, in microseconds, as iconik writes them; UTC is meant. */
  readonly date_created: string;
  date_modified: string;
  last_web_login: string | null;
  last_successful_auth: string | null;
  last_unsuccessful_auth: string | null;
  password_changed: string | null;
  /** The person has an account in another system domain and has not followed the link in the mail yet. */
  invited: boolean;
};

/** A group; a team without roles, where the domain has teams. */
export type Group = {
  readonly id: string;
  name: string;
  alias: string;
  description: string;
  external_id: string | null;
  /** Role strings: `can_read_users`. */
  roles: string[];
  role_categories: unknown;
  /** Type of users whom a first sign-on creates with this group as primary one. */
  default_user_type: UserType | null;
  /** 0: never the primary group; else the highest one wins. */
  saml_primary_group_priority: number;
  /** A group that an identity provider has named once belongs to it from then on. */
  is_saml_group: boolean;
  /** What it is where the domain has teams: one made by the call for groups is no team, and no page shows it. */
  readonly group_type: 'TEAM' | 'GROUP';
  readonly date_created: string;
  date_modified: string;
};

/** What carries roles where the domain has teams. */
export type RoleGroup = {
  readonly id: string;
  name: string;
  description: string;
  roles: string[];
  role_categories: unknown;
  readonly date_created: string;
  date_modified: string;
};

/** A group's other name: what the identity provider sends, and the group that is meant. */
export type GroupMapping = { readonly name: string; readonly group_id: string };

/** A system that calls the API. */
export type App = {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly default_user_id: string | null;
  /** Set where the application uses OAuth client credentials instead of a long-lived token. */
  readonly clientSecret: string | null;
  readonly date_created: string;
};

export type Token = {
  readonly id: string;
  readonly token: string;
  readonly app_id: string;
  readonly user_id: string;
  /** Null: does not expire. */
  expires: Date | null;
  readonly date_created: string;
  /** What the token is used by, where that is worth telling. */
  readonly usedBy: string | null;
  /** Roles that an OAuth scope left; null leaves all. */
  readonly scope: readonly string[] | null;
};

/** A zone-less instant in microseconds. */
export function iconikDate(instant: Date): string {
  return `${instant.toISOString().slice(0, -1)}000`;
}

/** Reads what `iconikDate` writes, and ISO 8601 with a zone. */
export function readIconikDate(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(/(\.\d{3})\d+$/, '$1')}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export type NewUser = Pick<User, 'email' | 'first_name' | 'type'> &
  Partial<Omit<User, 'id' | 'system_metadata' | 'date_created' | 'date_modified'>> & {
    readonly bySaml: boolean;
  };

export function newUser({ bySaml, ...fields }: NewUser, at: string, id: string): User {
  return {
    id,
    last_name: '',
    phone: '',
    description: '',
    hide_email: false,
    hide_phone: false,
    status: 'ACTIVE',
    is_admin: false,
    groups: [],
    primary_group: null,
    role_groups: [],
    identity_provider_id: null,
    metadata: null,
    last_web_login: null,
    last_successful_auth: null,
    last_unsuccessful_auth: null,
    password_changed: null,
    invited: false,
    ...fields,
    system_metadata: { saml_created: bySaml },
    date_created: at,
    date_modified: at,
  };
}
