import type { Item } from '../api/fields.ts';
import type { Store } from '../store.ts';
import type { Answer } from './answers.ts';

/** One authenticated call. */
export type Call = {
  readonly store: Store;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  /** The body where it is an object, else an empty one. */
  readonly item: Item;
  /** `http://…:port` for another host of this sandbox. */
  origin(host: string): string;
};

export type Handler = (call: Call) => Answer;

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v3/io`. */
  readonly path: string;
  readonly handler: Handler;
};
