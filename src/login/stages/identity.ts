import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import { addMs, earliest, type IdentityId } from '../../base/index.ts';
import type { Identity, IdentityFacts, Person } from '../../model/index.ts';
import type { NewSession, Session, SessionEndReason } from '../../session/index.ts';
import type { LoginDeps } from '../deps.ts';
import { deviceName } from '../device-name.ts';
import type { Login, Opened, State, StateAt } from '../state.ts';

/**
 * directory: match or create the person; session: renew the one that the browser holds if it is theirs, else open a
 * new one, after the former is over (R1.5). The token changes in any case.
 */
export async function identityStage(state: StateAt<'identity'>, deps: LoginDeps): Promise<State> {
  const { login, identity, formerToken, browser } = state;
  const former = formerToken === undefined ? undefined : await deps.sessions.find(formerToken);
  const match = await deps.directory.signIn(identity, login.id);
  if (match.outcome === 'refused') {
    await endFormer(former, 'person-changed', login, deps);
    return refuse(state, match.code, []);
  }
  const { person, identityId } = match;
  const identified = describeIdentity(state, person, identityId, match.created ? 'created' : 'known');
  if (person.status === 'disabled') {
    await endFormer(
      former,
      former?.personId === person.id ? 'person-disabled' : 'person-changed',
      login,
      deps,
    );
    return refuse(state, 'policy.person_disabled', [identified], person);
  }
  const wanted = {
    ...newSession(identity, person, identityId, login, deps),
    ...(browser !== undefined && { browser }),
  };
  const opened = (await renewed(former, wanted, deps)) ?? (await openAnew(former, wanted, login, deps));
  return {
    stage: 'decide',
    login,
    opened,
    events: [...state.events, identified, describeSession(opened, login)],
    signedIn: { session: opened.session, person, identity: factsOf(identityId, identity) },
  };
}

/** Facts of one identity are never merged with those of another, not even of the same person (R1.5). */
async function renewed(
  former: Session | undefined,
  wanted: NewSession,
  deps: LoginDeps,
): Promise<Opened | undefined> {
  if (former?.personId !== wanted.personId || former.identityId !== wanted.identityId) return undefined;
  const renewal = await deps.sessions.renew(former, wanted);
  return renewal && { ...renewal, isRenewed: true };
}

async function openAnew(
  former: Session | undefined,
  wanted: NewSession,
  login: Login,
  deps: LoginDeps,
): Promise<Opened> {
  const reason = former?.personId === wanted.personId ? 'replaced' : 'person-changed';
  await endFormer(former, reason, login, deps);
  return { ...(await deps.sessions.open(wanted)), isRenewed: false };
}

function refuse(
  state: StateAt<'identity'>,
  code: 'directory.relink_needed' | 'directory.unknown_person' | 'policy.person_disabled',
  before: readonly NewAccessEvent[],
  person?: Person,
): StateAt<'record'> {
  const { login, identity } = state;
  const event = accessEvents.loginRefused({
    thread: login.id,
    code,
    connection: identity.connection,
    ...(person && { personId: person.id }),
    facts: { stage: 'identity' },
    personal: { address: login.address, userAgent: login.userAgent },
  });
  const events = [...state.events, ...before, event];
  return {
    stage: 'record',
    login,
    events,
    exit: { kind: 'refused', status: 403, code, ...WORDS[code], retry: false },
  };
}

const WORDS = {
  'directory.relink_needed': {
    reason:
      'Your name or mail address is already known here for another directory entry, so you were not signed in.',
    next: ['An administrator has been asked to look into it. Nothing is needed from you until they reply.'],
  },
  'directory.unknown_person': {
    reason: 'You proved who you are, but there is no entry for you here.',
    next: ['Ask your administrator to add you, then sign in again.'],
  },
  'policy.person_disabled': {
    reason: 'Your access has been switched off.',
    next: ['If you think this is a mistake, ask your administrator.'],
  },
} as const;

/**
 * The old session ends before the new one opens, and also when none is opened: whoever it belonged to, somebody
 * else may sit there now. Everything that hangs on it ends too, and relying parties are told (R1.5).
 */
async function endFormer(
  former: Session | undefined,
  reason: SessionEndReason,
  { id: thread, address, userAgent }: Login,
  deps: LoginDeps,
): Promise<void> {
  if (!former) return;
  const origin = { address, userAgent };
  await deps.logout.endSession(former, { by: 'person', reason, thread, origin });
}

function newSession(
  identity: Identity,
  person: Person,
  identityId: IdentityId,
  login: Login,
  deps: LoginDeps,
): NewSession {
  const limit = addMs(deps.clock.now(), deps.settings.sessionLifetimeMs);
  return {
    personId: person.id,
    identityId,
    connection: identity.connection,
    issuer: identity.issuer,
    ends: earliest(limit, identity.sessionEnd) ?? limit,
    authTime: identity.authTime,
    ...(identity.isUndated && { isUndated: identity.isUndated }),
    confirmedAt: identity.verifiedAt,
    ...(identity.authnContext !== undefined && { authnContext: identity.authnContext }),
    amr: identity.amr,
    device: deviceName(login.userAgent),
    upstreamSession: identity.upstreamSession,
  };
}

function factsOf(id: IdentityId, identity: Identity): IdentityFacts {
  return {
    id,
    connection: identity.connection,
    issuer: identity.issuer,
    authTime: identity.authTime,
    confirmedAt: identity.verifiedAt,
    ...(identity.authnContext !== undefined && { authnContext: identity.authnContext }),
    amr: identity.amr,
  };
}

function describeIdentity(
  { login, identity }: StateAt<'identity'>,
  person: Person,
  identityId: IdentityId,
  known: 'known' | 'created',
): NewAccessEvent {
  return accessEvents.loginIdentified({
    thread: login.id,
    personId: person.id,
    connection: identity.connection,
    facts: {
      issuer: identity.issuer,
      authTime: identity.authTime.toISOString(),
      amr: identity.amr,
      ...(identity.authnContext !== undefined && { authnContext: identity.authnContext }),
      person: known,
      identity: identityId,
    },
    personal: {
      address: login.address,
      userAgent: login.userAgent,
      subject: identity.subject,
      ...(identity.login !== undefined && { login: identity.login }),
      ...(identity.mail !== undefined && { mail: identity.mail }),
      ...(identity.displayName !== undefined && { displayName: identity.displayName }),
      groups: identity.groups,
    },
  });
}

function describeSession({ session, isRenewed }: Opened, login: Login): NewAccessEvent {
  const event = {
    thread: login.id,
    personId: session.personId,
    connection: session.connection,
    session: session.id,
    facts: { authTime: session.authTime.toISOString(), ends: session.ends.toISOString(), amr: session.amr },
    personal: { address: login.address, userAgent: login.userAgent },
  };
  return isRenewed ? accessEvents.sessionRenewed(event) : accessEvents.sessionOpened(event);
}
