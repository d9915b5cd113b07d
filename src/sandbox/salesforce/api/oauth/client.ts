import type { Request } from 'express';
import type { Salesforce } from '../../server.ts';
import type { ClientApp } from '../../store.ts';
import { INVALID_CLIENT, INVALID_CLIENT_ID, type OAuthError } from './answers.ts';

/** Fields of a form that came once each. */
export function formOf(req: Request): Readonly<Record<string, string>> {
  const body = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const texts = Object.entries(body).filter((each): each is [string, string] => typeof each[1] === 'string');
  return Object.fromEntries(texts);
}

export function appByKey({ store }: Salesforce, consumerKey: string | undefined): ClientApp | undefined {
  return store.apps.find((app) => app.consumerKey === consumerKey);
}

/** The client by key and secret, in the form or in the Authorization header (RFC 6749 2.3.1). */
export function authenticateClient(org: Salesforce, req: Request): ClientApp | OAuthError {
  const { client_id: id, client_secret: secret } = { ...formOf(req), ...basicOf(req) };
  const app = appByKey(org, id);
  if (!app) return INVALID_CLIENT_ID;
  return app.consumerSecret === secret ? app : INVALID_CLIENT;
}

function basicOf(req: Request): { client_id?: string; client_secret?: string } {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(req.get('authorization') ?? '') ?? [];
  if (encoded === undefined) return {};
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s);
  return { client_id: formDecoded(id), client_secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}
