import type { ApiAccount } from '../model.ts';
import type { Store } from '../store.ts';
import type { Answer } from './answers.ts';

/** One authenticated call. */
export type ApiCall = {
  readonly store: Store;
  readonly account: ApiAccount;
  /** Raw query string without `?`. */
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined;
  /** `http://…:port` for another host of this sandbox. */
  origin(host: string): string;
};

export type Handler = (call: ApiCall) => Answer;

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/stores/{hash}`. */
  readonly path: string;
  /** Any of these opens it. */
  readonly scopes: readonly string[];
  readonly handler: Handler;
  /** Most calls at the same time, where documented. */
  readonly concurrent?: number;
};
