import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { createLocalJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Arrival, Fetch } from './browser.ts';
import { signingKeysIn, verifyFast } from './fast-verification.ts';
import { attributeIn, childOf, textIn } from './plain-xml.ts';

/** The bench itself stands behind this host: what a browser would bring there is handed to the application. */
export const APPLICATION_HOST = 'apps.localhost';
const ENTITY_ID = `http://${APPLICATION_HOST}/saml`;
const ACS = `http://${APPLICATION_HOST}/saml/acs`;
const REDIRECT_URI = `http://${APPLICATION_HOST}/oidc/callback`;
const CLIENT = { id: 'bench-oidc', secret: 'secret-of-the-application-of-the-bench' };

/** Relying parties and rule that let everybody of `group` into both applications. */
export function applicationsConfiguration(groups: readonly string[]): {
  relyingParties: object[];
  rules: object[];
} {
  const when = groups.map((group) => `"${group}" in person.groups`).join(' || ');
  const roles = [{ id: 'editor' }];
  return {
    relyingParties: [
      {
        ...{ id: 'bench-saml', kind: 'saml', title: 'Application (SAML)', roles },
        ...{ entityId: ENTITY_ID, acs: [{ url: ACS }] },
        attributes: [
          { name: 'mail', value: 'person.mail' },
          { name: 'roles', value: 'entitlement.roles' },
          { name: 'region', value: 'person.region' },
        ],
      },
      {
        ...{ id: CLIENT.id, kind: 'oidc', title: 'Application (OIDC)', roles },
        ...{ redirectUris: [REDIRECT_URI], clientSecrets: [CLIENT.secret], refreshTokens: true },
        claims: { roles: 'entitlement.roles', region: 'person.region' },
      },
    ],
    rules: [
      {
        ...{ id: 'bench-applications', when },
        give: ['bench-saml', CLIENT.id].map((relyingParty) => ({ relyingParty, roles: ['editor'] })),
      },
    ],
  };
}

/** An application that speaks SAML and believes what the metadata that it read last says. */
export class SamlApplication {
  readonly #origin: string;
  readonly #fetch: Fetch;
  #keys: readonly KeyObject[] = [];

  constructor(origin: string, fetch: Fetch) {
    this.#origin = origin;
    this.#fetch = fetch;
  }

  async learnKeys(): Promise<void> {
    this.#keys = signingKeysIn(await this.#fetch(`${this.#origin}/saml/metadata`));
  }

  /** A sign-in that begins here: the id of its request, and where the browser goes (SAML Bindings 3.4). */
  leave(): { readonly id: string; readonly url: string } {
    const id = `_${randomBytes(16).toString('hex')}`;
    const request =
      `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" ` +
      `IssueInstant="${new Date().toISOString()}" Destination="${this.#origin}/saml/sso" AssertionConsumerServiceURL="${ACS}">` +
      `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${ENTITY_ID}</saml:Issuer></samlp:AuthnRequest>`;
    const query = new URLSearchParams({ SAMLRequest: deflateRawSync(request).toString('base64') });
    return { id, url: `${this.#origin}/saml/sso?${query}` };
  }

  /** @throws when the browser brings anything but a signed answer to this very request. */
  arrive({ url, body }: Arrival, id: string): void {
    const message = new URLSearchParams(body).get('SAMLResponse');
    if (url.href !== ACS || message === null)
      throw new Error(`no response came to the application: ${url.href}`);
    const { response, assertion, signatures } = verifyFast(message, this.#keys);
    if (signatures !== 2) throw new Error('response and assertion are not both signed');
    if (attributeIn(response, 'InResponseTo') !== id) throw new Error('this answers another request');
    const restriction = childOf(childOf(assertion, 'Conditions'), 'AudienceRestriction');
    if (textIn(childOf(restriction, 'Audience')) !== ENTITY_ID)
      throw new Error('this is for another application');
  }
}

const Tokens = z.object({ access_token: z.string(), id_token: z.string(), refresh_token: z.string() });
export type Tokens = z.infer<typeof Tokens>;
const UserInfo = z.object({ sub: z.string(), email: z.string() });
const KeySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

export type Leaving = {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
};

/** An application that speaks OpenID Connect and believes the key set that it read last. */
export class OidcApplication {
  readonly #issuer: string;
  readonly #fetch: Fetch;
  #keys: JWTVerifyGetKey | undefined;
  /** The latest that was believed. */
  idToken: string | undefined;

  constructor(origin: string, fetch: Fetch) {
    this.#issuer = `${origin}/oidc`;
    this.#fetch = fetch;
  }

  async learnKeys(): Promise<void> {
    this.#keys = createLocalJWKSet(KeySet.parse(JSON.parse(await this.#fetch(`${this.#issuer}/jwks`))));
  }

  /** Authorization code with PKCE (RFC 7636). */
  leave(): Leaving {
    const [verifier, state, nonce] = [randomText(), randomText(), randomText()];
    const query = new URLSearchParams({
      ...{ client_id: CLIENT.id, response_type: 'code', redirect_uri: REDIRECT_URI },
      ...{ scope: 'openid profile email', state, nonce, code_challenge_method: 'S256' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    return { url: `${this.#issuer}/auth?${query}`, verifier, state, nonce };
  }

  /** @throws unless the browser brings a code for this very request, and the token for it verifies. */
  async arrive({ url }: Arrival, { verifier, state, nonce }: Leaving): Promise<Tokens> {
    const code = url.searchParams.get('code');
    if (!url.href.startsWith(REDIRECT_URI) || code === null || url.searchParams.get('state') !== state) {
      throw new Error(
        `no code came to the application: ${url.host}${url.pathname} ${url.searchParams.get('error')}`,
      );
    }
    return this.#token(
      { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier },
      nonce,
    );
  }

  refresh({ refresh_token }: Tokens): Promise<Tokens> {
    return this.#token({ grant_type: 'refresh_token', refresh_token });
  }

  async userInfo({ access_token }: Tokens): Promise<void> {
    const answer = await this.#fetch(`${this.#issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
    UserInfo.parse(JSON.parse(answer));
  }

  /** @throws when an ID token does not hold under the keys that were read last. */
  async verify(idToken: string): Promise<z.infer<typeof Claims>> {
    if (!this.#keys) throw new Error('the application has not read any keys');
    const { payload } = await jwtVerify(idToken, this.#keys, { issuer: this.#issuer, audience: CLIENT.id });
    return Claims.parse(payload);
  }

  async #token(fields: Record<string, string>, nonce?: string): Promise<Tokens> {
    const authorization = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
    const form = new URLSearchParams(fields);
    const tokens = Tokens.parse(
      JSON.parse(await this.#fetch(`${this.#issuer}/token`, { form, authorization })),
    );
    const claims = await this.verify(tokens.id_token);
    if (nonce !== undefined && claims.nonce !== nonce) throw new Error('the token is for another request');
    this.idToken = tokens.id_token;
    return tokens;
  }
}

const Claims = z.object({ sub: z.string(), nonce: z.string().optional() });

function randomText(): string {
  return randomBytes(32).toString('base64url');
}
