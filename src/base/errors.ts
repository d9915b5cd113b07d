/** What every fault carries. Three texts, never mixed: `code`, `publicMessage`, `detail`. */
export type ErrorFields = {
  /** Stable, dotted, documented in docs/errors.md: `login.state_mismatch`. */
  readonly code: string;
  /** HTTP status of the page or answer that reports it. */
  readonly status: number;
  /** Safe for the person in front of the browser: says what happened and what to do. */
  readonly publicMessage: string;
  /** For the operator's log. Never holds a secret, a token, an assertion or personal data. */
  readonly detail?: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
};

/**
 * Base of all faults. Expected outcomes (a denied sign-in, a missing account) are values, not errors.
 * A status of 500 or more shows only its reference id to the outside.
 */
export class VestibuleError extends Error {
  override readonly name: string = 'VestibuleError';
  readonly code: string;
  readonly status: number;
  readonly publicMessage: string;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(fields: ErrorFields) {
    super(
      fields.detail ? `${fields.code}: ${fields.detail}` : fields.code,
      fields.cause === undefined ? undefined : { cause: fields.cause },
    );
    this.code = fields.code;
    this.status = fields.status;
    this.publicMessage = fields.publicMessage;
    this.detail = fields.detail;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

/** Another system did not answer as it should: not our fault, worth another try later. */
export class Unavailable extends VestibuleError {
  override readonly name = 'Unavailable';
  /** The connection, target or dependency that is down, by its configured id: `bc-emea`, `database`. */
  readonly system: string;

  constructor(fields: Omit<ErrorFields, 'status'> & { readonly system: string; readonly status?: number }) {
    super({ status: 503, ...fields });
    this.system = fields.system;
  }
}

/** One thing wrong with a configuration: where it is and what to do about it. */
export type Problem = { readonly path: string; readonly message: string };

/** All problems of a configuration at once; the command line prints them and exits with 2. */
export class ConfigurationError extends VestibuleError {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super({
      code: 'config.invalid',
      status: 500,
      publicMessage: 'The configuration has problems.',
      detail: problems.map(({ path, message }) => `${path}: ${message}`).join('\n'),
    });
    this.problems = problems;
  }
}

/** No complete answer from another system over HTTP. */
export class HttpUnavailable extends Unavailable {
  /** False only when the request certainly never reached the other side; otherwise the reply may be lost (R5.3). */
  readonly maybeSent: boolean;

  constructor(fields: ConstructorParameters<typeof Unavailable>[0] & { readonly maybeSent: boolean }) {
    super(fields);
    this.maybeSent = fields.maybeSent;
  }
}
