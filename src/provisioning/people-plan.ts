import type { AccountId, Json, PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { type Account, type DesiredState, isConfirmed } from './account.ts';
import { accountsOf } from './account-store.ts';
import { createCallBudget } from './call-budget.ts';
import type { Access, DetailProblem, Holding } from './connector.ts';
import { desiredState, endedState, openDesired } from './desired-state.ts';
import type { ProvisioningRefusal, UnavailableCode } from './errors.ts';
import { dueRungs, type EndKind } from './ladder.ts';
import type { LiveTarget } from './live-target.ts';
import { type Change, diff } from './plan.ts';
import type { RunNeeds } from './run.ts';

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

export type PlannedChange = Pick<Change, 'field' | 'effect'> & {
  readonly title: string;
  /** Personal: shown to whoever may see the person, never logged. */
  readonly from?: Json;
  readonly to?: Json;
};

/** What would be done to one person's account. */
export type PlannedAccount = {
  readonly person: PersonId;
  readonly target: string;
  readonly accountId?: AccountId;
  readonly externalId?: string;
  readonly changes: readonly PlannedChange[];
  readonly problems: readonly DetailProblem[];
  /** What somebody else should take over before the account is removed (S44). */
  readonly holdings?: readonly Holding[];
  /** Something is less afterwards. */
  readonly reduces: boolean;
  /** Of an end: see `WantedInTarget`. */
  readonly isInferred: boolean;
} & (
  | { readonly what: 'create' | 'change' | 'continue' | 'nothing' | 'drift' }
  | { readonly what: 'end' | 'pause'; readonly because: string }
  | { readonly what: 'refused'; readonly code: ProvisioningRefusal }
  | { readonly what: 'unknown'; readonly code: UnavailableCode }
);

const PAGE = 200;
const LOOK_BUDGET_MS = 10_000;

/**
 * Says what would be done, and does nothing. Without `live` it compares with what we last confirmed and costs no call;
 * with it every account is looked at, so that drift shows.
 */
export async function* planAccounts(
  needs: RunNeeds,
  target: LiveTarget,
  wanted: AsyncIterable<WantedInTarget>,
  options: { readonly live?: boolean } = {},
): AsyncGenerator<PlannedAccount> {
  await target.restore();
  for await (const page of pages(wanted)) {
    const known = await accountsOf(
      needs.db,
      target.id,
      page.map(({ person }) => person.id),
    );
    for (const each of page) yield await planOne(needs, target, each, known.get(each.person.id), options);
  }
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

type Base = Pick<PlannedAccount, 'person' | 'target' | 'accountId' | 'externalId'>;
const NOTHING = { changes: [], problems: [], reduces: false, isInferred: false } as const;

async function planOne(
  needs: RunNeeds,
  target: LiveTarget,
  wanted: WantedInTarget,
  account: Account | undefined,
  options: { readonly live?: boolean },
): Promise<PlannedAccount> {
  const { person } = wanted;
  const base: Base = {
    ...{ person: person.id, target: target.id },
    ...(account && { accountId: account.id }),
    ...(account?.externalId !== undefined && { externalId: account.externalId }),
  };
  if (wanted.outcome === 'end') return planEnd(needs, target, wanted, account, base);
  const answer = desiredState(target, wanted, needs.keys);
  if (answer.outcome === 'refused') {
    // An account that cannot be kept right is paused; the brake looks at these as at other removals.
    const isPaused = account?.externalId !== undefined && account.ending === undefined;
    return {
      ...base,
      ...NOTHING,
      reduces: isPaused,
      isInferred: isPaused,
      what: 'refused',
      code: answer.code,
    };
  }
  const { desired } = answer;
  if (!account || account.externalId === undefined) {
    const changes = described(target, diff(target.open, {}, desired.image));
    return { ...base, ...NOTHING, what: 'create', changes, problems: desired.problems };
  }
  if (options.live) return planByLooking(needs, target, desired, account, base);
  if (isConfirmed(account, desired, needs.clock.now(), Number.POSITIVE_INFINITY)) {
    return { ...base, ...NOTHING, what: 'nothing', problems: desired.problems };
  }
  const before = openDesired(await needs.keys.sealer(person.id), account);
  const changes = diff(target.open, before?.image ?? {}, desired.image, { given: account.given });
  const what = changes.length > 0 || account.ending ? 'change' : 'continue';
  return { ...base, what, ...summary(target, changes), problems: desired.problems, isInferred: true };
}

async function planByLooking(
  needs: RunNeeds,
  target: LiveTarget,
  desired: DesiredState,
  account: Account,
  base: Base,
): Promise<PlannedAccount> {
  const budget = createCallBudget('background', LOOK_BUDGET_MS);
  const { externalId = '', refs } = account;
  const answer = await target.open.findById(externalId, desired.image, refs, budget);
  await target.quota?.settle(budget.calls);
  if (answer.outcome === 'unavailable') return { ...base, ...NOTHING, what: 'unknown', code: answer.code };
  const [found] = answer.accounts;
  const { onExtra } = target.policy;
  const changes = diff(target.open, found?.image ?? {}, desired.image, {
    given: account.given,
    onExtra,
  }).filter(({ effect }) => effect !== 'by-hand');
  const { problems } = desired;
  if (!found) return { ...base, what: 'create', ...summary(target, changes), problems, isInferred: false };
  if (changes.length === 0) return { ...base, ...NOTHING, what: 'nothing', problems };
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
  base: Base,
): Promise<PlannedAccount> {
  const { kind, because, isInferred } = wanted;
  const isKnown = account?.ending && (account.ending.kind === 'ended' || kind === 'paused');
  if (!account || account.externalId === undefined || isKnown) {
    return { ...base, ...NOTHING, what: account && account.openSteps > 0 ? 'continue' : 'nothing' };
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
  const budget = createCallBudget('background', LOOK_BUDGET_MS);
  const answer = await holdings.call(target.open, account.externalId, account.refs, budget);
  await target.quota?.settle(budget.calls);
  return answer.outcome === 'holdings' ? answer.holdings : [];
}

function summary(
  target: LiveTarget,
  changes: readonly Change[],
): Pick<PlannedAccount, 'changes' | 'reduces'> {
  return {
    changes: described(target, changes),
    reduces: changes.some(({ effect }) => effect === 'reduces'),
  };
}

function described(target: LiveTarget, changes: readonly Change[]): readonly PlannedChange[] {
  return changes.map(({ field, effect, from, to }) => ({
    ...{ field, effect, title: target.open.fields[field]?.title ?? field },
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }));
}
