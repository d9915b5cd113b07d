/** Where a URL came from; decides which addresses it may reach (R8.1). */
export type UrlTrust =
  /** Named in the configuration file: private addresses are allowed, link-local never. */
  | 'configured'
  /** From the API, console, metadata or a client: public addresses only, unless listed in `outbound.allow`. */
  | 'foreign';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Configured id of the other side, for errors and metrics: `otds`, `bc-emea`. */
  readonly system: string;
  /** Default `configured`. */
  readonly trust?: UrlTrust;
  /** Whole exchange, body included. Default 10 s. */
  readonly timeoutMs?: number;
  /** Largest answer that is read. Default 1 MiB. */
  readonly maxBytes?: number;
};

export type HttpResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * The one way out (R8.1): maps `*.localhost` to loopback when allowed, checks every resolved address at
 * connect time, follows no redirect, bounds time and size. Any HTTP status is a value.
 *
 * @throws HttpUnavailable when there is no complete answer.
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The same guard for libraries that want a `fetch`. */
  fetchFor(system: string, trust?: UrlTrust): typeof globalThis.fetch;
}
