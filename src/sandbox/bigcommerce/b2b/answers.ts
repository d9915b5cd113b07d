import type { Store } from '../store.ts';

/** What a handler decides; the envelope is made from it. */
export type Answer = {
  readonly status: number;
  readonly message: string;
  readonly data: unknown;
  readonly pagination?: Pagination;
  /** Sent in place of the envelope: some calls answer in another shape, or with no body at all. */
  readonly bare?: unknown;
};
export type Pagination = { readonly totalCount: number; readonly limit: number; readonly offset: number };

/** The documents write the word differently from one endpoint to the next. */
export type SuccessWord = 'SUCCESS' | 'Success' | 'success';

export function ok(data: unknown, message: SuccessWord = 'SUCCESS'): Answer {
  return { status: 200, message, data };
}

/** Fields with their complaints; keys as in bodies. */
export type FieldErrors = Readonly<Record<string, unknown>>;

/** Something is wrong with single fields. */
export function parameterError(store: Store, errors: FieldErrors): Answer {
  return { status: 422, message: 'Parameter Error', data: { errMsg: named(store, errors) } };
}

/** Each field is right, and all the same it cannot be done. */
export function logicalError(errMsg: string): Answer {
  return { status: 422, message: 'Processing data contains logical errors', data: { errMsg } };
}

export function notFound(errMsg: string): Answer {
  return { status: 404, message: 'Not Found Error', data: { errMsg } };
}

export const USER_NOT_FOUND: Answer = notFound('User matching query does not exist.');
export const COMPANY_NOT_FOUND: Answer = { status: 404, message: 'This resource is not found.', data: {} };
export const ID_NOT_FOUND: Answer = {
  status: 404,
  message: 'The ID provided does not match an available resource of the appropriate type.',
  data: {},
};
export const TOO_LARGE: Answer = {
  status: 413,
  message: 'Request Entity Too Large',
  data: { errMsg: 'Add up to ten data at a time' },
};
export const TOO_MANY: Answer = { status: 429, message: 'Too Many Requests', data: {} };
export const BAD_JSON: Answer = { status: 400, message: 'Bad Request', data: {} };

/** The calls about hierarchies complain in a shape of their own. */
export function hierarchyError(status: 400 | 404, problem: string): Answer {
  const bare = { status, title: 'Parameter Error.', errors: { '1': problem } };
  return { status, message: '', data: {}, bare };
}

export function bodyOf({ status, message, data, pagination, bare }: Answer): unknown {
  return bare ?? { code: status, data, meta: { message, ...(pagination && { pagination }) } };
}

/** Errors have been seen with the names that the server uses inside. */
export function named(store: Store, errors: FieldErrors): FieldErrors {
  if (store.turned().b2bErrorFields === 'camel') return errors;
  return Object.fromEntries(
    Object.entries(errors).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** Unix seconds. */
export function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
