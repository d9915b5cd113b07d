import { accessEvents } from '../access-log/index.ts';
import { type LoginId, Unavailable, VestibuleError } from '../base/index.ts';
import type { LoginDeps } from './deps.ts';
import { decideStage } from './stages/decide.ts';
import { identityStage } from './stages/identity.ts';
import { issueStage } from './stages/issue.ts';
import { provisionStage } from './stages/provision.ts';
import type { Opened, Stage, State, StateAt } from './state.ts';

/** The stages of a sign-in, in order. Each takes what the one before found out; `record` is the only way out. */
const STAGES: {
  readonly [S in Exclude<Stage, 'record'>]: (state: StateAt<S>, deps: LoginDeps) => Promise<State>;
} = {
  identity: identityStage,
  decide: decideStage,
  provision: provisionStage,
  issue: issueStage,
};

/**
 * Runs a sign-in to its exit and records every event of it, before the answer may leave (DESIGN §1.7). A fault at
 * any stage is recorded too, then thrown.
 *
 * @throws Unavailable `access_log.unavailable` when nothing could be recorded: the sign-in is refused then, and a
 *   session that it opened is over again.
 */
export async function runPipeline(start: State, deps: LoginDeps): Promise<StateAt<'record'>> {
  let state = start;
  try {
    while (state.stage !== 'record') state = await step(state, deps);
  } catch (error) {
    await record(withFailure(state, error), deps);
    // The answer is an error page without a cookie, so nobody will use the session that this run opened.
    if (state.opened) await endUnused(state.opened, state.login.id, deps);
    throw error;
  }
  await record(state, deps);
  return state;
}

function step(state: Exclude<State, StateAt<'record'>>, deps: LoginDeps): Promise<State> {
  switch (state.stage) {
    case 'identity':
      return STAGES.identity(state, deps);
    case 'decide':
      return STAGES.decide(state, deps);
    case 'provision':
      return STAGES.provision(state, deps);
    case 'issue':
      return STAGES.issue(state, deps);
    default:
      return state satisfies never;
  }
}

/** Events of one sign-in are handed over together and share one commit. */
async function record(state: Pick<State, 'events' | 'opened' | 'login'>, deps: LoginDeps): Promise<void> {
  try {
    await Promise.all(state.events.map((event) => deps.accessLog.append(event)));
  } catch (error) {
    if (state.opened) await endUnused(state.opened, state.login.id, deps);
    throw error;
  }
}

async function endUnused({ session, isRenewed }: Opened, thread: LoginId, deps: LoginDeps): Promise<void> {
  const { personId, id } = session;
  const ending = isRenewed
    ? deps.logout.endSession({ personId, id }, { by: 'end', reason: 'replaced', thread })
    : deps.sessions.end(personId, id, 'replaced');
  // This only tidies up; the fault that matters is already on its way.
  await ending.catch((error: unknown) => {
    deps.log.warn('unused session could not be ended', { session: id, error });
  });
}

function withFailure(state: State, error: unknown): Pick<State, 'events' | 'opened' | 'login'> {
  const signedIn = 'signedIn' in state ? state.signedIn : undefined;
  const relyingParty = 'relyingParty' in state ? state.relyingParty : undefined;
  const { login } = state;
  const event = accessEvents.loginFailed({
    thread: login.id,
    code: error instanceof VestibuleError ? error.code : 'http.internal',
    ...(signedIn && { personId: signedIn.person.id, session: signedIn.session.id }),
    ...(state.stage === 'identity' && { connection: state.identity.connection }),
    ...(relyingParty && { relyingParty: relyingParty.id }),
    facts: {
      stage: state.stage === 'record' ? 'issue' : state.stage,
      ...(error instanceof Unavailable && { system: error.system, retryable: true }),
    },
    personal: { address: login.address, userAgent: login.userAgent },
  });
  return { login, events: [...state.events, event], ...(state.opened && { opened: state.opened }) };
}
