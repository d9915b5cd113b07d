import * as bulk from './acl-bulk.ts';
import * as acls from './acls.ts';
import type { Handler, Route } from './call.ts';
import * as groups from './groups.ts';
import * as providers from './identity-providers.ts';
import * as mappings from './mappings.ts';
import * as objects from './objects.ts';
import * as shares from './shares.ts';
import * as system from './system.ts';
import * as teams from './teams.ts';
import * as tokens from './tokens.ts';
import * as users from './users.ts';

type Line = readonly [method: Route['method'], path: string, roles: string, handler: Handler];

const below = (service: string, lines: readonly Line[], model?: Route['model']): readonly Route[] =>
  lines.map(([method, path, roles, handler]) => ({
    ...{ method, path: `/${service}/v1${path}`, handler, roles: roles === '' ? [] : roles.split(' ') },
    ...(model && { model }),
  }));

const AUTH = below('auth', [
  ['GET', '/auth/token/', '', tokens.checkToken],
  ['POST', '/auth/token/', '', tokens.addToken],
  ['PUT', '/auth/token/', '', tokens.refreshToken],
  ['DELETE', '/auth/token/', '', tokens.revokeToken],
  ['GET', '/auth/token/:tokenId/', '', tokens.getToken],
  ['DELETE', '/auth/token/:tokenId/', '', tokens.revokeTokenById],
  ['GET', '/auth/tokens/', 'can_read_apps', tokens.listTokens],
  ['GET', '/apps/', 'can_read_apps', tokens.listApps],
  ['POST', '/apps/', 'can_write_apps', tokens.createApp],
  ['GET', '/apps/:appId/', 'can_read_apps', tokens.getApp],
  ['DELETE', '/apps/:appId/', 'can_delete_apps', tokens.removeApp],
  ['POST', '/apps/:appId/token/', 'can_read_apps', tokens.mintToken],
  ['GET', '/auth/saml/idp/', 'can_read_identity_providers', providers.listIdentityProviders],
  ['POST', '/auth/saml/idp/', 'can_write_identity_providers', providers.createIdentityProvider],
  ['POST', '/auth/saml/idp/convert/', '', providers.convertMetadata],
  ['GET', '/auth/saml/idp/:providerId/', 'can_read_identity_providers', providers.getIdentityProvider],
  ['PATCH', '/auth/saml/idp/:providerId/', 'can_write_identity_providers', providers.changeIdentityProvider],
  ['PUT', '/auth/saml/idp/:providerId/', 'can_write_identity_providers', providers.changeIdentityProvider],
  [
    'DELETE',
    '/auth/saml/idp/:providerId/',
    'can_delete_identity_providers',
    providers.removeIdentityProvider,
  ],
  // The description names no role for these two; what they write is the identity provider's.
  ['POST', '/auth/saml/domains/', 'can_write_identity_providers', providers.bindDomain],
  ['DELETE', '/auth/saml/domains/:domain/', 'can_write_identity_providers', providers.unbindDomain],
  ['GET', '/system_domains/', '', system.listSystemDomains],
  ['GET', '/system_domains/:systemDomainId/', 'can_read_system_domains', system.getSystemDomain],
]);

const USERS = below('users', [
  ['GET', '/users/', 'can_read_users', users.listUsers],
  ['POST', '/users/', 'can_create_users', users.createUser],
  ['GET', '/users/basic/', '', users.listBasicUsers],
  ['GET', '/users/current/', '', users.getCurrentUser],
  ['PATCH', '/users/current/', '', users.changeCurrentUser],
  ['PUT', '/users/current/', '', users.changeCurrentUser],
  ['GET', '/users/current/roles/', '', users.getCurrentRoles],
  ['GET', '/users/:userId/', 'can_read_users', users.getUser],
  ['PATCH', '/users/:userId/', 'can_write_users', users.patchUser],
  ['PUT', '/users/:userId/', 'can_write_users', users.putUser],
  ['DELETE', '/users/:userId/', 'can_delete_users', users.removeUser],
  // The description names no role for the two that bind; they change a user.
  ['PUT', '/users/:userId/saml/', 'can_write_users', users.bindUser],
  ['DELETE', '/users/:userId/saml/', 'can_write_users', users.unbindUser],
  ['GET', '/users/:userId/roles/', 'can_read_users', users.getUserRoles],
  ['GET', '/users/:userId/roles/:role/', 'can_read_users', users.hasUserRole],
  ['POST', '/users/:userId/reindex/', 'can_reindex_users', users.reindexUser],
  ['GET', '/groups/mappings/', 'can_read_group_mappings', mappings.listMappings],
  ['POST', '/groups/mappings/', 'can_write_group_mappings', mappings.createMapping],
  ['GET', '/groups/mappings/:name/', 'can_read_group_mappings', mappings.getMapping],
  ['DELETE', '/groups/mappings/:name/', 'can_delete_group_mappings', mappings.removeMapping],
]);

