/** What a handler decides; the pipeline adds headers. */
export type Answer = { readonly status: number; readonly body?: unknown };

export const DOCUMENTS = 'https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes';

/** V3 wraps results. */
export function ok(data: unknown, meta: object = {}): Answer {
  return { status: 200, body: { data, meta } };
}

/** V2 and a few V3 calls answer bare. */
export function bare(body: unknown): Answer {
  return { status: 200, body };
}

export const NO_CONTENT: Answer = { status: 204 };

export type FieldErrors = Readonly<Record<string, string>>;

export function problem(status: number, title: string, errors: FieldErrors = {}): Answer {
  return { status, body: { status, title, type: DOCUMENTS, errors } };
}

export function invalidJson(errors: FieldErrors): Answer {
  return problem(422, 'JSON data is missing or invalid', errors);
}

export function tooLarge(most: number): Answer {
  return problem(
    413,
    `The request payload is too large. The maximum number of items allowed in the array is ${most}.`,
  );
}

export const NOT_FOUND: Answer = {
  status: 404,
  body: { status: 404, title: 'The resource at that URL is not found.', type: DOCUMENTS },
};

/** V2 answers errors as a list. */
export function v2Problem(status: number, message: string): Answer {
  return { status, body: [{ status, message }] };
}

/** Dates as the API writes them: whole seconds, UTC. */
export function timestamp(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}
