import { addMs } from '../../base/index.ts';
import { failedEvent } from '../accounts/account-events.ts';
import { type AccountChange, changeAccount } from '../accounts/change-account.ts';
import type { Given } from '../connector/account-image.ts';
import { members, type PlannedStep, valuesOf } from '../planning/plan.ts';
import type { Run } from '../run.ts';
import { desiredChange, enqueueRest, type OpenStep, record } from './record.ts';
import { endStep, type NewStep, writeSteps } from './step-store.ts';

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
    const given = givenBefore(run, steps);
    // Whoever makes an account right stops here when access ended meanwhile; the ladder itself goes on.
    const asOf = kind === 'end' ? {} : { asOfEnds: run.account.endsNoted };
    await changeAccount(
      trx,
      run.lease,
      { ...desiredChange(run), ...unconfirmed(steps), given, ...asOf },
      now,
    );
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
    if (steps.length > 0) await enqueueRest(run, trx, addMs(now, run.leaseMs));
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

/** From the moment a member may be sent it counts as given, so that a crash never makes it somebody else's. */
function givenBefore(run: Run, steps: readonly PlannedStep[]): Given {
  const { fields } = run.target.open;
  const given: Record<string, readonly string[]> = { ...run.account.given };
  for (const { field, to } of steps.flatMap(({ changes }) => changes)) {
    if (fields[field]?.members !== 'given') continue;
    const own = members(run.desired.image[field]).filter((member) => members(to).includes(member));
    given[field] = [...new Set([...(given[field] ?? []), ...own])].sort();
  }
  return given;
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

/** Remembers that the target did not take a step now; it stays open. */
export async function recordAttempt(run: Run, step: OpenStep, code: string): Promise<void> {
  await record(run, async (trx) => {
    const attempt = await endStep(trx, step.id, 'open', code, run.clock.now());
    return [failedEvent(run, code, step.id, attempt)];
  });
}
