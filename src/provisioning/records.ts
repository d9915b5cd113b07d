import { accessEvents, type NewAccessEvent } from '../access-log/index.ts';
import { addMs, type Json } from '../base/index.ts';
import type { Transaction } from '../platform/database/index.ts';
import type { Account } from './account.ts';
import type { AccountImage } from './account-image.ts';
import type { ReadAccount } from './connector.ts';
import { sealDesired } from './desired-state.ts';
import { type PlannedStep, type Rejected, valuesOf } from './plan.ts';
import { FINISH_ACCOUNT, type Run } from './run.ts';
import { type AccountChange, changeAccount, endStep, type NewStep, writeSteps } from './store.ts';

/** A step that stands in the outbox. */
export type OpenStep = PlannedStep & { readonly id: string; readonly kind: NewStep['kind'] };

/** Changes rows and writes their events in one transaction (R6.1). */
async function record(
  run: Run,
  work: (trx: Transaction) => Promise<readonly NewAccessEvent[]>,
): Promise<void> {
  await run.accessLog.warmUp([run.person]);
  await run.db.transaction().execute(async (trx) => {
    const events = await work(trx);
    if (events.length > 0) await run.accessLog.appendIn(trx, events);
  });
}

export function hashValue(run: Run, field: string, value: Json): string {
  return run.keys.lookup('provisioning', JSON.stringify([field, value]));
}

/**
 * Writes down what should be and each request that is about to be sent, with a job that finishes them should
 * this process die (R5.3). Steps of former plans are superseded.
 */
export async function recordPlan(
  run: Run,
  steps: readonly PlannedStep[],
  kind: NewStep['kind'],
): Promise<readonly OpenStep[]> {
  const now = run.clock.now();
  let open: readonly OpenStep[] = [];
  await record(run, async (trx) => {
    await changeAccount(trx, run.lease, { ...desiredChange(run), ...unconfirmed(steps) }, now);
    const rows = await writeSteps(
      trx,
      run.account.id,
      steps.map((step, index) => newStep(run, step, index === 0 ? kind : 'update')),
      now,
    );
    open = steps.map((step, index) => ({
      ...step,
      id: rows[index]?.id ?? '',
      kind: index === 0 ? kind : 'update',
    }));
    if (steps.length > 0) await enqueueFinish(run, trx, addMs(now, run.leaseMs));
    return [];
  });
  return open;
}

/**
 * From the moment a request may be sent, the former confirmation says nothing any more: should what is desired
 * turn back to it after a crash, the target is read first (R5.2).
 */
function unconfirmed(steps: readonly PlannedStep[]): AccountChange {
  if (steps.length === 0) return {};
  const access = steps.some(({ purpose }) => purpose === 'access');
  return { confirmedHash: null, ...(access && { confirmedAccessHash: null, confirmedAt: null }) };
}

function desiredChange(run: Run): AccountChange {
  return {
    sealedDesired: sealDesired(run.sealer, run.account.id, run.desired),
    desiredHash: run.desired.hash,
  };
}

function newStep(run: Run, step: PlannedStep, kind: NewStep['kind']): NewStep {
  const payload = JSON.stringify(valuesOf(step));
  return {
    kind,
    call: step.call,
    purpose: step.purpose,
    fields: step.changes.map(({ field }) => field),
    sealPayload: (id) => run.sealer.seal(payload, `provisioning_step/${id}/payload`),
    idempotencyKey: run.keys.lookup(
      'provisioning',
      [run.account.id, run.account.marker, kind, step.call, payload].join('\n'),
    ),
    thread: run.thread,
  };
}

/** Has the queue look at this account; payloads hold ids only. */
export async function enqueueFinish(run: Run, trx: Transaction, runAt: Date): Promise<void> {
  await run.jobs.enqueue(trx, {
    kind: FINISH_ACCOUNT,
    key: run.account.id,
    payload: { account: run.account.id, thread: run.thread },
    runAt,
  });
}

