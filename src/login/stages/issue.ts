import { accessEvents } from '../../access-log/index.ts';
import { VestibuleError } from '../../base/index.ts';
import type { Issued, LoginRequest } from '../../issuing/index.ts';
import type { LoginDeps } from '../deps.ts';
import type { State, StateAt } from '../state.ts';
import { refuseRequest } from '../waiting-request.ts';
import { REQUEST_OVER, turnAway } from './turn-away.ts';

/** The artefact is made last, when nothing else can fail but the record of it. */
export async function issueStage(state: StateAt<'issue'>, deps: LoginDeps): Promise<State> {
  const { login, signedIn, relyingParty, entitlement, account, events } = state;
  // R3.1: making the account took its time; past an edge the decision is computed again.
  if (entitlement.ends && deps.clock.now() >= entitlement.ends) {
    return { ...state, stage: 'decide' };
  }
  const issuer = deps.issuerOf(relyingParty);
  if (!issuer) {
    throw new VestibuleError({
      code: 'login.no_issuer',
      status: 500,
      publicMessage: 'This store or app cannot be entered.',
      detail: `nothing issues for relying parties of kind ${relyingParty.kind}`,
    });
  }
  const { to } = login.destination;
  const request = login.request === 'over' ? undefined : login.request;
  const issued = await attempt(state, request, deps, () =>
    issuer.issue({
      relyingParty,
      person: signedIn.person,
      identity: signedIn.identity,
      session: signedIn.session,
      entitlement,
      ...(account && { account }),
      ...(to !== undefined && { to }),
      ...(request && { request }),
      thread: login.id,
      now: deps.clock.now(),
    }),
  );
  if ('exit' in issued) return issued;
  // The session may have been ended since this run read it: by another tab, by an administrator (R3.5).
  if (!(await deps.sessions.enter(signedIn.session, relyingParty.id, issued.party))) {
    return turnAway(state, 'issue', SESSION_OVER);
  }
  await deps.logout.watchLimit(signedIn.session, relyingParty.id);

  const event = accessEvents.loginIssued({
    thread: login.id,
    personId: signedIn.person.id,
    connection: signedIn.session.connection,
    relyingParty: relyingParty.id,
    session: signedIn.session.id,
    ...(relyingParty.target !== undefined && { target: relyingParty.target }),
    facts: {
      artefact: issued.artefact,
      artefactId: issued.artefactId,
      subject: signedIn.person.id,
      expires: issued.expires.toISOString(),
      ...(entitlement.ends && { accessEnds: entitlement.ends.toISOString() }),
      roles: entitlement.roles.map(({ id }) => id),
      scopes: entitlement.scopes.map(({ id }) => id),
      because: [...new Set([...entitlement.roles, ...entitlement.scopes].flatMap(({ because }) => because))],
      ...(account && { account: account.externalId }),
      ...(request && { request: request.requestId }),
    },
    personal: { address: login.address, userAgent: login.userAgent, ...(to !== undefined && { to }) },
  });
  return {
    ...state,
    stage: 'record',
    events: [...events, event],
    exit: issued.answer,
  };
}

/** What the request itself rules out is an answer of its protocol, not a fault of ours. */
async function attempt(
  state: StateAt<'issue'>,
  request: LoginRequest | undefined,
  deps: LoginDeps,
  issue: () => Promise<Issued>,
): Promise<Issued | StateAt<'record'>> {
  try {
    return await issue();
  } catch (error) {
    if (!(error instanceof VestibuleError)) throw error;
    if (error.code === 'issuing.request_gone') {
      return turnAway({ ...state, login: { ...state.login, request: 'over' } }, 'issue', REQUEST_OVER);
    }
    if (error.code !== 'issuing.authn_context_not_met' || !request) throw error;
    const { code, status, publicMessage: reason } = error;
    const refused = turnAway(state, 'issue', { status, code, reason, next: [], retry: false });
    return { ...refused, exit: await refuseRequest(request, 'authn-context', deps) };
  }
}

const SESSION_OVER = {
  ...{ status: 403, code: 'login.session_over', retry: true },
  reason: 'Your session was ended while you were on the way, so nothing was opened.',
  next: ['Sign in again.'],
} as const;
