import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Heard = {
  readonly path: string;
  readonly fields: URLSearchParams;
  readonly query: URLSearchParams;
};

/** An address of a relying party that only listens: what it was told, server to server. */
export type Listener = AsyncDisposable & {
  readonly heard: readonly Heard[];
  url(path: string): string;
};

export async function startListener(host: string): Promise<Listener> {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    heard.push({ path: pathname, fields: new URLSearchParams(body), query: searchParams });
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    heard,
    url: (path) => `http://${host}:${port}${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
