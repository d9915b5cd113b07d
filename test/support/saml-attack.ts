import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import type { Browser, Page } from './browser.ts';
import { encode, makeSigningKey, SamlIdp, type SigningKey } from './saml-idp.ts';
import { startWorld, type World } from './world.ts';

export const VICTIM = 'p-victim';

/** A running broker with two upstreams of one certificate, and somebody who may sign in at the first of them. */
export type AttackWorld = AsyncDisposable & {
  readonly world: World;
  readonly idp: SamlIdp;
  /** Another connection whose identity provider signs with the same key. */
  readonly sister: SamlIdp;
  /** Of the attacker: self-signed, known to nobody. */
  readonly ownKey: SigningKey;
  /** Our certificate, to encrypt to: everybody has it, from our metadata. */
  readonly theirCertificate: string;
  /** Begins a sign-in. @returns the id of the request. */
  begin(browser: Browser, connection?: string): Promise<string>;
  /** What the attacker's browser brings back, as it is. */
  post(browser: Browser, fields: Readonly<Record<string, string>>, path?: string): Promise<Page>;
};

export async function openAttackWorld(): Promise<AttackWorld> {
  const [key, ownKey] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  const world = await startWorld({
    configure(config) {
      config.limits = { beginsPerMinute: 100_000, entriesPerMinute: 100_000 };
      for (const id of ['idp', 'sister']) {
        config.connections.push({
          ...{ id, preset: 'saml', title: id, subject: { nameId: 'persistent' } },
          ...{ entityId: entityOf(id), ssoUrl: 'https://idp.example/saml/sso' },
          certificates: [{ certificate: key.certificatePem }],
        });
      }
    },
  });
  const idpOf = (id: string): SamlIdp => {
    const at = `${world.origin}/login/${id}`;
    const idp = new SamlIdp(key, world.clock, { entityId: `${at}/metadata`, acsUrl: `${at}/acs` });
    return Object.assign(idp, { entityId: entityOf(id) });
  };
  const metadata = await world.browser().fetch(`${world.origin}/login/idp/metadata`);
  const bare = /<ds:X509Certificate>([^<]+)</.exec(metadata.html)?.[1] ?? '';
  return {
    ...{ world, ownKey, idp: idpOf('idp'), sister: idpOf('sister') },
    theirCertificate: `-----BEGIN CERTIFICATE-----\n${bare.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    async begin(browser, connection = 'idp') {
      const { headers } = await browser.fetch(`${world.origin}/login?connection=${connection}`);
      const message = new URL(String(headers['location'])).searchParams.get('SAMLRequest') ?? '';
      const xml = inflateRawSync(Buffer.from(message, 'base64')).toString();
      return / ID="([^"]+)"/.exec(xml)?.[1] ?? '';
    },
    post: (browser, fields, path = '/login/idp/acs') =>
      browser.submit(new URL('https://idp.example/saml/sso'), `${world.origin}${path}`, 'POST', {
        ...fields,
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

export function isSignedIn(browser: Browser): boolean {
  return browser.cookie('sso.localhost', 'vestibule-session') !== undefined;
}

export function asField(message: string | Buffer): Record<string, string> {
  return { SAMLResponse: typeof message === 'string' ? encode(message) : message.toString('base64') };
}

function entityOf(id: string): string {
  return id === 'idp' ? 'https://idp.example/saml/metadata' : `https://${id}.example/saml/metadata`;
}

/** What the attacker works with. All of it is text. */
export type Material = {
  readonly id: string;
  /** Of Mallory, signed by the upstream. */
  readonly genuine: string;
  /** The signature of the genuine one, and the same assertion without it. */
  readonly signature: string;
  readonly bare: string;
  /** Of the victim, signed by nobody; its id is another one. */
  readonly forged: string;
  /** A response around whatever stands in it. */
  readonly around: (content: string) => string;
};

export function material(idp: SamlIdp, id: string): Material {
  const mallory = {
    requestId: id,
    assertionId: `_m${id}`,
    nameId: 'p-mallory',
    attributes: { uid: ['mallory'] },
  };
  const bare = idp.assertion(mallory);
  const genuine = idp.sign(bare, 'Assertion');
  const forged = idp.assertion({
    ...mallory,
    assertionId: `_v${id}`,
    nameId: VICTIM,
    attributes: { uid: ['victim'] },
  });
  return {
    ...{ id, genuine, forged, bare },
    signature: /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(genuine)?.[0] ?? '',
    around: (content) => idp.envelope(content, { requestId: id, responseId: `_r${id}` }),
  };
}

/** Puts something into an assertion, directly behind its issuer. */
export const inside = (assertion: string, content: string): string =>
  assertion.replace('</saml:Issuer>', `</saml:Issuer>${content}`);
export const intoSignature = (signature: string, content: string): string =>
  signature.replace('</ds:Signature>', `${content}</ds:Signature>`);
/** The forged one under the id of the genuine one, which a reference then finds first. */
export const alike = ({ forged, id }: Material): string => forged.replace(`_v${id}`, `_m${id}`);

export type Variants = Readonly<Record<string, (m: Material) => string | Buffer>>;

/** No session, an answer of ours, and nothing in it of what was sent. */
export function checkRefused(page: Page, browser: Browser): void {
  assert.equal(isSignedIn(browser), false);
  assert.ok(page.status >= 400 && page.status < 500, `${page.status} ${page.text.slice(0, 200)}`);
  assert.doesNotMatch(page.html, /victim|mallory|xmldsig|\bat .*\.[jt]s:\d/);
}
