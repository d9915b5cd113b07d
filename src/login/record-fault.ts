import { accessEvents, type LoginStage, type NewAccessEvent } from '../access-log/index.ts';
import { Unavailable, VestibuleError } from '../base/index.ts';
import type { LoginDeps } from './deps.ts';
import type { Login } from './state.ts';

/**
 * Records an exit that lets nobody in. A log that is away has spooled the event and must not hide the page's
 * reference behind an error of its own (R6.4): the answer is no in any case.
 */
export async function recordExit(
  event: NewAccessEvent,
  { accessLog, log }: Pick<LoginDeps, 'accessLog' | 'log'>,
): Promise<void> {
  await accessLog.append(event).catch((error: unknown) => {
    log.warn('a refused sign-in could not be recorded', { login: event.thread, error });
  });
}

/** A fault outside the pipeline, where nothing else records it (DESIGN §1.7). */
export async function recordFault(
  error: unknown,
  where: { readonly login: Login; readonly stage: LoginStage; readonly connection?: string },
  deps: Pick<LoginDeps, 'accessLog' | 'log'>,
): Promise<void> {
  const { login, stage, connection } = where;
  const { relyingParty } = login.destination;
  const system = error instanceof Unavailable ? error.system : connection;
  const event = accessEvents.loginFailed({
    thread: login.id,
    code: error instanceof VestibuleError ? error.code : 'http.internal',
    ...(connection !== undefined && { connection }),
    ...(relyingParty !== undefined && { relyingParty }),
    facts: {
      stage,
      ...(system !== undefined && { system }),
      ...(error instanceof Unavailable && { retryable: true }),
    },
    personal: { address: login.address, userAgent: login.userAgent },
  });
  await recordExit(event, deps);
}
