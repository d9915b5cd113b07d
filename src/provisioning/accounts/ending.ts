import type { AccountImage } from '../connector/account-image.ts';
import type { ReadAccount, WriteAnswer } from '../connector/connector.ts';
import { dueRungs, imageOf as ladderImage, type Rung } from '../connector/ladder.ts';
import { recordAttempt, recordPlan } from '../outbox/outbox.ts';
import type { OpenStep } from '../outbox/record.ts';
import { sendSteps } from '../outbox/send-steps.ts';
import { diff, planSteps } from '../planning/plan.ts';
import type { NotNow, Ready, Run } from '../run.ts';
import { recordBlocked } from '../tasks/tasks.ts';
import { recordUnread } from './account-records.ts';
import { type EndingRun, recordEnded, recordRung } from './ending-records.ts';

/**
 * Takes every rung that is due, in order, each written down before it is sent and read back (R5.5). Rungs taken
 * before are looked at again: what somebody undid by hand is put back. Ends early when a rung cannot be taken now,
 * unless it is blocked and later ones may go before it; the queue comes back to it.
 */
export async function takeRungs(run: EndingRun): Promise<Ready | NotNow> {
  const { externalId, refs } = run.account;
  if (externalId === undefined) return nothingLeft(run);
  const failed = await run.target.ensurePrepared(run.budget.remainingMs());
  if (failed) return unread(run, failed);
  const rungs = dueRungs(run.target.open.ladder, run.ending, run.clock.now());
  const answer = await run.target.open.findById(externalId, ladderImage(rungs), refs, run.budget);
  if (answer.outcome === 'unavailable') return unread(run, answer);
  const [current] = answer.accounts;
  if (!current) return nothingLeft(run);
  return takeEach({ ...run, account: { ...run.account, refs: current.refs } }, current, rungs);
}

async function takeEach(
  run: EndingRun,
  account: ReadAccount,
  rungs: readonly Rung[],
): Promise<Ready | NotNow> {
  let [next, current] = [run, account];
  let before: AccountImage = {};
  let blocked: NotNow | undefined;
  for (const rung of rungs) {
    const taken = await takeRung(next, current, rung, before);
    if (taken.outcome !== 'taken') {
      if (taken.code !== 'provisioning.blocked' || rung.mayWait !== true) return taken;
      blocked = taken;
      continue;
    }
    next = { ...next, ...taken.run, ending: taken.ending };
    current = taken.current;
    before = { ...before, ...rung.image };
    if (rung.removes) return nothingLeft(next);
  }
  if (blocked) return blocked;
  await recordEnded(next);
  await run.onStep('ending confirmed');
  return ready(next);
}

type Taken =
  | {
      readonly outcome: 'taken';
      readonly run: Run;
      readonly ending: EndingRun['ending'];
      readonly current: ReadAccount;
    }
  | NotNow;

async function takeRung(
  run: EndingRun,
  current: ReadAccount,
  rung: Rung,
  before: AccountImage,
): Promise<Taken> {
  // Later rungs may take back what lower ones set (a group, then another): only their own fields count.
  const image = { ...before, ...rung.image };
  const changes = diff(run.target.open, current.image, image, {
    given: run.account.given,
    onExtra: 'remove',
  }).filter(({ effect }) => effect !== 'by-hand');
  const planned = planSteps(run.target.open, changes).map((step) => ({
    ...step,
    purpose: 'access' as const,
  }));
  const steps = planned.length > 0 ? await recordPlan(run, planned, 'end') : [];
  if (steps.length > 0) await run.onStep('rung written');
  const sent = await sendSteps(run, current, steps);
  // An end is never given up: what the target refuses today is tried again and becomes visible.
  if (sent.outcome === 'refused') return { outcome: 'unavailable', code: 'provisioning.not_applied' };
  if (sent.outcome === 'unavailable') return sent;
  const isNew = !run.ending.done.includes(rung.id);
  const acted =
    rung.act !== undefined && isNew ? await act({ ...run, ...sent.run }, sent.current, rung) : undefined;
  if (acted && acted.outcome !== 'acted') return acted;
  const ending = { ...run.ending, done: [...new Set([...run.ending.done, rung.id])] };
  if (isNew) {
    await recordRung({ ...run, ...sent.run }, ending, rung);
    await run.onStep('rung recorded');
  }
  return { outcome: 'taken', run: sent.run, ending, current: sent.current };
}

/** One request that leaves no trace in the image; repeated after a lost reply, which does no harm. */
async function act(
  run: EndingRun,
  current: ReadAccount,
  rung: Rung,
): Promise<{ readonly outcome: 'acted' } | NotNow> {
  const call = rung.act ?? '';
  const { act: send } = run.target.open;
  if (!send) throw new TypeError(`${run.target.id} has a rung ${rung.id} that it cannot take`);
  const [step] = await recordPlan(run, [{ call, purpose: 'access', changes: [] }], 'end');
  if (!step) throw new TypeError('a plan of one step gave no step');
  await run.onStep('act written');
  const { refs } = run.account;
  const request = { externalId: current.externalId, act: call, current: current.image, refs };
  const answer = await send.call(run.target.open, request, run.budget);
  await run.onStep('act answered');
  return settleAct(run, step, answer);
}

async function settleAct(
  run: EndingRun,
  step: OpenStep,
  answer: WriteAnswer,
): Promise<{ readonly outcome: 'acted' } | NotNow> {
  switch (answer.outcome) {
    case 'written':
    case 'gone':
      return { outcome: 'acted' };
    case 'blocked':
      await recordBlocked(run, step, answer.reasons);
      return { outcome: 'unavailable', code: 'provisioning.blocked' };
    case 'duplicate':
    case 'invalid':
      run.log.warn('target refused a rung', { target: run.target.id, step: step.id, call: step.call });
      await recordAttempt(run, step, 'provisioning.rejected');
      return { outcome: 'unavailable', code: 'provisioning.not_applied' };
    case 'unavailable':
      await recordAttempt(run, step, answer.code);
      return notNow(answer);
  }
}

/** There is no account, or not any more: the ladder is at its end. */
async function nothingLeft(run: EndingRun): Promise<Ready> {
  const done = run.target.open.ladder.map(({ id }) => id);
  await recordEnded({ ...run, ending: { ...run.ending, done } }, { isGone: true });
  return ready(run);
}

/** Without a look nothing can be sent: whoever waits for the end must be able to see why (R5.5). */
export async function unread(run: EndingRun, failed: NotNow): Promise<NotNow> {
  await recordUnread(run, failed.code, run.attempt);
  return notNow(failed);
}

function ready(run: Run): Ready {
  const externalId = run.account.externalId ?? '';
  return { outcome: 'ready', externalId, changes: [], queued: 0, problems: [] };
}

function notNow(failed: NotNow): NotNow {
  const { code, retryAfterSeconds } = failed;
  return { outcome: 'unavailable', code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
