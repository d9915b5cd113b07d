import { createHmac } from 'node:crypto';
import { addMs, randomText, SECOND, type Secret, VestibuleError } from '../../base/index.ts';
import { isStorePath } from './store-path.ts';

export type CustomerLoginSettings = {
  readonly storeHash: string;
  /** Primary URL of the channel's site, exactly as the merchant entered it (with or without `www`). */
  readonly storefrontUrl: URL;
  /** Newest first: the newest signs, the older ones only wait for their removal (R5.1). */
  readonly login: readonly { readonly clientId: string; readonly clientSecret: Secret }[];
};

export type CustomerLoginRequest = {
  readonly settings: CustomerLoginSettings;
  /** The customer's number in the store, as text. */
  readonly externalId: string;
  readonly channelId: number;
  /** Path in the store to land on; absent, the store chooses its account page. */
  readonly to?: string;
  readonly now: Date;
  /** By our clock: the token must not work from then on (R3.1). After `now`. */
  readonly notAfter?: Date;
  /** The store's clock minus ours, as measured; 0 when it was never measured. */
  readonly offsetMs: number;
  /** Binds the token to one address. Off unless configured: the store may see another one than we do. */
  readonly ip?: string;
};

export type CustomerLogin = {
  /** Holds the token: never log it, never put it into a page. */
  readonly url: URL;
  /** Unique id of the token, for the access event. */
  readonly jti: string;
  /** By our clock; after it the store refuses the token. */
  readonly expiresAt: Date;
};

const LIFETIME_MS = 30 * SECOND;
/** A token from the store's future may be refused, so it is dated a little into the past. */
const BACKDATE_MS = 2 * SECOND;
/** The only header that the store accepts; `typ` is required. BigCommerce docs: Customer Login API. */
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/**
 * Makes the URL that signs one customer in to one storefront: single use, 30 seconds. Call it at the moment of
 * redirecting, after decision and provisioning (DESIGN §1.1). Pure apart from the random `jti`.
 *
 * @throws VestibuleError `issuing.login_path_refused`, `issuing.customer_id_invalid`, `issuing.no_credential`.
 */
export function mintCustomerLogin(request: CustomerLoginRequest): CustomerLogin {
  const { settings, channelId, to, ip } = request;
  const credential = settings.login[0];
  if (!credential) throw fault('issuing.no_credential', 'the target has no login credential');
  if (to !== undefined && !isStorePath(to)) throw refusedPath();

  const issuedAt = issueTime(request);
  const jti = randomText(32);
  const payload = encode({
    iss: credential.clientId,
    iat: issuedAt,
    jti,
    operation: 'customer_login',
    store_hash: settings.storeHash,
    customer_id: integer(request.externalId),
    // Optional for the store, but leaving it out breaks every channel except the first.
    channel_id: channelId,
    ...(to !== undefined && { redirect_to: to }),
    ...(ip !== undefined && { request_ip: ip }),
  });
  const token = `${HEADER}.${payload}.${sign(`${HEADER}.${payload}`, credential.clientSecret)}`;
  return {
    url: new URL(`/login/token/${token}`, settings.storefrontUrl),
    jti,
    expiresAt: addMs(new Date(issuedAt * SECOND - request.offsetMs), LIFETIME_MS),
  };
}

/**
 * Seconds by the store's clock. A token lives for a fixed time from here, so one that must end sooner is dated
 * further back.
 */
function issueTime({ now, notAfter, offsetMs }: CustomerLoginRequest): number {
  const usual = now.getTime() - BACKDATE_MS;
  const latest = notAfter ? Math.min(usual, notAfter.getTime() - LIFETIME_MS) : usual;
  return Math.floor((latest + offsetMs) / SECOND);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The key is the secret's text in UTF-8, even where it looks like base64. */
function sign(text: string, secret: Secret): string {
  return createHmac('sha256', Buffer.from(secret.reveal(), 'utf8')).update(text).digest('base64url');
}

/** The store expects a number; a text of digits is refused there without a reason. */
function integer(externalId: string): number {
  const id = /^[1-9]\d{0,14}$/.test(externalId) ? Number(externalId) : Number.NaN;
  if (!Number.isSafeInteger(id)) {
    throw fault('issuing.customer_id_invalid', 'the account has no numeric customer id');
  }
  return id;
}

function refusedPath(): VestibuleError {
  return new VestibuleError({
    code: 'issuing.login_path_refused',
    status: 400,
    publicMessage: 'The page to open in the store is not a path of that store.',
  });
}

function fault(
  code: 'issuing.customer_id_invalid' | 'issuing.no_credential',
  detail: string,
): VestibuleError {
  return new VestibuleError({
    code,
    status: 500,
    publicMessage: 'The store could not be opened because of a fault on our side.',
    detail,
  });
}
