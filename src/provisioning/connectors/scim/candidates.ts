import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { type Found, findBy } from './find-resources.ts';
import { readThrough } from './paging.ts';
import { member, type Resource, textOf, valuesOf, valueText } from './resource.ts';
import { failedRead, type ScimServer } from './scim-server.ts';

export type Candidates = { readonly outcome: 'candidates'; readonly users: readonly Resource[] } | CallFailed;

/**
 * Accounts that may be the person's: by our id, which nobody else gives; else by what nominates (R1.3). One search when
 * our id is found.
 */
export async function findCandidateUsers(
  server: ScimServer,
  desired: AccountImage,
  budget: CallBudget,
): Promise<Candidates> {
  const { findBy: nominators } = server.settings;
  const search = (path: string, value: string, matches: Match): Promise<Found> =>
    findBy(server, { kind: 'users', path, value, matches }, budget);
  const isOurs: Match = (user) => isOurAccount(user, desired);

  const byId = await search('externalId', String(desired['externalId']), isOurs);
  if (byId.outcome === 'unavailable') return byId;
  if (byId.outcome === 'found' && byId.resources.length > 0)
    return { outcome: 'candidates', users: byId.resources };

  const userName = String(desired['userName'] ?? '');
  const hasName: Match = ({ raw }) => same(textOf(member(raw, 'userName')), userName);
  const byName = await search('userName', userName, hasName);
  if (byName.outcome === 'unavailable') return byName;
  if (byName.outcome === 'no-filter') return lookThrough(server, desired, [isOurs, hasName], budget);
  if (byName.resources.length > 0)
    return { outcome: 'candidates', users: nominated(byName.resources, isOurs, nominators) };

  const mail = String(desired['mail'] ?? '');
  if (mail === '' || !nominators.includes('mail')) return NOBODY;
  const byMail = await search('emails.value', mail, (user) => hasMail(user, mail));
  if (byMail.outcome === 'unavailable') return byMail;
  return byMail.outcome === 'found' ? { outcome: 'candidates', users: byMail.resources } : NOBODY;
}

type Match = (user: Resource) => boolean;
const NOBODY: Candidates = { outcome: 'candidates', users: [] };

/** Ours by the stable id that we gave it (R1.4). */
export function isOurAccount({ raw }: Resource, desired: AccountImage): boolean {
  const externalId = textOf(member(raw, 'externalId'));
  return externalId !== '' && externalId === desired['externalId'];
}

function hasMail({ raw }: Resource, mail: string): boolean {
  return mail !== '' && valuesOf(raw, 'emails').some((each) => same(valueText(each), mail));
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Where a name must not nominate, only our own id counts. */
function nominated(
  users: readonly Resource[],
  isOurs: Match,
  nominators: ScimServer['settings']['findBy'],
): readonly Resource[] {
  return nominators.includes('userName') ? users : users.filter(isOurs);
}

/**
 * The server cannot search: a bounded look through all accounts. Whoever stands beyond the bound is met when the server
 * refuses the name as taken.
 */
async function lookThrough(
  server: ScimServer,
  desired: AccountImage,
  [isOurs, hasName]: readonly [Match, Match],
  budget: CallBudget,
): Promise<Candidates> {
  const most = server.settings.server.mostListed;
  const answer = await readThrough(server, 'users', { most, isEnough: isOurs }, budget);
  if (answer.outcome !== 'seen') return failedRead(answer);
  const ours = answer.resources.filter(isOurs);
  if (ours.length > 0) return { outcome: 'candidates', users: ours };
  const named = nominated(answer.resources.filter(hasName), isOurs, server.settings.findBy);
  if (named.length > 0) return { outcome: 'candidates', users: named };
  const mail = String(desired['mail'] ?? '');
  const byMail = server.settings.findBy.includes('mail')
    ? answer.resources.filter((user) => hasMail(user, mail))
    : [];
  return { outcome: 'candidates', users: byMail };
}
