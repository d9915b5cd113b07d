import type { Salesforce } from '../../server.ts';
import type { ObjectType } from '../object-type.ts';
import { account, contact, opportunity, supportCase } from './business.ts';
import { authSession, loginHistory, oauthToken, setupAuditTrail } from './evidence.ts';
import { group, groupMember, queueSobject, territory, territoryModel, userTerritory } from './groups.ts';
import {
  permissionSet,
  permissionSetAssignment,
  permissionSetGroup,
  permissionSetGroupComponent,
  permissionSetLicense,
  permissionSetLicenseAssign,
  userLicense,
} from './rights.ts';
import { profile, user, userLogin, userRole } from './user.ts';

/** Every object that the API knows. */
export const OBJECTS: readonly ObjectType[] = [
  account,
  authSession,
  supportCase,
  contact,
  group,
  groupMember,
  loginHistory,
  oauthToken,
  opportunity,
  permissionSet,
  permissionSetAssignment,
  permissionSetGroup,
  permissionSetGroupComponent,
  permissionSetLicense,
  permissionSetLicenseAssign,
  profile,
  queueSobject,
  setupAuditTrail,
  territory,
  territoryModel,
  user,
  userLicense,
  userLogin,
  userRole,
  userTerritory,
];

const byName = new Map(OBJECTS.map((type) => [type.name.toLowerCase(), type]));

/** By name in any case; undefined also while the organization has not switched the object on. */
export function findObject(org: Salesforce, name: string): ObjectType | undefined {
  const type = byName.get(name.toLowerCase());
  return type && (type.exists?.(org) ?? true) ? type : undefined;
}
