import { accessEvents } from '../access-log/index.ts';
import { VestibuleError } from '../base/index.ts';
import type { Received, Upstream } from '../federation/index.ts';
import { LoginFailed } from './begin.ts';
import type { LoginDeps } from './deps.ts';
import { LoginError } from './errors.ts';
import { runPipeline } from './pipeline.ts';
import type { Login, StateAt } from './state.ts';
import { bindingCookie, type Destination, isBound, type Transaction } from './transaction.ts';

/** What a browser brings to the end of an attempt. */
export type Returning = {
  readonly upstream: Upstream;
  readonly received: Received;
  /** The one-time handle, when the answer was parked after a cross-site POST. */
  readonly parked?: string;
  readonly cookie: (name: string) => string | undefined;
  readonly formerToken: string | undefined;
  readonly address: string;
  readonly userAgent: string;
};

export type Completed =
  | { readonly outcome: 'recorded'; readonly transaction: Transaction; readonly state: StateAt<'record'> }
  /** The silent try found no session upstream: the person has to see the sign-in page. */
  | { readonly outcome: 'ask-visibly'; readonly transaction: Transaction }
  /** The attempt is over: reload, back button, or too late. `destination` is known if it was finished here. */
  | { readonly outcome: 'used-up'; readonly destination: Destination };

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
  if (!transaction) {
    const destination = await transactions.destinationOf(received.correlation);
    if (destination) return { outcome: 'used-up', destination };
    throw new LoginError('login.unknown_transaction');
  }
  if (transaction.connection !== upstream.id)
    throw new LoginError('login.unknown_transaction', 'another connection');
  if (!isBound(transaction, returning.cookie(bindingCookie(transaction.id)))) {
    await recordRefusal(transaction, 'login.other_browser', returning, deps);
    throw new LoginFailed(transaction.id, transaction.destination, new LoginError('login.other_browser'));
  }
  if (returning.parked !== undefined && !(await transactions.takeParked(returning.parked))) {
    return { outcome: 'used-up', destination: transaction.destination };
  }
  const taken = await transactions.take(received.correlation);
  if (!taken) return { outcome: 'used-up', destination: transaction.destination };
  return finish(taken, returning, deps);
}

async function finish(transaction: Transaction, returning: Returning, deps: LoginDeps): Promise<Completed> {
  const login: Login = {
    id: transaction.id,
    destination: transaction.destination,
    address: returning.address,
    userAgent: returning.userAgent,
  };
  const result = await returning.upstream
    .finish(returning.received, transaction.pending)
    .catch(async (error) => {
      await recordFailure(transaction, error, returning, deps);
      throw new LoginFailed(transaction.id, transaction.destination, error);
    });
  if (result.outcome === 'refused') {
    if (transaction.silent && result.code === 'federation.login_required')
      return { outcome: 'ask-visibly', transaction };
    const { publicMessage, code } = result;
    deps.log.info('upstream refused a sign-in', {
      login: login.id,
      connection: transaction.connection,
      code,
    });
    await recordRefusal(transaction, code, returning, deps);
    const next = ['Start again, or choose another way to sign in.'];
    const exit = { kind: 'refused', status: 403, code, reason: publicMessage, next, retry: true } as const;
    return { outcome: 'recorded', transaction, state: { stage: 'record', login, events: [], exit } };
  }
  const { formerToken } = returning;
  try {
    const start = { stage: 'identity', login, identity: result.identity, events: [], formerToken } as const;
    return { outcome: 'recorded', transaction, state: await runPipeline(start, deps) };
  } catch (error) {
    throw new LoginFailed(transaction.id, transaction.destination, error);
  }
}

async function recordRefusal(
  transaction: Transaction,
  code: string,
  returning: Returning,
  deps: LoginDeps,
): Promise<void> {
  await deps.accessLog.append(
    accessEvents.loginRefused({ ...about(transaction, code, returning), facts: { stage: 'callback' } }),
  );
}

async function recordFailure(
  transaction: Transaction,
  error: unknown,
  returning: Returning,
  deps: LoginDeps,
): Promise<void> {
  const code = error instanceof VestibuleError ? error.code : 'http.internal';
  await deps.accessLog.append(
    accessEvents.loginFailed({
      ...about(transaction, code, returning),
      facts: { stage: 'callback', system: transaction.connection },
    }),
  );
}

function about(transaction: Transaction, code: string, { address, userAgent }: Returning) {
  const { relyingParty } = transaction.destination;
  return {
    thread: transaction.id,
    code,
    connection: transaction.connection,
    ...(relyingParty !== undefined && { relyingParty }),
    personal: { address, userAgent },
  };
}
