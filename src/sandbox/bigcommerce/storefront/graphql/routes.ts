import type { Request, Response } from 'express';
import { answerGraphql } from '../../graphql/index.ts';
import type { Channel } from '../../model.ts';
import type { Store } from '../../store.ts';
import { storefrontSchema } from './schema.ts';
import { readStorefrontToken, type StorefrontToken } from './storefront-token.ts';

export type StorefrontRequest = {
  readonly store: Store;
  readonly channel: Channel;
  readonly address: string;
};

/** `POST /graphql` of a storefront. The body arrives as text. */
export function serveStorefrontGraphql(site: StorefrontRequest, req: Request, res: Response): void {
  const { store, channel, address } = site;
  res.set('cache-control', 'no-store');
  const bearer = /^Bearer (.+)$/i.exec(req.get('authorization') ?? '')?.[1];
  const token = bearer === undefined ? undefined : readStorefrontToken(store, bearer);
  const refusal = token ? refuseToken(site, token, req.get('origin')) : 'Unknown JWT token';
  if (!token || refusal !== undefined) {
    // The texts are documented; the form of the body is an assumption.
    res.status(401).json({ errors: [{ message: `GraphQL invalid credentials. ${refusal}` }] });
    return;
  }
  const answer = answerGraphql(storefrontSchema, readBody(req), {
    ...{ store, channel, token, address },
    host: req.hostname,
    customerToken: req.get('x-bc-customer-access-token'),
    isStrict: req.get('x-bc-error-on-invalid-customer-access-token') === 'true',
  });
  if (answer.outcome === 'rejected') res.status(400).json({ errors: answer.errors });
  else res.json({ data: answer.data, ...(answer.errors.length > 0 && { errors: answer.errors }) });
}

/** Tokens made after this day are for browsers alone; older ones work between servers until the second day. */
const BROWSERS_ONLY_FROM = Date.UTC(2026, 6, 1) / 1_000;
const BROWSERS_ONLY_ALL = Date.UTC(2027, 3, 1) / 1_000;

function refuseToken(
  { store, channel }: StorefrontRequest,
  { kind, channelIds, origins, issuedAt, expiresAt }: StorefrontToken,
  origin: string | undefined,
): string | undefined {
  const now = Math.floor(store.now().getTime() / 1_000);
  if (now >= expiresAt) return 'JWT is expired';
  if (!channelIds.includes(channel.id)) return "JWT channel id doesn't match channel id of the URL";
  if (kind === 'private') return origin === undefined ? undefined : 'Private tokens are not for browsers';
  if (origin !== undefined) return origins.includes(origin) ? undefined : 'JWT is not for this origin';
  const isForServers = issuedAt < BROWSERS_ONLY_FROM && now < BROWSERS_ONLY_ALL;
  return isForServers ? undefined : 'JWT is for browsers only';
}

function readBody(req: Request): unknown {
  try {
    return typeof req.body === 'string' ? (JSON.parse(req.body) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
