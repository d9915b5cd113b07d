import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import { MINUTE, SECOND } from '../../base/index.ts';
import type { Decision, Granted } from '../../model/index.ts';
import type { RelyingParty } from '../../relying-parties/index.ts';
import type { LoginDeps } from '../deps.ts';
import { LoginError } from '../errors.ts';
import type { State, StateAt } from '../state.ts';
import { provesAgain, suffices } from '../waiting-request.ts';
import { REQUEST_OVER, type Refused, turnAway } from './turn-away.ts';

/** Policy says yes or no, before anything is made or issued (DESIGN §1.1). Without a relying party: the launchpad. */
export async function decideStage(state: StateAt<'decide'>, deps: LoginDeps): Promise<State> {
  const { login, signedIn } = state;
  const wanted = login.destination.relyingParty;
  if (wanted === undefined) {
    const path = login.destination.to ?? '/';
    return { ...state, stage: 'record', exit: { kind: 'own-page', path } };
  }
  const relyingParty = deps.registry.relyingParty(wanted);
  if (!relyingParty) throw new LoginError('login.unknown_relying_party');
  const unfit = unfitRequest(state, deps);
  if (unfit) return turnAway({ ...state, relyingParty }, 'decide', unfit);
  if (!(await countEntry(signedIn.person.id, deps))) {
    return turnAway({ ...state, relyingParty }, 'decide', TOO_MANY);
  }

  const decision = deps.reconcile.decide(signedIn, relyingParty.id, deps.clock.now());
  const events = [...state.events, describe(decision, relyingParty, state)];
  if (decision.outcome === 'deny') {
    return { ...state, stage: 'record', relyingParty, events, exit: exitOf(decision) };
  }
  const { entitlement, facts } = decision;
  return { ...state, stage: 'provision', relyingParty, entitlement, facts, events };
}

/** @returns false when the person entered too often: something loops, or somebody plays with their session. */
async function countEntry(personId: string, deps: LoginDeps): Promise<boolean> {
  const count = await deps.keyValue.increment(`login:entries:${personId}`, MINUTE);
  return count <= deps.settings.entriesPerMinute;
}

/** The relying party's own conditions on the proof, before policy is asked. */
function unfitRequest(
  { login: { request }, signedIn, opened }: StateAt<'decide'>,
  deps: LoginDeps,
): Omit<Refused, 'kind'> | undefined {
  if (request === undefined) return undefined;
  if (request === 'over') return REQUEST_OVER;
  const isProven = opened
    ? provesAgain(signedIn.session, request, deps.clock.now())
    : suffices(signedIn.session, request, deps.clock.now());
  return isProven ? undefined : PROOF_TOO_OLD;
}

const PROOF_TOO_OLD: Omit<Refused, 'kind'> = {
  ...{ status: 403, code: 'login.proof_too_old', retry: true, refusal: 'login-required' },
  reason:
    'You were asked to prove again who you are, and your sign-in page answered from an older sign-in instead.',
  next: ['Sign out at your sign-in page, then try again.'],
};

const TOO_MANY = {
  ...{ status: 429, code: 'login.too_many', retry: true, retryAfterSeconds: MINUTE / SECOND },
  reason: 'You opened stores and apps too often in a short time.',
  next: ['Wait a minute, then try again. If you did not do this, sign out and tell your help desk.'],
} as const;

function exitOf(decision: Extract<Decision, { outcome: 'deny' }>): StateAt<'record'>['exit'] {
  return {
    kind: 'refused',
    status: 403,
    code: decision.code,
    reason: decision.reason.text,
    next: [nextStep(decision)],
    ...(decision.opensAt && { opensAt: decision.opensAt }),
    retry: false,
  };
}

function nextStep(decision: Extract<Decision, { outcome: 'deny' }>): string {
  switch (decision.code) {
    case 'policy.outside_window':
      return 'Come back when it opens. If you need it earlier, ask your administrator.';
    case 'policy.ended':
      return 'If you still need this access, ask the person who sponsors it to extend it.';
    case 'policy.relying_party_disabled':
      return 'It is closed for everybody at the moment. Try again later.';
    default:
      return 'If you need this access for your work, ask your administrator and give them the reference below.';
  }
}

function describe(decision: Decision, relyingParty: RelyingParty, state: StateAt<'decide'>): NewAccessEvent {
  const { login, signedIn } = state;
  const about = {
    thread: login.id,
    personId: signedIn.person.id,
    connection: signedIn.session.connection,
    relyingParty: relyingParty.id,
    session: signedIn.session.id,
  };
  const confirmedAt = signedIn.session.confirmedAt.toISOString();
  if (decision.outcome === 'deny') {
    const { code, reason, facts, opensAt } = decision;
    return accessEvents.decisionDenied({
      ...about,
      code,
      facts: {
        reason,
        facts,
        confirmedAt,
        asked: 'login',
        ...(opensAt && { opensAt: opensAt.toISOString() }),
      },
    });
  }
  const { roles, scopes, ends } = decision.entitlement;
  return accessEvents.decisionAllowed({
    ...about,
    facts: {
      roles: roles.map(plain),
      scopes: scopes.map(plain),
      ...(ends && { ends: ends.toISOString() }),
      facts: decision.facts,
      confirmedAt,
      asked: 'login',
    },
  });
}

function plain({ id, ends, because }: Granted): { id: string; ends?: string; because: readonly string[] } {
  return { id, because, ...(ends && { ends: ends.toISOString() }) };
}
