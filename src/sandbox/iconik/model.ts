/** Shapes of the iconik API, as far as sign-on reads and writes them. */
export const USER_TYPES = ['POWER', 'STANDARD', 'BROWSE_ONLY', 'BROWSE_API_ONLY'] as const;
export type UserType = (typeof USER_TYPES)[number];
export const USER_STATUSES = ['ACTIVE', 'INACTIVE', 'BLOCKED', 'DELETED'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

export type User = {
  readonly id: string;
  /** The login name; compared without case. */
  email: string;
  first_name: string;
  last_name: string;
  type: UserType;
  status: UserStatus;
  /** Ids of groups. */
  groups: string[];
  primary_group: string | null;
  identity_provider_id: string | null;
  readonly system_metadata: { readonly saml_created: boolean };
  /** Without zone, in microseconds, as iconik writes them; UTC is meant. */
  date_created: string;
  date_modified: string;
  last_web_login: string | null;
};

export type Group = {
  readonly id: string;
  readonly name: string;
  readonly external_id: string | null;
  /** Type of users whom a first sign-on creates with this group as primary one. */
  readonly default_user_type: UserType | null;
  /** 0: never the primary group; else the highest one wins. */
  readonly saml_primary_group_priority: number;
  /** A group that an identity provider has named once belongs to it from then on. */
  is_saml_group: boolean;
};

/** A group's other name: what the identity provider sends, and the group that is meant. */
export type GroupMapping = { readonly name: string; readonly group_id: string };

/** A zone-less instant in microseconds. */
export function iconikDate(instant: Date): string {
  return `${instant.toISOString().slice(0, -1)}000`;
}
