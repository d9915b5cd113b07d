import type { IncomingMessage } from 'node:http';

const addresses = new WeakMap<IncomingMessage, string>();

/** Called before forwarded headers are taken away: which of them count is for the web frame to say (R2.7). */
export function keepAddress(req: IncomingMessage & { readonly ip?: string | undefined }): void {
  addresses.set(req, req.ip ?? req.socket.remoteAddress ?? 'unknown');
}

/** The address that a request came from, for events. */
export function addressOf(req: IncomingMessage): string {
  return addresses.get(req) ?? 'unknown';
}
