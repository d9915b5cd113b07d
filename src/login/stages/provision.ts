import { accessEvents } from '../../access-log/index.ts';
import type { LoginDeps } from '../deps.ts';
import { signedInBy } from '../signed-in.ts';
import type { SignedIn, State, StateAt } from '../state.ts';

/** Codes of a target that is only slow, busy or away; what somebody must repair first is not among them. */
const WAITING_HELPS: ReadonlySet<string> = new Set([
  ...['provisioning.slow', 'provisioning.busy', 'provisioning.rate_limited', 'provisioning.budget_spent'],
  ...['provisioning.target_unreachable', 'provisioning.target_error', 'provisioning.maintenance'],
  ...['provisioning.reply_lost', 'provisioning.not_applied', 'provisioning.not_prepared'],
]);

/** The account in the target is right before the person enters: reductions first, nothing half-made (DESIGN §1.4). */
export async function provisionStage(state: StateAt<'provision'>, deps: LoginDeps): Promise<State> {
  const { login, signedIn, relyingParty, entitlement, events, opened } = state;
  const again = () => knownAgain(signedIn, deps);
  const result = await deps.reconcile.apply(signedIn, relyingParty, login.id, deps.clock.now(), again);
  const base = { login, signedIn, relyingParty, ...(opened && { opened }) };
  if (result.outcome === 'no-account-needed') return { ...base, stage: 'issue', entitlement, events };
  if (result.outcome === 'ready') {
    const account = { id: result.accountId, externalId: result.externalId };
    return { ...base, stage: 'issue', entitlement, account, events };
  }

  // R3.1: what ended on the way is what the person reads, not that somebody works on their account.
  const isOver = deps.reconcile.decide(signedIn, relyingParty.id, deps.clock.now()).outcome === 'deny';
  if (isOver) return { ...base, stage: 'decide', events };

  const about = {
    thread: login.id,
    code: result.code,
    personId: signedIn.person.id,
    relyingParty: relyingParty.id,
    session: signedIn.session.id,
    ...(relyingParty.target !== undefined && { target: relyingParty.target }),
    personal: { address: login.address, userAgent: login.userAgent },
  };
  if (result.outcome === 'refused') {
    return {
      ...base,
      stage: 'record',
      events: [...events, accessEvents.loginRefused({ ...about, facts: { stage: 'provision' } })],
      exit: {
        kind: 'refused',
        status: 403,
        code: result.code,
        reason: result.publicMessage,
        next: ['Give your help desk the reference below; it leads them to what happened.'],
        retry: false,
      },
    };
  }
  return {
    ...base,
    stage: 'record',
    events: [
      ...events,
      accessEvents.loginFailed({ ...about, facts: { stage: 'provision', retryable: true } }),
    ],
    exit: {
      kind: 'refused',
      status: 503,
      code: result.code,
      reason: `${relyingParty.title} could not prepare your account just now. Nothing is lost, and nothing was left half-done.`,
      next: ['Try again in a moment. If it keeps happening, give your help desk the reference below.'],
      retry: true,
      ...(WAITING_HELPS.has(result.code) && { waits: true }),
      ...(result.retryAfterSeconds !== undefined && { retryAfterSeconds: result.retryAfterSeconds }),
    },
  };
}

/** Session and person as they are now: either may have been ended since this run read them, in any process (R3.5). */
async function knownAgain(
  { session: { id } }: SignedIn,
  { sessions, directory, clock }: LoginDeps,
): Promise<{ readonly subject: SignedIn; readonly now: Date } | undefined> {
  const session = await sessions.byId(id);
  const subject = session && (await signedInBy(session, directory));
  return subject && { subject, now: clock.now() };
}
