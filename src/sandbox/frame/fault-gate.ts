import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Fault, RequestFacts } from './fault.ts';
import type { FaultBox } from './fault-box.ts';

export type Gate = {
  readonly handler: RequestListener;
  /** How this system refuses credentials that were revoked. */
  readonly refuseRevokedToken: RequestListener;
  readonly faults: FaultBox;
};

/** Carries out one request, or misbehaves as the fault says. */
export function passThrough(
  gate: Gate,
  fault: Fault | undefined,
  facts: RequestFacts,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const proceed = (): void => gate.handler(req, res);
  switch (fault?.kind) {
    case undefined:
      proceed();
      return;
    case 'slow':
      // A real server is slow in real time; tests use `hold` and never wait for this timer.
      setTimeout(proceed, fault.ms).unref();
      return;
    case 'status':
      sendStatus(res, fault);
      return;
    case 'rate-limited':
      sendRateLimited(res, fault);
      return;
    case 'html-503':
      sendHtml503(res);
      return;
    case 'revoked-token':
      gate.refuseRevokedToken(req, res);
      return;
    case 'refuse-connection':
      req.socket.destroy();
      return;
    case 'lost-reply':
      captureReply(res, () => req.socket.destroy());
      proceed();
      return;
    case 'hold':
      holdRequest(gate, fault.when, facts, res, proceed);
      return;
  }
}

function holdRequest(
  gate: Gate,
  when: 'before' | 'after',
  facts: RequestFacts,
  res: ServerResponse,
  proceed: () => void,
): void {
  const held = (): Promise<void> => gate.faults.hold({ ...facts, when });
  if (when === 'before') {
    void held().then(proceed);
    return;
  }
  captureReply(res, (send) => void held().then(send));
  proceed();
}

/**
 * Keeps the whole reply back: nothing of it reaches the wire until `send` is called. Works for whatever
 * the handler uses, because all of Node's and Express's ways to answer end in `write` and `end`.
 */
function captureReply(res: ServerResponse, complete: (send: () => void) => void): void {
  const chunks: Buffer[] = [];
  const end = res.end.bind(res);
  const keep = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk === 'string') {
      chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
    } else if (chunk instanceof Uint8Array) {
      chunks.push(Buffer.from(chunk));
    }
  };
  res.write = ((chunk: unknown, encoding?: unknown) => {
    keep(chunk, encoding);
    return true;
  }) as typeof res.write;
  res.end = ((chunk?: unknown, encoding?: unknown) => {
    keep(chunk, encoding);
    complete(() => end(Buffer.concat(chunks)));
    return res;
  }) as typeof res.end;
}

function sendStatus(res: ServerResponse, fault: Extract<Fault, { kind: 'status' }>): void {
  const isText = typeof fault.body === 'string';
  const body = fault.body === undefined ? '' : isText ? String(fault.body) : JSON.stringify(fault.body);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  res.writeHead(fault.status, { ...(body !== '' && { 'content-type': type }), ...fault.headers });
  res.end(body);
}

function sendRateLimited(res: ServerResponse, fault: Extract<Fault, { kind: 'rate-limited' }>): void {
  const headers = {
    'retry-after': String(Math.ceil(fault.resetMs / 1000)),
    'x-rate-limit-requests-left': '0',
    'x-rate-limit-requests-quota': '150',
    'x-rate-limit-time-reset-ms': String(fault.resetMs),
    'x-rate-limit-time-window-ms': '30000',
  };
  res.writeHead(429, { 'content-type': 'application/json', ...(fault.headers && headers) });
  res.end(JSON.stringify({ status: 429, title: 'You have exceeded the rate limit.' }));
}

function sendHtml503(res: ServerResponse): void {
  res.writeHead(503, { 'content-type': 'text/html; charset=utf-8' });
  res.end(
    '<!DOCTYPE html><html lang="en"><head><title>503 Service Unavailable</title></head><body>' +
      '<h1>Service Unavailable</h1><p>The server is temporarily unable to service your request.</p></body></html>',
  );
}
