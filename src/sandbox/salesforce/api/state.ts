import type { Salesforce } from '../server.ts';
import type { ObjectName } from './ids.ts';
import { usage } from './limits.ts';
import { rowsOf } from './object-type.ts';
import { findObject } from './objects/table.ts';

const SHOWN: readonly ObjectName[] = [
  'GroupMember',
  'PermissionSetAssignment',
  'PermissionSetLicense',
  'PermissionSetLicenseAssign',
  'UserLicense',
  'UserTerritory2Association',
  'SetupAuditTrail',
];

/** What tests and the control API may look at; no secrets and no tokens. */
export function showApiState(org: Salesforce): Readonly<Record<string, unknown>> {
  const shown = SHOWN.map((name) => {
    const type = findObject(org, name);
    return [name, type ? rowsOf(org, type) : []];
  });
  const { used, max } = usage(org);
  return {
    records: Object.fromEntries(shown),
    apiUsage: { used, max },
    accessTokens: org.store.tokens.size,
    clientApps: org.store.apps.map(({ label, consumerKey }) => ({ label, consumerKey })),
  };
}
