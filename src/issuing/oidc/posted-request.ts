import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a request line of the way on can hold. */
const MOST_BYTES = 8 * 1024;

/**
 * OpenID Connect Core 3.1.2.1: an authorization request may be posted. It is sent on as a GET of the same site, which
 * then has its cookies; the post itself reads and sets none (R2.2).
 */
export async function sendOn(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  const isForm =
    req.headers['content-type']?.split(';', 1)[0]?.trim() === 'application/x-www-form-urlencoded';
  const body = isForm ? await read(req) : '';
  if (body === undefined) return end(res, 413);
  if (!isForm) return end(res, 415);
  res.setHeader('Location', `${path}?${new URLSearchParams(body)}`);
  end(res, 303);
}

async function read(req: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  // The answer still has to leave over the same socket.
  for await (const part of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MOST_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function end(res: ServerResponse, status: number): void {
  res.statusCode = status;
  res.end();
}
