import { accessEvents } from '../../access-log/index.ts';
import { addMs } from '../../base/index.ts';
import type { Given } from '../connector/account-image.ts';
import type { ReadAccount } from '../connector/connector.ts';
import type { Comparison } from '../outbox/compare.ts';
import {
  desiredChange,
  enqueueRest,
  hashValue,
  type OpenStep,
  record,
  withAccount,
} from '../outbox/record.ts';
import { dropChanges, endStep, writeSteps } from '../outbox/step-store.ts';
import { members, type Rejected } from '../planning/plan.ts';
import type { Run } from '../run.ts';
import { recordTasks } from '../tasks/drift.ts';
import { REFUSED } from './account.ts';
import {
  about,
  adoptedEvent,
  deletedEvent,
  detailEvent,
  eventValues,
  failedEvent,
  updatedEvents,
} from './account-events.ts';
import { changeAccount } from './change-account.ts';

/** The account exists and is this person's: by creation, recovery or adoption (R1.1). */
export async function recordLink(run: Run, account: ReadAccount, step: OpenStep | undefined): Promise<Run> {
  const now = run.clock.now();
  await record(run, async (trx) => {
    const change = { externalId: account.externalId, refs: account.refs, candidate: null };
    await changeAccount(trx, run.lease, change, now);
    if (step) await endStep(trx, step.id, 'done', null, now);
    return [
      accessEvents.accountCreated({
        ...about(run),
        facts: {
          account: run.account.id,
          externalId: account.externalId,
          fields: Object.keys(account.image).sort(),
          step: step?.id ?? 'recovered',
        },
        personal: { values: eventValues(account.image) },
      }),
    ];
  });
  return withAccount(run, { externalId: account.externalId, refs: account.refs });
}

/** One request was answered with success and the answer shows the values. */
export async function recordDone(run: Run, step: OpenStep, account: ReadAccount): Promise<Run> {
  const now = run.clock.now();
  const refs = { ...run.account.refs, ...account.refs };
  const adopts = step.kind === 'adopt';
  await record(run, async (trx) => {
    const link = adopts ? { externalId: account.externalId, candidate: null, approved: null } : {};
    await changeAccount(trx, run.lease, { refs, ...link }, now);
    await endStep(trx, step.id, 'done', null, now);
    return [...(adopts ? [adoptedEvent(run, account)] : []), ...updatedEvents(run, step, account)];
  });
  return withAccount(run, { refs, ...(adopts && { externalId: account.externalId }) });
}

/** The target does not take these values: not sent again until they change (S19). */
export async function recordRejected(run: Run, step: OpenStep, code: string): Promise<Run> {
  const now = run.clock.now();
  const own = step.changes.map(({ field, to }) => [field, hashValue(run, field, to ?? '')]);
  const rejected = { ...run.account.rejected, ...Object.fromEntries(own) };
  await record(run, async (trx) => {
    await changeAccount(trx, run.lease, { rejected }, now);
    const attempt = await endStep(trx, step.id, 'rejected', code, now);
    return [failedEvent(run, code, step.id, attempt)];
  });
  return withAccount(run, { rejected });
}

/** The account is not in the target any more: what we knew of it is void, and a new one gets a new marker. */
export async function recordGone(run: Run, marker: string): Promise<Run> {
  const now = run.clock.now();
  await record(run, async (trx) => {
    await changeAccount(
      trx,
      run.lease,
      {
        ...{ externalId: null, marker, refs: {}, rejected: {} },
        ...{ confirmedHash: null, confirmedAccessHash: null, confirmedAt: null },
      },
      now,
    );
    await writeSteps(trx, run.account.id, [], now);
    return [failedEvent(run, 'provisioning.account_gone', run.account.id, 1), deletedEvent(run)];
  });
  return withAccount(run, {
    ...{ externalId: undefined, marker, refs: {}, rejected: {} },
    ...{ confirmedHash: undefined, confirmedAccessHash: undefined, confirmedAt: undefined },
  });
}

