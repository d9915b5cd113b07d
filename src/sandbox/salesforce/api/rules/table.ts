import type { ObjectType } from '../object-type.ts';
import type { Rules } from '../writer.ts';
import { accountRules, caseRules, contactRules, opportunityRules } from './business.ts';
import { licenseAssignRules } from './license-assignments.ts';
import { groupMemberRules, territoryRules } from './memberships.ts';
import { permissionRules } from './permission-assignments.ts';
import { sessionRules, tokenRules } from './sessions.ts';
import { userLoginRules } from './user-login.ts';
import { userRules } from './users.ts';

const RULES: Readonly<Partial<Record<ObjectType['name'], Rules>>> = {
  Account: accountRules,
  AuthSession: sessionRules,
  Case: caseRules,
  Contact: contactRules,
  GroupMember: groupMemberRules,
  OauthToken: tokenRules,
  Opportunity: opportunityRules,
  PermissionSetAssignment: permissionRules,
  PermissionSetLicenseAssign: licenseAssignRules,
  User: userRules,
  UserLogin: userLoginRules,
  UserTerritory2Association: territoryRules,
};

export function rulesOf({ name }: ObjectType): Rules {
  return RULES[name] ?? {};
}
