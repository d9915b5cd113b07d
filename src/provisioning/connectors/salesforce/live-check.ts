import type { Problem } from '../../../base/index.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import type { Sets } from './role-meaning.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { ObjectRights } from './schema.ts';

type Right = 'createable' | 'updateable' | 'deletable';
const WORDS: Readonly<Record<Right, string>> = {
  createable: 'make',
  updateable: 'change',
  deletable: 'delete',
};

/** Tries every credential and asks what the integration may do with the objects that it writes. Writes nothing. */
export async function checkLive(
  needs: { readonly api: SalesforceApi; readonly settings: SalesforceTarget; readonly managed: Sets },
  budget: CallBudget,
): Promise<readonly Problem[]> {
  const { api, settings, managed } = needs;
  const list = settings.auth.flow === 'jwt-bearer' ? 'auth.keys' : 'auth.clients';
  const refused = await api.refusedCredentials(budget);
  if ('outcome' in refused) return [{ path: 'auth', message: `could not be tried out (${refused.code})` }];
  const problems: Problem[] = refused.map((index) => ({
    path: `${list}[${index}]`,
    message: 'Salesforce gives no token for it; remove it, or finish its set-up there',
  }));
  for (const [object, rights] of neededRights(managed)) {
    const answer = await api.get(`/sobjects/${object}/describe`, ObjectRights, budget);
    const missing = answer.outcome === 'ok' ? rights.filter((right) => !answer.body[right]) : rights;
    if (missing.length === 0) continue;
    const what = missing.map((right) => WORDS[right]).join(', ');
    const message = `the user of the integration may not ${what} ${object}; allow it in the profile`;
    problems.push({ path: 'auth', message });
  }
  return problems;
}

function neededRights(managed: Sets): readonly (readonly [object: string, rights: readonly Right[]])[] {
  const isUsed = (...fields: readonly (keyof Sets)[]): boolean =>
    fields.some((field) => managed[field].length > 0);
  const given = ['createable', 'deletable'] as const;
  return [
    ['User', ['createable', 'updateable']],
    ['UserLogin', ['updateable']],
    ['AuthSession', ['deletable']],
    ...(isUsed('permissionSets', 'permissionSetGroups')
      ? ([['PermissionSetAssignment', ['createable', 'updateable', 'deletable']]] as const)
      : []),
    ...(isUsed('permissionSetLicenses') ? ([['PermissionSetLicenseAssign', given]] as const) : []),
    ...(isUsed('groups', 'queues') ? ([['GroupMember', given]] as const) : []),
    ...(isUsed('territories') ? ([['UserTerritory2Association', given]] as const) : []),
  ];
}
