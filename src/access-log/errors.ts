import { Unavailable, VestibuleError } from '../base/index.ts';

/** Codes of this room; docs/errors.md explains each. */
export type AccessLogCode =
  | 'access_log.unavailable'
  | 'access_log.busy'
  | 'access_log.stopped'
  | 'access_log.invalid_event'
  | 'access_log.history_changed';

/**
 * The event is not durable, so the answer that it describes must not leave (R6.4). `detail` holds the event's
 * id, under which the local spool and the operator's log know it.
 */
export function unavailable(fields: { readonly detail: string; readonly cause?: unknown }): Unavailable {
  return new Unavailable({
    code: 'access_log.unavailable' satisfies AccessLogCode,
    system: 'database',
    publicMessage:
      'Sign-ins cannot be recorded right now, so none are let through. Please try again shortly.',
    retryAfterSeconds: 5,
    ...fields,
  });
}

/** Back-pressure: the queue is full, nothing was accepted. */
export function busy(queued: number): Unavailable {
  return new Unavailable({
    code: 'access_log.busy' satisfies AccessLogCode,
    system: 'database',
    publicMessage: 'There are more sign-ins than can be recorded right now. Please try again in a moment.',
    detail: `${queued} events wait for the database`,
    retryAfterSeconds: 1,
  });
}

/** `append` after `stop`. */
export function stopped(): Unavailable {
  return new Unavailable({
    code: 'access_log.stopped' satisfies AccessLogCode,
    system: 'access-log',
    publicMessage: 'This server is shutting down. Please try again.',
    retryAfterSeconds: 1,
  });
}

/** A programming fault: the caller built an event that the log cannot hold. `detail` names the field only. */
export class InvalidEvent extends VestibuleError {
  override readonly name = 'InvalidEvent';

  constructor(detail: string, cause?: unknown) {
    super({
      code: 'access_log.invalid_event' satisfies AccessLogCode,
      status: 500,
      publicMessage: 'Something went wrong on our side.',
      detail,
      cause,
    });
  }
}

/** The stored chain no longer agrees with our own last signed checkpoint: somebody changed history. */
export class HistoryChanged extends VestibuleError {
  override readonly name = 'HistoryChanged';

  constructor(seq: number) {
    super({
      code: 'access_log.history_changed' satisfies AccessLogCode,
      status: 500,
      publicMessage: 'Something went wrong on our side.',
      detail: `the stored chain differs from the checkpoint at ${seq}; no further checkpoint is signed until it is looked into`,
    });
  }
}
