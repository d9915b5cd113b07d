import type { PersonId } from '../../base/index.ts';
import type { Person } from '../../model/index.ts';
import { type Account, type DesiredState, isConfirmed } from '../accounts/account.ts';
import { accountsOf } from '../accounts/account-store.ts';
import { desiredState, endedState, openDesired } from '../accounts/desired-state.ts';
import type { Access, Holding } from '../connector/connector.ts';
import { dueRungs, type EndKind } from '../connector/ladder.ts';
import type { ProvisioningRefusal } from '../errors.ts';
import { type FoundAccount, foundByMail, mailKey } from '../imports/found-store.ts';
import { readImport } from '../imports/import-store.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { lookAt, lookBudget } from '../tasks/look.ts';
import { type Foresight, foresee } from './foresee.ts';
import { diff } from './plan.ts';
import { lookForExisting, planNewAccount } from './plan-new-account.ts';
import { described, NO_CHANGE, type PlannedAccount, type PlannedBase, summary, takes } from './planned.ts';
import { refusalAdvice } from './refusal-advice.ts';

/** What policy says about one person in one target. */
export type WantedInTarget = {
  readonly person: Person;
  readonly trustedMailDomains: readonly string[];
} & (
  | { readonly outcome: 'access'; readonly accesses: readonly Access[] }
  | {
      readonly outcome: 'end';
      readonly kind: EndKind;
      readonly because: string;
      /** No explicit end, but a rule or a fact that is not there any more: the brake looks at these (R5.4). */
      readonly isInferred: boolean;
    }
);

const PAGE = 200;

/**
 * Says what would be done, and does nothing. Without `live` it compares with what we last confirmed and costs no call;
 * with it every account is looked at, so that drift shows.
 */
export async function* planAccounts(
  needs: RunNeeds,
  target: LiveTarget,
  wanted: AsyncIterable<WantedInTarget>,
  options: Options = {},
): AsyncGenerator<PlannedAccount> {
  await target.restore();
  const lastImport = await readImport(needs.db, target.id);
  for await (const page of pages(wanted)) {
    const known = await accountsOf(
      needs.db,
      target.id,
      page.map(({ person }) => person.id),
    );
    const found = await foundFor(needs, target, page, known);
    for (const each of page) {
      const seen = { account: known.get(each.person.id), found: found(each.person), lastImport };
      yield await planOne(needs, target, each, seen, options);
    }
  }
}

/** What we know of one person in the target. */
type Seen = Pick<Foresight, 'account' | 'found' | 'lastImport'>;

/** Accounts of the target under the mail addresses of those who have none of their own. */
async function foundFor(
  { db, keys }: RunNeeds,
  { id }: LiveTarget,
  page: readonly WantedInTarget[],
  known: ReadonlyMap<PersonId, Account>,
): Promise<(person: Person) => readonly FoundAccount[]> {
  const without = page.filter(
    ({ outcome, person }) => outcome === 'access' && !hasAccount(known.get(person.id)),
  );
  const mails = without.flatMap(({ person: { mail } }) => (mail === undefined ? [] : mailKey(keys, mail)));
  const found = await foundByMail(db, id, mails);
  return ({ mail }) => (mail === undefined ? [] : (found.get(mailKey(keys, mail)) ?? []));
}

/** As far as we know it is there. */
function hasAccount(account: Account | undefined): account is Account {
  return account?.externalId !== undefined && account.missingSince === undefined;
}