const GROUPS = below(
  'users',
  [
    ['GET', '/groups/', 'can_read_groups', groups.listGroups],
    ['POST', '/groups/', 'can_write_groups', groups.createGroup],
    ['GET', '/groups/basic/', '', groups.listGroups],
    ['GET', '/groups/:groupId/', 'can_read_groups', groups.getGroup],
    ['PATCH', '/groups/:groupId/', 'can_write_groups', groups.changeGroup],
    ['PUT', '/groups/:groupId/', 'can_write_groups', groups.changeGroup],
    ['DELETE', '/groups/:groupId/', 'can_delete_groups', groups.removeGroup],
    ['POST', '/groups/:groupId/reindex/', 'can_reindex_groups', groups.reindexGroup],
    ['POST', '/groups/:groupId/users/:userId/', 'can_write_groups', groups.addMember],
    // As documented: who takes members out may also delete groups.
    ['DELETE', '/groups/:groupId/users/:userId/', 'can_delete_groups', groups.removeMember],
  ],
  'groups',
);

const TEAMS = below(
  'users',
  [
    ['GET', '/teams/', 'can_read_groups', groups.listGroups],
    ['POST', '/teams/', 'can_write_groups', teams.createTeam],
    ['GET', '/teams/:groupId/', 'can_read_groups', groups.getGroup],
    ['PATCH', '/teams/:groupId/', 'can_write_groups', teams.changeTeam],
    ['PUT', '/teams/:groupId/', 'can_write_groups', teams.changeTeam],
    ['DELETE', '/teams/:groupId/', 'can_delete_groups', teams.removeTeam],
    ['POST', '/teams/:groupId/users/:userId/', 'can_write_groups', teams.addTeamMember],
    ['DELETE', '/teams/:groupId/users/:userId/', 'can_delete_groups', teams.removeTeamMember],
    ['GET', '/role_groups/', 'can_read_groups', teams.listRoleGroups],
    ['POST', '/role_groups/', 'can_write_groups', teams.createRoleGroup],
    ['GET', '/role_groups/:groupId/', 'can_read_groups', teams.getRoleGroup],
    ['PATCH', '/role_groups/:groupId/', 'can_write_groups', teams.changeRoleGroup],
    ['PUT', '/role_groups/:groupId/', 'can_write_groups', teams.changeRoleGroup],
    ['DELETE', '/role_groups/:groupId/', 'can_delete_groups', teams.removeRoleGroup],
    ['POST', '/role_groups/:groupId/users/:userId/', 'can_write_groups', teams.addRoleGroupMember],
    ['DELETE', '/role_groups/:groupId/users/:userId/', 'can_delete_groups', teams.removeRoleGroupMember],
  ],
  'teams',
);

const aclsOf = (of: 'group' | 'user' | 'share'): readonly Line[] => {
  const path = `/${of}s/:${of}Id/acl/:objectType/:objectKey/`;
  return [
    ['GET', path, 'can_read_acls', acls.getAcl(of)],
    ['PUT', path, 'can_write_acls', acls.putAcl(of)],
    ['DELETE', path, 'can_delete_acls', acls.removeAcl(of)],
    ['GET', `${path}:permission/`, 'can_read_acls', acls.checkAcl(of)],
  ];
};

