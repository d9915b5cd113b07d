import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import { addMs, earliest, type IdentityId } from '../../base/index.ts';
import type { Identity, IdentityFacts, Person } from '../../model/index.ts';
import type { Session } from '../../session/index.ts';
import type { LoginDeps } from '../deps.ts';
import { deviceName } from '../device-name.ts';
import type { Login, State, StateAt } from '../state.ts';

/**
 * directory: match or create the person; session: open a new one under a new id, after the one that the browser
 * held before is over (R1.5).
 */
export async function identityStage(state: StateAt<'identity'>, deps: LoginDeps): Promise<State> {
  const { login, identity } = state;
  const match = await deps.directory.signIn(identity, login.id);
  if (match.outcome === 'refused') {
    const ended = await endFormer(state.formerToken, undefined, login, deps);
    return refuse(state, match.code, ended);
  }
  const { person, identityId } = match;
  const identified = describeIdentity(state, person, identityId, match.created ? 'created' : 'known');
  const ended = await endFormer(state.formerToken, person, login, deps);
  if (person.status === 'disabled') {
    return refuse(state, 'policy.person_disabled', [...ended, identified], person);
  }
  const opened = await openSession(identity, person, identityId, login, deps);
  return {
    stage: 'decide',
    login,
    opened,
    events: [...state.events, ...ended, identified, describeOpening(opened.session, login)],
    signedIn: { session: opened.session, person, identity: factsOf(identityId, identity) },
  };
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
 * else may sit there now. Claims are never merged (R1.5).
 */
async function endFormer(
  token: string | undefined,
  person: Person | undefined,
  login: Login,
  deps: LoginDeps,
): Promise<NewAccessEvent[]> {
  const former = token === undefined ? undefined : await deps.sessions.find(token);
  if (!former) return [];
  const isOther = former.personId !== person?.id;
  const ended = await deps.sessions.end(former.personId, former.id, isOther ? 'person-changed' : 'replaced');
  if (!ended) return [];
  return [
    accessEvents.sessionEnded({
      thread: login.id,
      personId: former.personId,
      session: former.id,
      facts: {
        reason: isOther ? 'other person' : 'logout',
        by: isOther ? 'another person signed in' : 'a newer sign-in',
        relyingParties: ended.entered,
      },
    }),
  ];
}

async function openSession(
  identity: Identity,
  person: Person,
  identityId: IdentityId,
  login: Login,
  deps: LoginDeps,
): Promise<{ session: Session; token: string }> {
  const limit = addMs(deps.clock.now(), deps.settings.sessionLifetimeMs);
  return deps.sessions.open({
    personId: person.id,
    identityId,
    connection: identity.connection,
    issuer: identity.issuer,
    ends: earliest(limit, identity.sessionEnd) ?? limit,
    authTime: identity.authTime,
    confirmedAt: identity.verifiedAt,
    ...(identity.authnContext !== undefined && { authnContext: identity.authnContext }),
    amr: identity.amr,
    device: deviceName(login.userAgent),
    upstreamSession: identity.upstreamSession,
  });
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

function describeOpening(session: Session, login: Login): NewAccessEvent {
  return accessEvents.sessionOpened({
    thread: login.id,
    personId: session.personId,
    connection: session.connection,
    session: session.id,
    facts: { authTime: session.authTime.toISOString(), ends: session.ends.toISOString(), amr: session.amr },
    personal: { address: login.address, userAgent: login.userAgent },
  });
}