/** Nothing will be sent: open changes end, and an administrator may be asked (R1.3). */
export async function recordRefusal(run: Run, code: string, candidates: readonly string[]): Promise<void> {
  const now = run.clock.now();
  const waits = code === 'provisioning.needs_approval';
  await record(run, async (trx) => {
    const rejected = { ...run.account.rejected, [REFUSED]: code };
    const candidate = waits ? (candidates[0] ?? null) : null;
    await changeAccount(trx, run.lease, { candidate, rejected }, now);
    await dropChanges(trx, run.account.id, now);
    return [
      accessEvents.accountRefused({
        ...about(run),
        code,
        facts: { reason: code, candidates: candidates.length, ...(waits && { task: run.account.id }) },
      }),
    ];
  });
}

/**
 * The target shows what should be: later sign-ins need no call until something changes (R5.2). With details
 * still under way only the access part is confirmed, and the queue goes on at once.
 */
export async function recordConfirmed(run: Run, comparison: Comparison, openDetails: number): Promise<void> {
  const now = run.clock.now();
  const problems = newProblems(run);
  await record(run, async (trx) => {
    const tasks = await recordTasks(trx, run, comparison, openDetails > 0);
    await changeAccount(
      trx,
      run.lease,
      {
        ...desiredChange(run),
        // Ended meanwhile: what was confirmed is not what is wanted any more, and nobody enters by it (R3.5).
        asOfEnds: run.account.endsNoted,
        ...(openDetails === 0 && { confirmedHash: run.desired.hash }),
        confirmedAccessHash: run.desired.accessHash,
        confirmedAt: run.begunAt,
        rejected: stillRejected(run),
        refs: run.account.refs,
        given: givenBy(run),
      },
      now,
    );
    if (openDetails === 0) await writeSteps(trx, run.account.id, [], now);
    else await enqueueRest(run, trx, now);
    if (openDetails === 0 && isForPeople(comparison)) {
      await enqueueRest(run, trx, addMs(now, run.target.policy.confirmMaxAgeMs));
    }
    return [...tasks, ...problems.map((problem) => detailEvent(run, problem))];
  });
  run.log.debug('account is as it should be', { account: run.account.id, target: run.target.id });
}

/** There are tasks, which only another reading can close. */
function isForPeople({ byHand, left, extras }: Comparison): boolean {
  return byHand.length > 0 || left.length > 0 || Object.keys(extras).length > 0;
}

/** Members of sets that are ours now that the target shows them. */
function givenBy(run: Run): Given {
  const { fields } = run.target.open;
  const sets = Object.entries(run.desired.image).filter(([name]) => fields[name]?.members === 'given');
  return Object.fromEntries(sets.map(([name, value]) => [name, [...members(value)]]));
}

/** Refused values that are still wanted, and problems that were reported already: neither is repeated. */
function stillRejected(run: Run): Rejected {
  const refused = Object.entries(run.account.rejected).filter(([field, hash]) => {
    const value = run.desired.image[field];
    return value !== undefined && hashValue(run, field, value) === hash;
  });
  const problems = run.desired.problems.map(({ field, message }) => [
    `problem:${field}`,
    hashValue(run, field, message),
  ]);
  return Object.fromEntries([...refused, ...problems]);
}

function newProblems(run: Run): Run['desired']['problems'] {
  return run.desired.problems.filter(
    ({ field, message }) => run.account.rejected[`problem:${field}`] !== hashValue(run, field, message),
  );
}

/** Without a look nothing can be sent: whoever waits for the account must be able to see why. */
export async function recordUnread(run: Run, code: string, attempt: number): Promise<void> {
  await record(run, async () => [failedEvent(run, code, run.account.id, attempt)]);
}

/** Access is as confirmed, only the details could not be looked at: the queue does it (R5.2). */
export async function recordPostponed(run: Run): Promise<void> {
  const now = run.clock.now();
  await record(run, async (trx) => {
    const change = { ...desiredChange(run), asOfEnds: run.account.endsNoted };
    await changeAccount(trx, run.lease, change, now);
    await enqueueRest(run, trx, now);
    return [];
  });
}
