import type { App, Token, User } from '../model.ts';
import type { Iconik } from '../server.ts';

/** Who calls: a token of an application, acting as a user. */
export type Caller = { readonly user: User; readonly app: App; readonly token: Token };

/** One call that may go ahead. */
export type ApiCall = {
  readonly iconik: Iconik;
  readonly caller: Caller;
  /** Below `/API`, without query: `/users/v1/users/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON; text of a body that is XML; undefined without a body. */
  readonly body: unknown;
  readonly isXml: boolean;
};

/** What a handler decides; the pipeline adds headers. */
export type Answer = { readonly status: number; readonly body?: unknown };
export type Handler = (call: ApiCall) => Answer | Promise<Answer>;

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/API`. */
  readonly path: string;
  /** The caller needs all of these. */
  readonly roles: readonly string[];
  readonly handler: Handler;
  /** Only in domains of this kind; 404 in others. */
  readonly model?: 'groups' | 'teams';
};

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const NO_CONTENT: Answer = { status: 204 };

/** Errors without a field. */
export const errors = (status: number, ...texts: readonly string[]): Answer => ({
  status,
  body: { errors: texts },
});
export const notFound = (what: string): Answer => errors(404, `${what} does not exist`);
export const FORBIDDEN: Answer = errors(403, 'Permission denied');

/** Errors by field, or as a list: both shapes are documented. */
export function invalid({ switches }: Iconik, fields: Readonly<Record<string, string>>): Answer {
  return switches.positions.validationErrors === 'by-field'
    ? { status: 400, body: { errors: fields } }
    : errors(400, ...Object.entries(fields).map(([field, text]) => `${field}: ${text}`));
}