const ACLS = below('acls', [
  ['POST', '/acl/', 'can_read_acls', acls.checkObjects],
  ['PUT', '/acl/:objectType/', 'can_write_acls', bulk.putMany],
  ['DELETE', '/acl/:objectType/', 'can_delete_acls', bulk.removeMany],
  ['PUT', '/acl/:objectType/bulk/', 'can_write_acls', bulk.putSeveral],
  ['PUT', '/acl/:objectType/content/', 'can_write_acls', bulk.putContent],
  ['DELETE', '/acl/:objectType/content/', 'can_delete_acls', bulk.removeContent],
  ['GET', '/acl/:objectType/:objectKey/', 'can_read_acls', acls.listAcls],
  ['POST', '/acl/:objectType/:permission/', 'can_read_acls', acls.checkMany],
  ['GET', '/acl/:objectType/:objectKey/permissions/', '', acls.ownPermissions],
  ['GET', '/acl/:objectType/:objectKey/:permission/', 'can_read_acls', acls.checkOwn],
  ...aclsOf('group'),
  ...aclsOf('user'),
  ...aclsOf('share'),
]);

const ONE_OBJECT = '/:objectType/:objectId/shares/';
const ONE_SHARE = `${ONE_OBJECT}:shareId/`;
const ASSETS = below('assets', [
  ['GET', '/assets/', 'can_read_assets', objects.listAssets],
  ['POST', '/assets/', 'can_create_assets', objects.createAsset],
  ['GET', '/assets/:assetId/', 'can_read_assets', objects.getAsset],
  ['GET', '/collections/', 'can_read_collections', objects.listCollections],
  ['POST', '/collections/', 'can_create_collections', objects.createCollection],
  ['GET', '/collections/:collectionId/', 'can_read_collections', objects.getCollection],
  ['PATCH', '/collections/:collectionId/', 'can_write_collections', objects.changeCollection],
  ['PUT', '/collections/:collectionId/', 'can_write_collections', objects.changeCollection],
  ['DELETE', '/collections/:collectionId/', 'can_delete_collections', objects.removeCollection],
  ['GET', '/collections/:collectionId/contents/', 'can_read_collections', objects.listContents],
  ['POST', '/collections/:collectionId/contents/', 'can_write_collections', objects.addContent],
  ['GET', '/shares/', 'can_manage_shares', shares.listOwnShares],
  ['GET', '/shares/all/', 'can_manage_all_shares', shares.listAllShares],
  ['DELETE', '/shares/bulk/', 'can_manage_shares', shares.removeShares],
  ['DELETE', '/shares/bulk/all/', 'can_manage_all_shares', shares.removeShares],
  ['GET', ONE_OBJECT, 'can_read_shares', shares.listSharesOf],
  ['POST', ONE_OBJECT, 'can_write_shares', shares.createShare],
  ['POST', `${ONE_OBJECT}url/`, 'can_write_shares', shares.createShareUrl],
  ['GET', ONE_SHARE, '', shares.getShare],
  ['PUT', ONE_SHARE, 'can_write_shares', shares.changeShare],
  ['DELETE', ONE_SHARE, 'can_delete_object_shares', shares.removeShare],
  ['GET', `${ONE_SHARE}users/`, 'can_read_shares', shares.listShareUsers],
  ['POST', `${ONE_SHARE}users/`, 'can_write_shares', shares.addShareUser],
  ['GET', `${ONE_SHARE}users/:shareUserId/`, 'can_read_shares', shares.getShareUser],
  ['DELETE', `${ONE_SHARE}users/:shareUserId/`, 'can_write_shares', shares.removeShareUser],
]);

const REST: readonly Route[] = [
  ...below('settings', [
    ['GET', '/system/current/', '', system.getSettings],
    ['PATCH', '/system/current/', 'can_write_settings', system.changeSettings],
    ['GET', '/system/:systemDomainId/', '', system.getSettings],
  ]),
  ...below('settings', [['GET', '/group/:groupId/', '', system.getGroupSettings]], 'groups'),
  ...below('settings', [['GET', '/team/:groupId/', '', system.getGroupSettings]], 'teams'),
  ...below('search', [['POST', '/search/', 'can_search', objects.search]]),
  ...below('stats', [['GET', '/user/audit/by/:period/', 'can_read_stats', system.listUsage]]),
];

/** Every call of the API that is simulated, with the roles that its description requires. */
export const ROUTES: readonly Route[] = [...AUTH, ...USERS, ...GROUPS, ...TEAMS, ...ACLS, ...ASSETS, ...REST];
