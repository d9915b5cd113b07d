import { accessEvents } from '../access-log/index.ts';
import type { Received, Upstream } from '../federation/index.ts';
import type { Attempt } from './attempt-cookie.ts';
import { LoginFailed } from './begin.ts';
import type { LoginDeps } from './deps.ts';
import { LoginError } from './errors.ts';
import { runPipeline } from './pipeline.ts';
import { recordExit, recordFault } from './record-fault.ts';
import type { Login, StateAt } from './state.ts';
import { isBound, newLoginId, type Transaction, type UsedUp } from './transaction.ts';
import { waitingRequest } from './waiting-request.ts';

/** What a browser brings to the end of an attempt. */
export type Returning = {
  readonly upstream: Upstream;
  readonly received: Received;
  /** The one-time handle, when the answer was parked after a cross-site POST. */
  readonly parked?: string;
  /** What the browser kept of the attempt that is answered. */
  readonly attempt: Attempt | undefined;
  readonly formerToken: string | undefined;
  readonly browser: string | undefined;
  readonly address: string;
  readonly userAgent: string;
};

export type Completed =
  | { readonly outcome: 'recorded'; readonly transaction: Transaction; readonly state: StateAt<'record'> }
  /** The silent try found no session upstream: the person has to see the sign-in page. */
  | { readonly outcome: 'ask-visibly'; readonly transaction: Transaction }
  /** The upstream cannot do what the relying party merely wished for: any way of signing in will do. */
  | { readonly outcome: 'ask-plainly'; readonly transaction: Transaction }
  /** The attempt is over: a reload, the back button, a second tab. */
  | { readonly outcome: 'used-up'; readonly former: UsedUp }
  /** This browser started it, and we no longer know it: too late, or restarted in between. */
  | { readonly outcome: 'forgotten'; readonly attempt: Attempt };

/**
 * Joins an upstream's answer with the attempt it answers and the browser that started it, then runs the pipeline.
 * A wrong browser or connection spends nothing (R2.2, R2.4).
 *
 * @throws LoginError, LoginFailed.
 */
export async function completeLogin(returning: Returning, deps: LoginDeps): Promise<Completed> {
  const { upstream, received } = returning;
  const { transactions } = deps;
  const transaction = await transactions.peek(received.correlation);
  if (!transaction) return withoutTransaction(returning, deps);
  if (transaction.connection !== upstream.id)
    throw new LoginError('login.unknown_transaction', 'another connection');
  if (!isBound(transaction, returning.attempt?.secret)) {
    // Once for an attempt: whoever began it could have the log filled by any number of strangers.
    if (await transactions.isFirstStray(received.correlation))
      await recordRefusal(transaction, 'login.other_browser', returning, deps);
    throw new LoginFailed(transaction.id, transaction.destination, new LoginError('login.other_browser'));
  }
  if (returning.parked !== undefined && !(await transactions.takeParked(returning.parked))) {
    return { outcome: 'used-up', former: transaction };
  }
  const taken = await transactions.take(received.correlation);
  if (!taken) return { outcome: 'used-up', former: transaction };
  return finish(taken, returning, deps);
}

async function withoutTransaction(returning: Returning, deps: LoginDeps): Promise<Completed> {
  const used = await deps.transactions.usedUp(returning.received.correlation);
  if (used) {
    // The exit of the attempt itself is recorded; of any number of repetitions one is.
    if (!used.again) await recordRepetition(used, returning, deps);
    return { outcome: 'used-up', former: used };
  }
  if (returning.attempt) return { outcome: 'forgotten', attempt: returning.attempt };
  throw new LoginError('login.unknown_transaction');
}

/** A fault before the attempt was known: the browser's own note says where it led. */
export async function failWithoutTransaction(
  error: unknown,
  { upstream, attempt, address, userAgent }: Returning,
  deps: LoginDeps,
): Promise<LoginFailed> {
  const id = newLoginId();
  // The note is unchecked, so it is good for a link but not for the log.
  const login = { id, destination: {}, address, userAgent };
  await recordFault(error, { login, stage: 'callback', connection: upstream.id }, deps);
  return new LoginFailed(id, attempt?.destination ?? {}, error);
}

async function finish(transaction: Transaction, returning: Returning, deps: LoginDeps): Promise<Completed> {
  const request = await waitingRequest(transaction.destination, deps);
  const login: Login = {
    id: transaction.id,
    destination: transaction.destination,
    address: returning.address,
    userAgent: returning.userAgent,
    ...(request && { request }),
  };
  const result = await returning.upstream
    .finish(returning.received, transaction.pending)
    .catch(async (error) => {
      await recordFault(error, { login, stage: 'callback', connection: transaction.connection }, deps);
      throw new LoginFailed(transaction.id, transaction.destination, error);
    });
  if (result.outcome === 'refused') {
    if (transaction.silent && result.code === 'federation.login_required')
      return { outcome: 'ask-visibly', transaction };
    const isContext = result.code === 'federation.context_refused';
    const wished = request && request !== 'over' ? request.context : undefined;
    if (isContext && wished?.essential === false) return { outcome: 'ask-plainly', transaction };
    const { publicMessage, code } = result;
    deps.log.info('upstream refused a sign-in', {
      login: login.id,
      connection: transaction.connection,
      code,
    });
    await recordRefusal(transaction, code, returning, deps);
    const next = ['Start again, or choose another way to sign in.'];
    const exit = {
      kind: 'refused',
      status: 403,
      code,
      reason: publicMessage,
      next,
      retry: true,
      refusal: isContext ? 'authn-context' : 'login-required',
    } as const;
    return { outcome: 'recorded', transaction, state: { stage: 'record', login, events: [], exit } };
  }
  const { formerToken, browser } = returning;
  try {
    const start = {
      stage: 'identity',
      login,
      identity: result.identity,
      events: [],
      formerToken,
      browser,
    } as const;
    return { outcome: 'recorded', transaction, state: await runPipeline(start, deps) };
  } catch (error) {
    throw new LoginFailed(transaction.id, transaction.destination, error);
  }
}

async function recordRefusal(
  transaction: Known,
  code: string,
  returning: Returning,
  deps: LoginDeps,
): Promise<void> {
  const facts = { stage: 'callback' } as const;
  await recordExit(accessEvents.loginRefused({ ...about(transaction, code, returning), facts }), deps);
}

async function recordRepetition(used: UsedUp, returning: Returning, deps: LoginDeps): Promise<void> {
  const transaction = { ...used, connection: returning.upstream.id };
  await recordRefusal(transaction, 'login.already_used', returning, deps);
}

type Known = Pick<Transaction, 'id' | 'connection' | 'destination'>;

function about(transaction: Known, code: string, { address, userAgent }: Returning) {
  const { relyingParty } = transaction.destination;
  return {
    thread: transaction.id,
    code,
    connection: transaction.connection,
    ...(relyingParty !== undefined && { relyingParty }),
    personal: { address, userAgent },
  };
}
