import type { Request } from 'express';
import { findClient, isSecretOf, type OAuthClient } from './clients.ts';
import type { Otds } from './server.ts';

/** RFC 6749 2.3.1: credentials as form fields or by HTTP Basic, as the switch allows. */
export function authenticateClient(
  otds: Otds,
  req: Request,
  body: Readonly<Record<string, string>>,
): OAuthClient | undefined {
  const allowed = otds.switches.positions.clientAuthentication;
  const basic = readBasic(req.get('authorization'));
  if (basic) return allowed === 'post' ? undefined : known(otds, basic.id, basic.secret);
  return allowed === 'basic' ? undefined : known(otds, body['client_id'], body['client_secret']);
}

function known(otds: Otds, id: string | undefined, secret: string | undefined): OAuthClient | undefined {
  const client = findClient(otds, id);
  return client && secret !== undefined && isSecretOf(client, secret) ? client : undefined;
}

function readBasic(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at === -1) return undefined;
  return { id: formDecode(text.slice(0, at)), secret: formDecode(text.slice(at + 1)) };
}

/** Both parts are form-encoded before Base64 (RFC 6749 2.3.1); text that is not stays as it is. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
