/** Role strings as groups carry them, for the groups of the demo. */
const can = (doing: string, things: string): string[] =>
  things.split(' ').map((thing) => `can_${doing}_${thing}`);

export const BROWSING_ROLES: readonly string[] = [
  ...can('read', 'assets collections metadata_values shares'),
  'can_search',
];
export const EDITING_ROLES: readonly string[] = [
  ...BROWSING_ROLES,
  ...can('create', 'assets collections'),
  ...can('write', 'assets collections shares'),
  'can_manage_shares',
];
export const PRODUCING_ROLES: readonly string[] = [
  ...EDITING_ROLES,
  ...can('delete', 'assets collections object_shares'),
  ...can('read', 'users groups acls'),
  ...can('write', 'acls'),
];
/** What a connector for people needs, and nothing about billing, storages or webhooks. */
export const INTEGRATION_ROLES: readonly string[] = [
  ...can('read', 'users groups group_mappings identity_providers acls stats shares assets collections apps'),
  ...can('write', 'users groups group_mappings identity_providers acls collections'),
  ...can('delete', 'users groups group_mappings identity_providers acls object_shares'),
  ...can('create', 'users collections'),
  ...can('reindex', 'users groups'),
  ...['can_manage_shares', 'can_manage_all_shares', 'can_read_system_domains', 'can_search'],
];
