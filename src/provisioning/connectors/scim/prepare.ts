import type { Problem } from '../../../base/index.ts';
import type { CallFailed, PrepareAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { discover } from './discovery.ts';
import type { ScimFacts } from './facts.ts';
import { resolveGroups } from './groups.ts';
import type { ScimServer } from './scim-server.ts';
import { isOffered, userFields } from './user-image.ts';
import { verifyMembership } from './verify-membership.ts';

/** Finds out what the server can do, what its groups are called, and where memberships can be read. */
export async function prepareServer(
  server: ScimServer,
  groupNames: readonly string[],
  budget: CallBudget,
): Promise<PrepareAnswer> {
  const { traits, settings } = server;
  const before = traits.facts;
  const told = await discover(server.api, settings.baseUrl, budget);
  if (told.outcome === 'unavailable') return told;
  const problems: Problem[] = told.problems.map((message) => ({ path: 'baseUrl', message }));
  // What costs most to go without is tried again.
  const learned = { ...before.learned, noPatch: false, wholeMembers: false };
  traits.replace({ ...before, ...told.told, learned });

  const access = await tryAccess(server, budget, problems);
  if (access) return access;
  const groups = await resolveGroups(server, groupNames, budget);
  if (groups.outcome === 'unavailable') return groups;
  problems.push(...groups.problems.map((message) => ({ path: 'roles', message })));
  // Groups that no role names any more may still have to be taken away.
  const earlier = Object.entries(before.groupIds).filter(([name]) => !groupNames.includes(name));
  const groupIds = { ...Object.fromEntries(earlier), ...groups.ids };
  traits.replace({ ...traits.facts, groupIds });

  const { membership, listsGroups } = await verifyMembership(server, budget);
  const facts: ScimFacts = { ...traits.facts, membership, listsGroups };
  traits.replace(facts);
  problems.push(...notOffered(server));
  return { outcome: 'prepared', facts, problems };
}

/** Discovery may be open to everybody; a look at one account shows whether the credentials are good. */
async function tryAccess(
  server: ScimServer,
  budget: CallBudget,
  problems: Problem[],
): Promise<CallFailed | undefined> {
  const query = server.traits.facts.cursorOnly ? { count: 1 } : { startIndex: 1, count: 1 };
  const answer = await server.list('users', query, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'objection') {
    const message = `the list of accounts could not be read (status ${answer.status}); check baseUrl and what the credentials may do`;
    problems.push({ path: 'baseUrl', message });
  }
  return undefined;
}

function notOffered(server: ScimServer): readonly Problem[] {
  return Object.keys(userFields(server.settings))
    .filter((field) => !isOffered(server.traits, field))
    .map((field) => ({
      path: field === 'active' ? 'ladder' : `attributes.${field}`,
      message:
        field === 'active'
          ? 'the schema of the server has no attribute active; accounts cannot be made inactive'
          : 'the schema of the server has no such attribute that can be written; it is left out',
    }));
}
