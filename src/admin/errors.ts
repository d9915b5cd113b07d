import { type Problem, VestibuleError } from '../base/index.ts';

const ERRORS = {
  'admin.token_missing': [401, 'Show an access token: Authorization: Bearer …'],
  'admin.token_invalid': [401, 'The access token is unknown, over, or bound to a key. Ask for a new one.'],
  'admin.scope_missing': [403, 'The access token does not have the scope that this needs.'],
  'admin.not_found': [404, 'There is nothing at this address.'],
  'admin.method_not_allowed': [405, 'This address does not know the method.'],
  'admin.malformed': [400, 'The body is not one JSON object, or is nested too deeply.'],
  'admin.query_invalid': [400, 'A query parameter cannot be used.'],
  'admin.media_type': [415, 'Send JSON, uncompressed; for PATCH a merge patch (RFC 7396).'],
  'admin.exists': [409, 'There is one with this id already.'],
  'admin.owned_by_file': [409, 'The configuration file owns this one; change it there.'],
  'admin.still_needed': [409, 'Others would not work any more; change them first.'],
  'admin.version_missing': [428, 'Say with If-Match which version you change: the ETag of what you read.'],
  'admin.version_mismatch': [412, 'It was changed since you read it. Read it again.'],
  'admin.invalid': [422, 'It does not fit; each problem says where and what to do.'],
  'admin.key_reused': [422, 'This Idempotency-Key came with another request.'],
  'admin.not_in_force': [
    503,
    'It is saved, and not in force here yet. That is tried again by itself; there is no need to repeat it.',
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type AdminErrorCode = keyof typeof ERRORS;

/** A request at the API that is refused. */
export class AdminError extends VestibuleError {
  override readonly name = 'AdminError';
  /** All that is wrong with what was sent, at once. */
  readonly problems: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: AdminErrorCode,
    more: {
      readonly problems?: readonly Problem[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    const [status, publicMessage] = ERRORS[code];
    super({ code, status, publicMessage, cause: more.cause });
    this.problems = more.problems ?? [];
    this.headers = more.headers ?? {};
  }
}
