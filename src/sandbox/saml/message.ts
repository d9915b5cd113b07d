import { inflateRawSync } from 'node:zlib';
import type { Request } from 'express';
import { isQuerySigned, isRootSigned } from './signing.ts';
import { parseXml } from './xml.ts';

/** A SAML message as it arrived by the Redirect or POST binding (SAML Bindings 3.4, 3.5). */
export type Message = {
  readonly kind: 'SAMLRequest' | 'SAMLResponse';
  readonly root: Element;
  readonly relayState?: string;
  readonly signature: 'none' | 'present';
  isSignedBy(certificates: readonly string[]): boolean;
};

const LARGEST = 200_000;

/** @returns undefined when there is no message, or it cannot be read. */
export function readMessage(req: Request): Message | undefined {
  return req.method === 'GET' ? readRedirect(req) : readPost(req);
}

function readRedirect(req: Request): Message | undefined {
  const rawQuery = req.originalUrl.split('?').slice(1).join('?');
  const query = new URLSearchParams(rawQuery);
  const kind = query.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse';
  const text = inflate(query.get(kind) ?? '');
  const root = text === undefined ? undefined : parseXml(text);
  if (!root) return undefined;
  const relayState = query.get('RelayState');
  return {
    kind,
    root,
    ...(relayState !== null && { relayState }),
    signature: query.has('Signature') ? 'present' : 'none',
    isSignedBy: (certificates) => isQuerySigned(rawQuery, kind, certificates),
  };
}

function readPost(req: Request): Message | undefined {
  const body = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const kind = typeof body['SAMLRequest'] === 'string' ? 'SAMLRequest' : 'SAMLResponse';
  const text = Buffer.from(String(body[kind] ?? ''), 'base64').toString('utf8');
  const root = parseXml(text);
  if (!root) return undefined;
  const relayState = body['RelayState'];
  return {
    kind,
    root,
    ...(typeof relayState === 'string' && { relayState }),
    signature: /<(\w+:)?SignatureValue/.test(text) ? 'present' : 'none',
    isSignedBy: (certificates) => isRootSigned(text, root, certificates),
  };
}

function inflate(base64: string): string | undefined {
  try {
    return inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: LARGEST }).toString('utf8');
  } catch {
    return undefined;
  }
}