/** Remembers that the target did not take a step now; it stays open. */
export async function recordAttempt(run: Run, step: OpenStep, code: string): Promise<void> {
  await record(run, async (trx) => {
    const attempt = await endStep(trx, step.id, 'open', code, run.clock.now());
    return [failedEvent(run, code, step.id, attempt)];
  });
}

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

function adoptedEvent(run: Run, account: ReadAccount): NewAccessEvent {
  const approved = run.account.approved === account.externalId;
  return accessEvents.accountAdopted({
    ...about(run),
    facts: {
      account: run.account.id,
      externalId: account.externalId,
      by: approved ? 'administrator' : 'policy',
      evidence: 'the only account with this mail, at a trusted domain',
    },
  });
}

function updatedEvents(run: Run, step: OpenStep, account: ReadAccount): readonly NewAccessEvent[] {
  if (step.changes.length === 0) return [];
  const before = Object.fromEntries(step.changes.map(({ field, from }) => [field, from ?? '']));
  return [
    accessEvents.accountUpdated({
      ...about(run),
      facts: {
        account: run.account.id,
        externalId: account.externalId,
        fields: step.changes.map(({ field }) => field),
        step: step.id,
        reduces: step.changes.some(({ effect }) => effect === 'reduces'),
      },
      personal: { before: eventValues(before), after: eventValues(valuesOf(step)) },
    }),
  ];
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
    return [failedEvent(run, 'provisioning.account_gone', run.account.id, 1)];
  });
  return withAccount(run, {
    ...{ externalId: undefined, marker, refs: {}, rejected: {} },
    ...{ confirmedHash: undefined, confirmedAccessHash: undefined, confirmedAt: undefined },
  });
}

/** Nothing will be sent: open steps end, and an administrator may be asked (R1.3). */
export async function recordRefusal(run: Run, code: string, candidates: readonly string[]): Promise<void> {
  const now = run.clock.now();
  const waits = code === 'provisioning.needs_approval';
  await record(run, async (trx) => {
    await changeAccount(trx, run.lease, { candidate: waits ? (candidates[0] ?? null) : null }, now);
    await writeSteps(trx, run.account.id, [], now);
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
export async function recordConfirmed(run: Run, image: AccountImage, openDetails: number): Promise<void> {
  const now = run.clock.now();
  const problems = newProblems(run);
  await record(run, async (trx) => {
    await changeAccount(
      trx,
      run.lease,
      {
        ...desiredChange(run),
        ...(openDetails === 0 && { confirmedHash: run.desired.hash }),
        confirmedAccessHash: run.desired.accessHash,
        confirmedAt: now,
        rejected: stillRejected(run),
        refs: run.account.refs,
      },
      now,
    );
    if (openDetails === 0) await writeSteps(trx, run.account.id, [], now);
    else await enqueueFinish(run, trx, now);
    return problems.map(({ field }) =>
      failedEvent(run, 'provisioning.detail_invalid', `${run.account.id}/${field}`, 1),
    );
  });
  run.log.debug('account is as it should be', { account: run.account.id, fields: Object.keys(image).length });
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

/** Access is as confirmed, only the details could not be looked at: the queue does it (R5.2). */
export async function recordPostponed(run: Run): Promise<void> {
  const now = run.clock.now();
  await record(run, async (trx) => {
    await changeAccount(trx, run.lease, desiredChange(run), now);
    await enqueueFinish(run, trx, now);
    return [];
  });
}

export function withAccount(run: Run, change: Partial<Account>): Run {
  return { ...run, account: { ...run.account, ...change } };
}

function failedEvent(run: Run, code: string, step: string, attempt: number): NewAccessEvent {
  return accessEvents.provisioningFailed({ ...about(run), code, facts: { step, attempt } });
}

function about(run: Run): { thread: string; personId: Run['person']; target: string } {
  return { thread: run.thread, personId: run.person, target: run.target.id };
}

type EventValues = { readonly [field: string]: string | number | boolean | null | readonly string[] };

function eventValues(image: AccountImage): EventValues {
  return Object.fromEntries(Object.entries(image).map(([field, value]) => [field, eventValue(value)]));
}

function eventValue(value: Json | undefined): EventValues[string] {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}
