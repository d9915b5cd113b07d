import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';

/** Says which process takes a request; the default deals them out in turn, whoever the browser is. */
export type Choose = (path: string, turn: number) => number;

/**
 * The operator's load balancer, without sticky sessions. A process that refuses the connection is skipped; one
 * that dies over a request costs that request, because nobody knows how far it got.
 */
export type Balancer = AsyncDisposable & {
  readonly port: number;
  choose: Choose | undefined;
  /** Which process served what, oldest first: `1 GET /login`. */
  readonly served: string[];
};

/** The balancer's own words, never the broker's. */
export const NOBODY = 'balancer: no process answered';

export async function startBalancer(port: number, backends: readonly number[]): Promise<Balancer> {
  let turn = 0;
  const served: string[] = [];
  const balancer: { choose: Choose | undefined } = { choose: undefined };
  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const first = balancer.choose?.(path, turn) ?? turn % backends.length;
    turn += 1;
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('error', () => res.destroy());
    req.on('end', () => {
      forward({ req, res, body: Buffer.concat(parts), backends, served }, first, backends.length);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return Object.assign(balancer, {
    port,
    served,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  });
}

type Forwarding = {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: Buffer;
  readonly backends: readonly number[];
  readonly served: string[];
};

function forward(work: Forwarding, index: number, left: number): void {
  const { req, res, body, backends, served } = work;
  const place = index % backends.length;
  const upstream = request(
    {
      ...{ host: '127.0.0.1', port: backends[place], method: req.method, path: req.url },
      headers: req.headers,
      agent: false,
    },
    (answer) => {
      served.push(`${place} ${req.method} ${req.url?.split('?')[0]}`);
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      pipeline(answer, res, () => undefined);
    },
  );
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' && left > 1) return forward(work, index + 1, left - 1);
    if (res.headersSent) return res.destroy();
    res.writeHead(502, { 'content-type': 'text/plain' }).end(NOBODY);
  });
  upstream.end(body);
}
