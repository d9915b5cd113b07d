import { createHmac, timingSafeEqual } from 'node:crypto';
import { coversChannel } from '../coverage.ts';
import type { ApiAccount, Channel, Customer } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { resolveRedirect } from './redirect.ts';

export type TokenLogin = {
  readonly store: Store;
  /** Channel of the host that the browser is at. */
  readonly channel: Channel;
  readonly token: string;
  /** The browser's address as the store sees it. */
  readonly address: string;
};

export type TokenVerdict =
  | {
      readonly outcome: 'signed-in';
      readonly customer: Customer;
      readonly target: string;
      readonly facts: TokenFacts;
    }
  | { readonly outcome: 'refused'; readonly reason: string; readonly facts: TokenFacts };

/** What the debug log may say about a token. */
export type TokenFacts = { clientId?: string; jti?: string; customerId?: number };

/** What the checks have learned so far; each may rely on those above it. */
type Found = {
  header: Readonly<Record<string, unknown>>;
  claims: Readonly<Record<string, unknown>>;
  signed: string;
  signature: Buffer;
  account?: ApiAccount;
  customer?: Customer;
  target?: string;
};

/** @returns the reason of the refusal. */
type Check = (login: TokenLogin, found: Found) => string | undefined;

/** BigCommerce docs: Customer Login API. The first check that fails ends the sign-in. */
const CHECKS: readonly Check[] = [
  isHs256Jwt,
  isSignedByAnAccount,
  hasLoginScope,
  isCustomerLogin,
  isForThisStore,
  isFresh,
  isUsedOnce,
  namesACustomer,
  reachesTheChannel,
  comesFromTheAddress,
  isNotBlocked,
  staysInTheStore,
];

/** Judges one login token and consumes its `jti`. Reasons are for the sandbox's log, never for the shopper. */
export function judgeToken(login: TokenLogin): TokenVerdict {
  const found = readToken(login.token);
  if (!found) return { outcome: 'refused', reason: 'malformed', facts: {} };
  for (const check of CHECKS) {
    const reason = check(login, found);
    if (reason !== undefined) return { outcome: 'refused', reason, facts: factsOf(found) };
  }
  const { customer, target } = found;
  if (!customer || target === undefined) return { outcome: 'refused', reason: 'incomplete', facts: {} };
  return { outcome: 'signed-in', customer, target, facts: factsOf(found) };
}

function readToken(token: string): Found | undefined {
  const parts = token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  const header = readPart(head);
  const claims = readPart(body);
  if (parts.length !== 3 || !header || !claims || signature === '') return undefined;
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function factsOf({ claims }: Found): TokenFacts {
  const { iss, jti, customer_id: customerId } = claims;
  return {
    ...(typeof iss === 'string' && { clientId: iss }),
    ...(typeof jti === 'string' && { jti }),
    ...(typeof customerId === 'number' && { customerId }),
  };
}

function isHs256Jwt({ store }: TokenLogin, { header }: Found): string | undefined {
  if (header['alg'] !== 'HS256') return 'alg is not HS256';
  const isTypRight =
    header['typ'] === 'JWT' || (header['typ'] === undefined && store.turned().tokenTyp === 'optional');
  return isTypRight ? undefined : 'typ is not JWT';
}

function isSignedByAnAccount({ store }: TokenLogin, found: Found): string | undefined {
  const account = store.accounts.find(({ clientId }) => clientId === found.claims['iss']);
  if (!account || account.revoked) return 'iss is no API account of this store';
  const expected = createHmac('sha256', account.clientSecret).update(found.signed).digest();
  const isRight = expected.length === found.signature.length && timingSafeEqual(expected, found.signature);
  if (!isRight) return 'signature is wrong';
  found.account = account;
  return undefined;
}

function hasLoginScope(_login: TokenLogin, { account }: Found): string | undefined {
  return account?.scopes.includes('store_v2_customers_login') ? undefined : 'account lacks the login scope';
}

function isCustomerLogin(_login: TokenLogin, { claims }: Found): string | undefined {
  return claims['operation'] === 'customer_login' ? undefined : 'operation is not customer_login';
}

function isForThisStore({ store }: TokenLogin, { claims }: Found): string | undefined {
  return claims['store_hash'] === store.hash ? undefined : 'store_hash is of another store';
}

function isFresh({ store }: TokenLogin, { claims }: Found): string | undefined {
  const iat = claims['iat'];
  if (typeof iat !== 'number' || !Number.isInteger(iat)) return 'iat is no integer';
  const { iatWindowSeconds, iatSkewSeconds, futureIat, futureToleranceSeconds } = store.turned();
  const age = Math.floor(store.now().getTime() / 1000) - iat;
  if (age > iatWindowSeconds + iatSkewSeconds) return 'iat is too old';
  const isAhead = age < -futureToleranceSeconds;
  return isAhead && futureIat === 'refused' ? 'iat is in the future' : undefined;
}

function isUsedOnce({ store }: TokenLogin, { claims, account }: Found): string | undefined {
  const jti = claims['jti'];
  if (typeof jti !== 'string' || jti === '') return 'jti is missing';
  // Unique over all requests of one app.
  const key = `${account?.clientId} ${jti}`;
  if (store.usedTokenIds.has(key)) return 'jti was used before';
  store.usedTokenIds.add(key);
  return undefined;
}

function namesACustomer({ store }: TokenLogin, found: Found): string | undefined {
  const given = found.claims['customer_id'];
  const isText =
    typeof given === 'string' && /^\d+$/.test(given) && store.turned().textCustomerId === 'accepted';
  const id = isText ? Number(given) : given;
  if (typeof id !== 'number' || !Number.isInteger(id)) return 'customer_id is no integer';
  const customer = store.customers.get(id);
  if (!customer) return 'customer does not exist';
  found.customer = customer;
  return undefined;
}

function reachesTheChannel({ store, channel }: TokenLogin, { claims, customer }: Found): string | undefined {
  const claimed = claims['channel_id'] ?? 1;
  if (typeof claimed !== 'number' || !channelById(store, claimed)) return 'channel_id is no channel';
  if (channel.status === 'inactive') return 'channel is not active';
  const { channelClaim, channelCoverage } = store.turned();
  if (claimed !== channel.id && channelClaim === 'must-match-host') return 'channel_id is not of this host';
  if (channelCoverage === 'ignored' || !customer) return undefined;
  return coversChannel(store, customer, channel.id) ? undefined : 'customer does not cover the channel';
}

function comesFromTheAddress({ address }: TokenLogin, { claims }: Found): string | undefined {
  const wanted = claims['request_ip'];
  return wanted === undefined || wanted === address ? undefined : 'request_ip is of another address';
}

function isNotBlocked({ store }: TokenLogin, { customer }: Found): string | undefined {
  const isBlocked = customer?.force_password_reset && store.turned().tokenLoginDuringReset === 'blocked';
  return isBlocked ? 'customer must reset the password first' : undefined;
}

function staysInTheStore({ store, channel }: TokenLogin, found: Found): string | undefined {
  const target = resolveRedirect(store, channel, found.claims['redirect_to']);
  if (target === undefined) return 'redirect_to leaves the store';
  found.target = target;
  return undefined;
}
