import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import type { EndKind } from '../connector/ladder.ts';
import { finishJob } from '../outbox/record.ts';
import { diff } from '../planning/plan.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { Account, DesiredState } from './account.ts';
import type { EndAccount, EnsureAccount, QueuedAccount, WantedOf } from './account-requests.ts';
import { findAccount, targetsOf } from './account-store.ts';
import { busyIfLost, loadAccount } from './begin-run.ts';
import { changeAccount, noteEnding } from './change-account.ts';
import { desiredState, openDesired, sealDesired } from './desired-state.ts';
import type { AccountLeases } from './lease.ts';
import { dropUnused, type Lease } from './lease-store.ts';

type Needs = {
  readonly needs: RunNeeds;
  readonly leases: AccountLeases;
  /** What policy wants by the facts of now; absent, nobody can say. */
  readonly wantedOf: WantedOf | undefined;
};

/**
 * Writes down what the account should be and leaves the calls to the queue; what takes access away goes first there.
 * Without `create`, people who have no account yet get none.
 */
export async function queueAccount(
  { needs, leases, wantedOf }: Needs,
  target: LiveTarget,
  request: EnsureAccount & { readonly create: boolean },
  waitMs: number,
): Promise<QueuedAccount> {
  // Names are looked up now if that can be: whoever finishes this has to ask again otherwise.
  await target.restore();
  let wanted = desiredState(target, request, needs.keys);
  if (wanted.outcome === 'desired' && target.open.unresolved(wanted.desired.image).length > 0) {
    if (target.mayAskAgain()) await target.refreshWithin(waitMs);
    wanted = desiredState(target, request, needs.keys);
  }
  const who = { target: target.id, person: request.person.id };
  if (wanted.outcome === 'refused') {
    // What cannot be said cannot be kept right either: whoever loses their mail address does not keep their groups.
    const { code } = wanted;
    await endAccess(needs, { ...who, kind: 'paused', because: code, thread: request.thread });
    return { outcome: 'refused', code };
  }
  const known = await findAccount(needs.db, who);
  // Something else may still wait to be made so: then what is wanted now must replace it.
  const { hash } = wanted.desired;
  const settled =
    known?.confirmedHash === hash && known.desiredHash === hash && known.openSteps === 0 && !known.ending;
  if (settled || (!known?.desiredHash && !request.create)) return { outcome: 'nothing' };
  const done = await leases.run<QueuedAccount>({
    who,
    makesRow: request.create,
    waitMs: () => waitMs,
    skip: () => Promise.resolve(undefined),
    work: async (lease) => {
      const queued = await busyIfLost(() =>
        queueUnder(needs, { target, lease, wantedOf }, request, wanted.desired),
      );
      const isLeft = queued.outcome === 'busy' || queued.outcome === 'nothing';
      if (isLeft) await dropUnused(needs.db, lease);
      return queued.outcome === 'unavailable' ? { outcome: 'busy' } : queued;
    },
  });
  return done ?? { outcome: 'busy' };
}

async function queueUnder(
  needs: RunNeeds,
  held: { readonly target: LiveTarget; readonly lease: Lease } & Pick<Needs, 'wantedOf'>,
  request: EnsureAccount & { readonly create: boolean },
  wanted: DesiredState,
): Promise<QueuedAccount> {
  const { target, lease } = held;
  const sealer = await needs.keys.sealer(request.person.id);
  const account = await loadAccount(needs, lease);
  const before = openDesired(sealer, account);
  const isOwed = request.create || (before?.owed === true && account.externalId === undefined);
  // Nobody has it, and nobody is about to make it.
  if (account.externalId === undefined && account.openSteps === 0 && !isOwed) return { outcome: 'nothing' };
  const decided = sealer.isDestroyed ? undefined : await decideAnew(needs, held, account, wanted);
  if (!decided) return { outcome: 'busy' };
  const desired: DesiredState = { ...decided, ...(isOwed && { owed: true }) };
  const isUrgent = before !== undefined && reduces(target, before, desired);
  await needs.accessLog.warmUp([account.person]);
  await needs.db.transaction().execute(async (trx) => {
    const change = {
      sealedDesired: sealDesired(sealer, lease.account, desired),
      desiredHash: desired.hash,
      asOfEnds: account.endsNoted,
      ...(account.ending && ({ isRestored: true } as const)),
    };
    await changeAccount(trx, lease, change, needs.clock.now());
    await needs.jobs.enqueue(trx, finishJob(lease.account, request.thread, { isUrgent }));
    if (account.ending)
      await needs.accessLog.appendIn(trx, [restoredEvent(account, account.ending, request)]);
  });
  return { outcome: 'queued', accountId: lease.account, isUrgent };
}

