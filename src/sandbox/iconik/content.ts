/** Shapes of the iconik API: what is looked at, who may, and what was sent outside. */
export const PERMISSIONS = ['read', 'write', 'delete', 'change-acl'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export type ObjectStatus = 'ACTIVE' | 'HIDDEN' | 'DELETED';

export type Collection = {
  readonly id: string;
  title: string;
  external_id: string | null;
  parent_id: string | null;
  category: string | null;
  storage_id: string | null;
  project_id: string | null;
  status: ObjectStatus;
  readonly created_by_user: string | null;
  readonly date_created: string;
  date_modified: string;
};

export type Asset = {
  readonly id: string;
  title: string;
  external_id: string | null;
  status: ObjectStatus;
  /** Minutes and seconds. */
  readonly duration: string;
  /** Colours of the still. */
  readonly still: readonly [string, string];
  readonly created_by_user: string | null;
  readonly date_created: string;
  date_modified: string;
  in_collections: string[];
};

/** Who may do what with one object. `_propagating_collections` is about what is inside a collection. */
export type AclRow = {
  readonly of: 'group' | 'user' | 'share';
  /** Id of the group, user or share. */
  readonly who: string;
  readonly object_type: string;
  readonly object_key: string;
  permissions: readonly Permission[];
  readonly date_created: string;
  date_modified: string;
};

export const PROPAGATING = '_propagating_collections';

/** Types of objects that can have access control lists. */
export const ACL_TYPES = [
  'assets',
  'collections',
  'saved_searches',
  'metadata_views',
  'storages',
  'custom_actions',
  PROPAGATING,
] as const;

export type ShareUser = {
  readonly id: string;
  readonly email: string;
  /** The user of this domain with the same address, if there is one. */
  readonly internal_user_id: string | null;
  access_count: number;
  last_access_date: string | null;
};

export type Share = {
  readonly id: string;
  title: string | null;
  readonly object_type: string;
  readonly object_id: string;
  readonly owner_id: string;
  expires: Date | null;
  /** allow_download and its like. */
  allows: Readonly<Record<string, boolean>>;
  has_password: boolean;
  users: ShareUser[];
  readonly date_created: string;
};
