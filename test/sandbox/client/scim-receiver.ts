import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = { readonly method: string; readonly path: string; readonly body: unknown };

/** A SCIM server just big enough to see what is pushed. It knows ids by userName and displayName. */
export interface ScimReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  readonly tokens: number;
  /** The present token is refused from now on. */
  expireToken(): void;
  /** Requests are answered with this status until it is undefined again. */
  failWith(status: number | undefined): void;
  clear(): void;
}

export async function startScimReceiver(): Promise<ScimReceiver> {
  let received: Received[] = [];
  let tokens = 0;
  let failure: number | undefined;
  const ids = new Map<string, string>();
  const answer = (
    method: string,
    path: string,
    body: Record<string, unknown> | undefined,
  ): [number, unknown] => {
    if (failure !== undefined) return [failure, {}];
    const filter = /eq "([^"]*)"/.exec(decodeURIComponent(path))?.[1];
    const found = ids.get(filter ?? '');
    if (method === 'GET') return [200, { Resources: found === undefined ? [] : [{ id: found }] }];
    if (method !== 'POST') return [method === 'DELETE' ? 204 : 200, {}];
    const name = String(body?.['userName'] ?? body?.['displayName']);
    if (ids.has(name)) return [409, {}];
    ids.set(name, `id-${name}`);
    return [201, { id: `id-${name}` }];
  };
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    req.on('end', () => {
      const send = (status: number, body: unknown): void => {
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (req.url === '/token') {
        tokens += 1;
        send(200, { access_token: `token-${tokens}` });
      } else if (req.headers.authorization !== `Bearer token-${tokens}`) {
        send(401, {});
      } else {
        const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
        const path = req.url ?? '';
        received.push({ method: req.method ?? '', path, body });
        send(...answer(req.method ?? '', path, body));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://scim.localhost:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    get tokens() {
      return tokens;
    },
    expireToken: () => {
      tokens += 1;
    },
    failWith: (status) => {
      failure = status;
    },
    clear: () => {
      received = [];
      ids.clear();
      failure = undefined;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