/**
 * Whoever decided this did so before it was this account's turn, and may have waited for it: an end or a reduction may
 * have come in between. Policy says once more what is wanted, now that every later end finds the row and counts (R3.5),
 * and that everything else has to wait for the lease (R5.2).
 *
 * @returns undefined when there is to be no access by now, or nobody can say: ask again.
 */
async function decideAnew(
  { keys }: RunNeeds,
  { target, wantedOf }: { readonly target: LiveTarget } & Pick<Needs, 'wantedOf'>,
  { person, externalId }: Account,
  asked: DesiredState,
): Promise<DesiredState | undefined> {
  if (!wantedOf) return asked;
  const wanted = await wantedOf(target.id, person);
  if (wanted?.outcome !== 'access') return undefined;
  // One that is not linked yet is looked for by what was asked: an import knows by which address.
  if (externalId === undefined) return asked;
  const answer = desiredState(target, wanted, keys);
  return answer.outcome === 'desired' ? answer.desired : undefined;
}

function restoredEvent(
  { id, person, target, externalId = '' }: Account,
  { done: rungs }: NonNullable<Account['ending']>,
  { thread }: Pick<EnsureAccount, 'thread'>,
): NewAccessEvent {
  const facts = { account: id, externalId, rungs };
  return accessEvents.accountRestored({ thread, personId: person, target, facts });
}

/** Begins the ladder of every account that the person has anywhere. @returns how many. */
export async function endAll(
  needs: RunNeeds,
  person: EndAccount['person'],
  why: Pick<EndAccount, 'because' | 'thread'>,
): Promise<number> {
  let began = 0;
  for (const target of await targetsOf(needs.db, person)) {
    if (await endAccess(needs, { ...why, person, target, kind: 'ended' })) began += 1;
  }
  return began;
}

/** Compared with what was wanted before: does anything become less? (R5.2) */
export function reduces(target: LiveTarget, before: DesiredState, after: DesiredState): boolean {
  return diff(target.open, before.image, after.image).some(({ effect }) => effect === 'reduces');
}

/**
 * Notes that access is over and wakes the ladder. Durable when this returns; the calls are made by the queue, before
 * everything that adds. Nothing happens to people without an account.
 */
export async function endAccess(needs: RunNeeds, request: EndAccount): Promise<boolean> {
  const { target, person, thread, because } = request;
  const kind: EndKind = request.kind;
  const at = request.at ?? needs.clock.now();
  await needs.accessLog.warmUp([person]);
  return needs.db.transaction().execute(async (trx) => {
    const ending = { kind, at, because };
    const account = await noteEnding(trx, { target, person }, ending, needs.clock.now());
    if (!account) return false;
    const { id, externalId } = account;
    await needs.jobs.enqueue(trx, finishJob(id, thread, { isUrgent: true }));
    await needs.accessLog.appendIn(trx, [
      accessEvents.accountEnding({
        ...{ thread, personId: person, target },
        facts: {
          ...{ account: id, kind, at: at.toISOString(), because: [because] },
          ...(externalId !== undefined && { externalId }),
        },
      }),
    ]);
    return true;
  });
}
