import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiAccount } from '../../model.ts';
import type { Store } from '../../store.ts';

export type TokenScope = 'Unauthenticated' | 'Customer' | 'B2B';

/** What a token for the GraphQL Storefront API says. */
export type StorefrontToken = {
  readonly kind: 'storefront' | 'private';
  readonly channelIds: readonly number[];
  readonly origins: readonly string[];
  readonly scopes: readonly TokenScope[];
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
};

/** Signed with the secret of the account that asked for it: it ends with that account. */
export function issueStorefrontToken(account: ApiAccount, token: StorefrontToken): string {
  const payload = {
    iss: 'BC',
    sub: account.clientId,
    cid: token.channelIds,
    corsOrigins: token.origins,
    scopes: token.scopes,
    kind: token.kind,
    iat: token.issuedAt,
    eat: token.expiresAt,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${signed}.${signatureOf(signed, account)}`;
}

/** @returns undefined for what no account of the store has issued, or was revoked. */
export function readStorefrontToken(store: Store, text: string): StorefrontToken | undefined {
  const [head = '', body = '', signature = ''] = text.split('.');
  const payload = decode(body);
  const account = store.accounts.find(({ clientId }) => clientId === payload?.['sub']);
  if (!payload || !account || account.revoked || store.revokedStorefrontTokens.has(text)) return undefined;
  const expected = Buffer.from(signatureOf(`${head}.${body}`, account));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  return {
    kind: payload['kind'] as StorefrontToken['kind'],
    channelIds: payload['cid'] as number[],
    origins: payload['corsOrigins'] as string[],
    scopes: payload['scopes'] as TokenScope[],
    issuedAt: Number(payload['iat']),
    expiresAt: Number(payload['eat']),
  };
}

function signatureOf(signed: string, account: ApiAccount): string {
  return createHmac('sha256', account.clientSecret).update(`storefront ${signed}`).digest('base64url');
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
