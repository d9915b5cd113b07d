import { accessEvents } from '../../access-log/index.ts';
import { type AccountId, addMs, HOUR, newId } from '../../base/index.ts';
import { countAccounts } from '../accounts/account-store.ts';
import { ProvisioningError } from '../errors.ts';
import type { Provisioning } from '../provisioning.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { readBrake, releaseBrake, writeBrake } from './brake-store.ts';
import type { AppliedPlan, ApplyOptions } from './mass-changes.ts';
import { planAccounts, type WantedInTarget } from './people-plan.ts';

/** A command that was interrupted is given again. */
const RELEASED_FOR_MS = HOUR;

type Needs = {
  readonly needs: RunNeeds;
  readonly provisioning: Pick<Provisioning, 'queueAccount' | 'endAccess' | 'lookAtTasks'>;
};

/**
 * Plans for everybody, then queues what is to be done: ends at once, reductions before additions. Removals that are
 * only inferred and too many wait for a release; explicit ends never wait (R5.4).
 *
 * @param people asked twice: first to count, then to act.
 * @throws ProvisioningError `provisioning.unknown_brake`.
 */
export async function applyPlan(
  { needs, provisioning }: Needs,
  target: LiveTarget,
  people: () => AsyncIterable<WantedInTarget>,
  options: ApplyOptions,
): Promise<AppliedPlan> {
  const released = options.release === undefined ? undefined : await release(needs, target, options);
  await provisioning.lookAtTasks(target.id, { thread: options.thread });
  const held = await brake(needs, target, people, released, options);
  const counts = { planned: 0, queued: 0, ends: 0, refused: 0 };
  const remembered = new Map<string, WantedInTarget>();
  for await (const planned of planAccounts(needs, target, remember(people(), remembered))) {
    const wanted = remembered.get(planned.person);
    remembered.delete(planned.person);
    options.onPlanned?.(planned);
    // What only an import or an earlier attempt says is tried all the same: it may be settled by now.
    if (planned.what === 'refused' && planned.known === undefined) counts.refused += 1;
    const isSettled = planned.what === 'nothing' || planned.what === 'absent';
    if (!wanted || isSettled || held?.removals.has(planned.accountId ?? '')) continue;
    counts.planned += 1;
    const done = await queue(provisioning, target.id, wanted, options);
    if (done.what === 'end') counts.ends += 1;
    if (done.what === 'queued') counts.queued += 1;
    const account = done.account ?? planned.accountId;
    if (account && (done.what !== 'nothing' || planned.what === 'continue')) options.onQueued?.(account);
  }
  if (!held) return counts;
  return { ...counts, braked: { id: held.id, removals: held.removals.size, accounts: held.accounts } };
}

async function* remember(
  people: AsyncIterable<WantedInTarget>,
  seen: Map<string, WantedInTarget>,
): AsyncGenerator<WantedInTarget> {
  for await (const each of people) {
    seen.set(each.person.id, each);
    yield each;
  }
}

type Done = { readonly what: 'end' | 'queued' | 'busy' | 'nothing'; readonly account?: AccountId };

async function queue(
  provisioning: Needs['provisioning'],
  target: string,
  wanted: WantedInTarget,
  { thread, create }: ApplyOptions,
): Promise<Done> {
  const { person, trustedMailDomains } = wanted;
  if (wanted.outcome === 'end') {
    const { kind, because } = wanted;
    const began = await provisioning.endAccess({ person: person.id, target, kind, because, thread });
    return { what: began ? 'end' : 'nothing' };
  }
  const { accesses } = wanted;
  const queued = await provisioning.queueAccount({
    ...{ person, target, accesses, trustedMailDomains, create },
    // Events of a command hang together under its own id.
    thread: thread as `lgn_${string}`,
  });
  switch (queued.outcome) {
    case 'queued':
      return { what: 'queued', account: queued.accountId };
    // Access that cannot be kept right is paused, and somebody else's work on it is waited for as well.
    case 'refused':
    case 'busy':
      return { what: 'busy' };
    default:
      return { what: 'nothing' };
  }
}

type Held = { readonly id: string; readonly removals: ReadonlySet<string>; readonly accounts: number };

async function brake(
  needs: RunNeeds,
  target: LiveTarget,
  people: () => AsyncIterable<WantedInTarget>,
  released: ReadonlySet<string> | undefined,
  { thread }: ApplyOptions,
): Promise<Held | undefined> {
  const removals = new Set<string>();
  for await (const planned of planAccounts(needs, target, people())) {
    const { accountId, reduces, isInferred } = planned;
    if (accountId && reduces && isInferred && !released?.has(accountId)) removals.add(accountId);
  }
  const accounts = await countAccounts(needs.db, target.id);
  const { share, atLeast } = target.policy.brake;
  if (accounts < atLeast || removals.size <= share * accounts) return undefined;
  const id = newId('brk');
  await needs.db.transaction().execute(async (trx) => {
    await writeBrake(trx, { id, target: target.id, removals: [...removals], accounts }, needs.clock.now());
    const limit = `${Math.round(share * 100)} % of ${atLeast} or more`;
    const facts = { source: id, removals: removals.size, of: accounts, limit };
    await needs.accessLog.appendIn(trx, [
      accessEvents.provisioningBraked({ thread, target: target.id, code: 'provisioning.braked', facts }),
    ]);
  });
  return { id, removals, accounts };
}

async function release(
  needs: RunNeeds,
  target: LiveTarget,
  { release: id = '', by, thread }: ApplyOptions,
): Promise<ReadonlySet<string>> {
  const known = await readBrake(needs.db, id);
  const isOver =
    known?.releasedAt !== undefined && known.releasedAt < addMs(needs.clock.now(), -RELEASED_FOR_MS);
  // Whoever looked at these removals did so then; what is inferred another day is looked at again.
  if (known?.target !== target.id || isOver) {
    throw new ProvisioningError({
      code: 'provisioning.unknown_brake',
      status: 404,
      detail: `${id} does not hold anything back in ${target.id}`,
    });
  }
  await needs.db.transaction().execute(async (trx) => {
    const isNew = await releaseBrake(trx, id, by, needs.clock.now());
    if (!isNew) return;
    const facts = { source: id, removals: known.removals.length, by };
    await needs.accessLog.appendIn(trx, [
      accessEvents.provisioningReleased({ thread, target: target.id, facts }),
    ]);
  });
  return new Set(known.removals);
}
