import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE, SECOND, VestibuleError } from '../../base/index.ts';
import type { Log } from '../log/index.ts';

export type RunningServer = AsyncDisposable & { readonly port: number };

export type ListenOptions = {
  readonly handler: RequestListener;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** How long requests in flight may take to end after a stop. */
  readonly graceMs?: number;
  /** How long a connection may be held on which nothing moves. */
  readonly stalledMs?: number;
};

/** More than any answer takes that is being worked on. */
const STALLED_MS = 2 * MINUTE;

/**
 * Listens until disposed. Disposing refuses new connections, lets answers in flight finish, then cuts what is left.
 *
 * @throws VestibuleError `http.cannot_listen` with what to do, when the port is taken or forbidden.
 */
export async function listen(options: ListenOptions): Promise<RunningServer> {
  const limits = {
    ...{ headersTimeout: 10 * SECOND, requestTimeout: 30 * SECOND },
    // Within which both are noticed.
    connectionsCheckingInterval: 5 * SECOND,
  };
  const server = createServer(limits, options.handler);
  server.keepAliveTimeout = 5 * SECOND;
  // Whoever asks and never reads would otherwise hold connection and answer for ever.
  server.setTimeout(options.stalledMs ?? STALLED_MS);
  server.maxRequestsPerSocket = 1_000;
  await start(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: () => stop(server, options.graceMs ?? 10 * SECOND),
  };
}

function start(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'it is in use; stop the other program or choose another port'
          : error.code;
      reject(
        new VestibuleError({
          code: 'http.cannot_listen',
          status: 500,
          publicMessage: 'The server cannot start.',
          detail: `port ${port} on ${host}: ${why}`,
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
