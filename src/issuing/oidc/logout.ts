import { decodeJwt, type JWTPayload, SignJWT } from 'jose';
import { type Clock, MINUTE, randomText, SECOND } from '../../base/index.ts';
import type { PartySession } from '../../model/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import { readOwnToken } from './own-tokens.ts';
import { accessTokenFormatOf, type OidcParty, type Parties } from './parties.ts';
import type { PublishedKey } from './signing-keys.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** OpenID Connect Back-Channel Logout 2.4 recommends two minutes at most. */
const LOGOUT_TOKEN_MS = 2 * MINUTE;

/** What an ID token says about whom it was given for; expired ones count. */
export type IdTokenHint = { readonly sub: string; readonly sid: string; readonly aud: string };

export type OidcLogout = {
  readonly kind: 'back-channel';
  tell(party: PartySession): Promise<'confirmed' | 'refused'>;
  readonly residual?: string;
};
export type NoOidcLogout = { readonly kind: 'none'; readonly residual?: string };

/** What the logout room needs of us. */
export interface LogoutTokens {
  /** @throws when there is no such application. */
  signLogoutToken(
    relyingParty: string,
    whom: { readonly sub: string; readonly sid: string },
  ): Promise<string>;
  /**
   * Tells the application, server to server, that one session is over. May be repeated after no answer.
   *
   * @throws HttpUnavailable when there was no answer.
   */
  backchannelLogout(
    relyingParty: string,
    whom: { readonly sub: string; readonly sid: string },
  ): Promise<'confirmed' | 'refused' | 'not-supported'>;
  /** How this application learns that a session is over, and what may still work there until then (R3.4). */
  partyLogout(relyingParty: string): OidcLogout | NoOidcLogout;
  /** Undefined for anything but an ID token of ours, signed by a key that we still publish. */
  verifyIdTokenHint(hint: string): Promise<IdTokenHint | undefined>;
  /** Exactly registered for this application? */
  isPostLogoutRedirect(relyingParty: string, uri: string): boolean;
}

type Deps = {
  readonly issuer: string;
  readonly keys: () => readonly PublishedKey[];
  readonly parties: Parties;
  readonly clock: Clock;
  readonly http: Pick<HttpClient, 'request'>;
};

export function createLogoutTokens(deps: Deps): LogoutTokens {
  const sign = async (party: OidcParty, { sub, sid }: { sub: string; sid: string }): Promise<string> => {
    const { idTokenAlg } = party.access;
    const key = deps.keys().find(({ alg }) => alg === idTokenAlg);
    if (!key) throw new Error(`no key signs ${idTokenAlg}`);
    const now = deps.clock.now().getTime();
    return new SignJWT({ sub, sid, events: { [EVENT]: {} } })
      .setProtectedHeader({ alg: key.alg, kid: key.keyId, typ: 'logout+jwt' })
      .setIssuer(deps.issuer)
      .setAudience(party.id)
      .setJti(randomText())
      .setIssuedAt(Math.floor(now / SECOND))
      .setExpirationTime(Math.floor((now + LOGOUT_TOKEN_MS) / SECOND))
      .sign(key.privateKey);
  };
  const tell = async (party: OidcParty, url: string, whom: { sub: string; sid: string }) => {
    const { status } = await deps.http.request({
      method: 'POST',
      url: new URL(url),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: await sign(party, whom) }).toString(),
      system: party.id,
      trust: 'foreign',
      maxBytes: 64 * 1024,
    });
    // 204 is what some frameworks answer in place of 200.
    return status === 200 || status === 204 ? ('confirmed' as const) : ('refused' as const);
  };
  const known = (id: string): OidcParty => {
    const party = deps.parties.application(id);
    if (!party) throw new Error(`${id} is no application of kind oidc`);
    return party;
  };
  return {
    signLogoutToken: (id, whom) => sign(known(id), whom),
    async backchannelLogout(id, whom) {
      const party = known(id);
      const url = party.access.backchannelLogoutUri;
      return url === undefined ? 'not-supported' : tell(party, url, whom);
    },
    partyLogout(id) {
      const party = deps.parties.application(id);
      const residual = party && residualOf(party);
      const url = party?.access.backchannelLogoutUri;
      if (!party || url === undefined) return { kind: 'none', ...(residual !== undefined && { residual }) };
      return {
        kind: 'back-channel',
        tell: ({ subject, handle }) => tell(party, url, { sub: subject, sid: handle }),
        ...(residual !== undefined && { residual }),
      };
    },
    verifyIdTokenHint: (hint) => readHint(hint, deps),
    isPostLogoutRedirect: (id, uri) =>
      deps.parties.application(id)?.access.postLogoutRedirectUris.includes(uri) === true,
  };
}

/** R3.4: a signed access token can not be called back; an opaque one is asked about each time. */
function residualOf(party: OidcParty): string {
  const minutes = Math.ceil(party.access.accessTokenLifetime / MINUTE);
  return accessTokenFormatOf(party) === 'jwt'
    ? `Access tokens that it holds work for up to ${minutes} minutes. Its own session may go on.`
    : 'Its own session may go on until it notices.';
}

/** ID tokens: the library writes no type into them, others may. */
const TYPES = new Set([undefined, 'JWT']);

async function readHint(hint: string, { issuer, keys, parties }: Deps): Promise<IdTokenHint | undefined> {
  // OpenID Connect RP-Initiated Logout 2: an expired one is taken, so it is judged at the instant of its making.
  const payload = await readOwnToken(hint, { issuer, keys: keys(), types: TYPES, at: madeAt(hint) });
  return payload && hintOf(payload, parties);
}

function madeAt(hint: string): Date {
  try {
    return new Date((decodeJwt(hint).iat ?? 0) * SECOND);
  } catch {
    return new Date(0);
  }
}

function hintOf({ sub, sid, aud }: JWTPayload, parties: Parties): IdTokenHint | undefined {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof aud !== 'string') return undefined;
  return parties.application(aud) ? { sub, sid, aud } : undefined;
}