async function* pages(wanted: AsyncIterable<WantedInTarget>): AsyncGenerator<WantedInTarget[]> {
  let page: WantedInTarget[] = [];
  for await (const each of wanted) {
    page.push(each);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

type Options = { readonly live?: boolean };

async function planOne(
  needs: RunNeeds,
  target: LiveTarget,
  wanted: WantedInTarget,
  seen: Seen,
  options: Options,
): Promise<PlannedAccount> {
  const { person } = wanted;
  const { account } = seen;
  const base: PlannedBase = {
    ...{ person: person.id, target: target.id },
    ...(account && { accountId: account.id }),
    ...(account?.externalId !== undefined && { externalId: account.externalId }),
  };
  if (wanted.outcome === 'end') return planEnd(needs, target, wanted, account, base);
  const answer = desiredState(target, wanted, needs.keys);
  if (answer.outcome === 'refused') return refusedByPolicy(answer.code, account, base);
  const { desired } = answer;
  if (!hasAccount(account)) return planWithout(needs, target, desired, seen, base, options);
  if (options.live) return planByLooking(needs, target, desired, account, base);
  if (isConfirmed(account, desired, needs.clock.now(), Number.POSITIVE_INFINITY)) {
    return { ...base, ...NO_CHANGE, what: 'nothing', problems: desired.problems };
  }
  const before = openDesired(await needs.keys.sealer(person.id), account);
  const changes = diff(target.open, before?.image ?? {}, desired.image, { given: account.given });
  const what = changes.length > 0 || account.ending ? 'change' : 'continue';
  const needed = takes(target, before?.image ?? {}, desired.image);
  return {
    ...base,
    what,
    ...summary(target, changes),
    ...needed,
    problems: desired.problems,
    isInferred: true,
  };
}

function refusedByPolicy(
  code: ProvisioningRefusal,
  account: Account | undefined,
  base: PlannedBase,
): PlannedAccount {
  // An account that cannot be kept right is paused; the brake looks at these as at other removals.
  const isPaused = account?.externalId !== undefined && account.ending === undefined;
  const effect = { ...NO_CHANGE, reduces: isPaused, isInferred: isPaused };
  return { ...base, ...effect, what: 'refused', code, advice: refusalAdvice(code) };
}

/** Nobody is to learn only from a refused sign-in what is known already: who has the mail address there (R1.3). */
async function planWithout(
  needs: RunNeeds,
  target: LiveTarget,
  desired: DesiredState,
  seen: Seen,
  base: PlannedBase,
  { live }: Options,
): Promise<PlannedAccount> {
  const { account } = seen;
  const again = account?.missingSince !== undefined;
  if (!live) {
    const { onExisting } = target.policy;
    const verdict = foresee({ ...seen, person: base.person, desired, onExisting });
    return planNewAccount(target, desired, base, verdict, again);
  }
  const verdict = await lookForExisting(needs, target, desired, account ?? base);
  return 'outcome' in verdict
    ? { ...base, ...NO_CHANGE, what: 'unknown', code: verdict.code }
    : planNewAccount(target, desired, base, verdict, again);
}

async function planByLooking(
  needs: RunNeeds,
  target: LiveTarget,
  desired: DesiredState,
  account: Account,
  base: PlannedBase,
): Promise<PlannedAccount> {
  const answer = await lookAt(target, account, desired.image);
  if (answer.outcome === 'unavailable') return { ...base, ...NO_CHANGE, what: 'unknown', code: answer.code };
  const { found } = answer;
  const { onExtra } = target.policy;
  const changes = diff(target.open, found?.image ?? {}, desired.image, {
    given: account.given,
    onExtra,
  }).filter(({ effect }) => effect !== 'by-hand');
  const { problems } = desired;
  if (!found) {
    return { ...base, what: 'create', again: true, ...summary(target, changes), problems, isInferred: false };
  }
  if (changes.length === 0) return { ...base, ...NO_CHANGE, what: 'nothing', problems };
  const isDrift = isConfirmed(account, desired, needs.clock.now(), Number.POSITIVE_INFINITY);
  return {
    ...base,
    what: isDrift ? 'drift' : 'change',
    ...summary(target, changes),
    problems,
    isInferred: !isDrift,
  };
}

async function planEnd(
  needs: RunNeeds,
  target: LiveTarget,
  wanted: Extract<WantedInTarget, { outcome: 'end' }>,
  account: Account | undefined,
  base: PlannedBase,
): Promise<PlannedAccount> {
  const { kind, because, isInferred } = wanted;
  const isKnown = account?.ending && (account.ending.kind === 'ended' || kind === 'paused');
  if (!account || account.externalId === undefined || isKnown) {
    if (account && account.openSteps > 0) return { ...base, ...NO_CHANGE, what: 'continue' };
    return { ...base, ...NO_CHANGE, what: account?.externalId === undefined ? 'absent' : 'nothing' };
  }
  const ending = { kind, at: needs.clock.now(), done: [] };
  const rungs = dueRungs(target.open.ladder, ending, needs.clock.now());
  const { image } = endedState(target, rungs, needs.keys);
  const before = openDesired(await needs.keys.sealer(account.person), account)?.image ?? {};
  const changes = diff(target.open, before, image, { given: account.given, onExtra: 'remove' });
  const holdings = await holdingsOf(target, account);
  return {
    ...base,
    ...{ what: kind === 'paused' ? 'pause' : 'end', because, isInferred, reduces: true, problems: [] },
    changes: described(target, changes),
    ...(holdings.length > 0 && { holdings }),
  };
}

/** For people to hand over what the account owns; a target that does not say so now is asked again at the end. */
async function holdingsOf(target: LiveTarget, account: Account): Promise<readonly Holding[]> {
  const { holdings } = target.open;
  if (!holdings || account.externalId === undefined) return [];
  const budget = lookBudget();
  const answer = await holdings.call(target.open, account.externalId, account.refs, budget);
  await target.quota?.settle(budget.calls);
  return answer.outcome === 'holdings' ? answer.holdings : [];
}
