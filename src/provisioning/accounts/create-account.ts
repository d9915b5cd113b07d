import type { AccountImage } from '../connector/account-image.ts';
import type { ReadAccount, WriteAnswer } from '../connector/connector.ts';
import { recordAttempt, recordPlan } from '../outbox/outbox.ts';
import type { OpenStep } from '../outbox/record.ts';
import { endStep } from '../outbox/step-store.ts';
import type { Change, PlannedStep } from '../planning/plan.ts';
import type { NotNow, Refused, Run } from '../run.ts';
import { recordBlocked } from '../tasks/tasks.ts';
import { recordLink, recordRefusal } from './account-records.ts';
import { linkedToOthers } from './candidate-store.ts';
import { claimCreation, releaseClaim } from './creation-claim.ts';
import { type Located, locateCandidates } from './locate.ts';

/**
 * Creates the account. The random marker and the step are durable before anything is sent, so that whoever comes
 * next, in whatever process, recognises the account by its marker (R5.3).
 */
export async function createAccount(run: Run): Promise<Located> {
  const [step] = await recordPlan(run, [creationStep(run)], 'create');
  if (!step) throw new TypeError('a plan of one step gave no step');
  if (!(await claimCreation(run, step))) return stop(run, UNDER_WAY);
  await run.onStep('creation written');
  const image = creationImage(run);
  const answer = await run.target.open.create(image, run.account.marker, run.budget);
  await run.onStep('creation answered');
  return settle(run, step, answer);
}

async function settle(run: Run, step: OpenStep, answer: WriteAnswer): Promise<Located> {
  switch (answer.outcome) {
    case 'written': {
      if (await isSomebodyElses(run, answer.account)) return refuseTaken(run, step);
      const linked = await recordLink(run, answer.account, step);
      await run.onStep('creation recorded');
      return { outcome: 'account', run: linked, account: answer.account, how: 'linked' };
    }
    case 'duplicate':
      // This request made nothing: whose the account is that stands in the way is for R1.3 to say.
      await releaseClaim(run, step);
      return lookAgain(run, step, undefined);
    case 'invalid':
      run.log.warn('target refused the data of a new account', {
        target: run.target.id,
        account: run.account.id,
        detail: answer.detail,
      });
      return refuse(run, step);
    case 'gone':
      return stop(run, { outcome: 'unavailable', code: 'provisioning.bad_answer' });
    case 'blocked':
      await releaseClaim(run, step);
      await recordBlocked(run, step, answer.reasons);
      return stop(run, { outcome: 'unavailable', code: 'provisioning.blocked', isNoted: true });
    case 'unavailable': {
      await recordAttempt(run, step, answer.code);
      const noted: NotNow = { ...answer, isNoted: true };
      if (answer.maybeApplied) return lookAgain(maybeCreated(run), step, noted);
      await releaseClaim(run, step);
      return stop(run, noted);
    }
  }
}

const UNDER_WAY: NotNow = { outcome: 'unavailable', code: 'provisioning.busy', retryAfterSeconds: 2 };

function maybeCreated(run: Run): Run {
  if (!run.target.open.keepsNoMarker) return run;
  const mail = run.desired.image['mail'];
  return { ...run, maybeCreated: { mail: typeof mail === 'string' ? mail : undefined } };
}

/** Without markers, a target that lets itself be asked twice may answer with an account that another person has. */
async function isSomebodyElses(run: Run, account: ReadAccount): Promise<boolean> {
  if (!run.target.open.keepsNoMarker) return false;
  return (await linkedToOthers(run.db, run.account, [account])).size > 0;
}

/** After a lost reply or a duplicate: an account with our marker (or a fresh one that we claimed) is ours, anything else falls under R1.3. */
async function lookAgain(run: Run, step: OpenStep, failed: NotNow | undefined): Promise<Located> {
  const located = await locateCandidates(run);
  switch (located.outcome) {
    case 'account':
      if (located.how !== 'ours') return located;
      await run.onStep('creation found');
      return linkFound(run, located, step);
    case 'none':
      // A duplicate that nobody sees covers other places than ours; a lost write may still arrive.
      if (!failed) return refuseTaken(run, step);
      return stop(run, { ...failed, code: 'provisioning.reply_lost', retryAfterSeconds: 2 });
    case 'stopped':
      if (!failed && located.result.outcome === 'refused')
        await endCreation(run, step, 'provisioning.mail_taken');
      return failed && located.result.outcome === 'unavailable' ? stop(run, failed) : located;
  }
}

/** Links the account that carries our marker. */
export async function linkFound(
  run: Run,
  located: Extract<Located, { outcome: 'account' }>,
  step: OpenStep | undefined,
): Promise<Located> {
  const linked = await recordLink(run, located.account, step);
  await run.onStep('creation recorded');
  return { outcome: 'account', run: linked, account: located.account, how: 'linked' };
}

async function refuse(run: Run, step: OpenStep): Promise<Located> {
  run.target.suspectFacts();
  await endCreation(run, step, 'provisioning.rejected');
  await recordRefusal(run, 'provisioning.rejected', []);
  return stop(run, { outcome: 'refused', code: 'provisioning.rejected', facts: {} });
}

async function refuseTaken(run: Run, step: OpenStep): Promise<Located> {
  await endCreation(run, step, 'provisioning.mail_taken');
  await recordRefusal(run, 'provisioning.mail_taken', []);
  return stop(run, { outcome: 'refused', code: 'provisioning.mail_taken', facts: {} });
}

/** Nothing came of it, unless an earlier run had begun the same: that one may still arrive. */
async function endCreation(
  { db, account, clock }: Run,
  step: OpenStep,
  code: 'provisioning.mail_taken' | 'provisioning.rejected',
): Promise<void> {
  if (account.openSteps > 0) return;
  const state = code === 'provisioning.rejected' ? 'rejected' : 'superseded';
  await endStep(db, step.id, state, code, clock.now());
}

function stop(run: Run, result: Refused | NotNow): Located {
  return { outcome: 'stopped', run, result };
}

function creationImage(run: Run): AccountImage {
  const { fields } = run.target.open;
  return Object.fromEntries(
    Object.entries(run.desired.image).filter(([name]) => fields[name]?.atCreation === true),
  );
}

function creationStep(run: Run): PlannedStep {
  const changes = Object.entries(creationImage(run)).map(
    ([field, to]): Change => ({ field, from: undefined, to, effect: 'adds' }),
  );
  return { call: 'create', purpose: 'access', changes };
}
