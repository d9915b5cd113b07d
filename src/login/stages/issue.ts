import { accessEvents } from '../../access-log/index.ts';
import { VestibuleError } from '../../base/index.ts';
import type { LoginDeps } from '../deps.ts';
import type { State, StateAt } from '../state.ts';

/** The artefact is made last, when nothing else can fail but the record of it. */
export async function issueStage(state: StateAt<'issue'>, deps: LoginDeps): Promise<State> {
  const { login, signedIn, relyingParty, entitlement, account, events } = state;
  // R3.1: making the account took its time; past an edge the decision is computed again.
  if (entitlement.ends && deps.clock.now() >= entitlement.ends) {
    return { ...state, stage: 'decide' };
  }
  const issuer = deps.issuerOf(relyingParty.kind);
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
  const issued = await issuer.issue({
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
  });
  // The session may have been ended since this run read it: by another tab, by an administrator (R3.5).
  if (!(await deps.sessions.enter(signedIn.session, relyingParty.id, issued.party)))
    return sessionOver(state);

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

function sessionOver(state: StateAt<'issue'>): StateAt<'record'> {
  const { login, signedIn, relyingParty } = state;
  const code = 'login.session_over';
  const event = accessEvents.loginRefused({
    thread: login.id,
    code,
    personId: signedIn.person.id,
    connection: signedIn.session.connection,
    relyingParty: relyingParty.id,
    session: signedIn.session.id,
    facts: { stage: 'issue' },
    personal: { address: login.address, userAgent: login.userAgent },
  });
  return {
    ...state,
    stage: 'record',
    events: [...state.events, event],
    exit: {
      ...{ kind: 'refused', status: 403, code, retry: true },
      reason: 'Your session was ended while you were on the way, so nothing was opened.',
      next: ['Sign in again.'],
    },
  };
}
