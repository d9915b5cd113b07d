import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SAML as ServiceProvider } from '@node-saml/passport-saml';
import type { Browser, Page } from './browser.ts';
import type { World } from './world.ts';

/** A relying party that nobody here wrote: node-saml against the broker of a world. */
export type SamlApplication = {
  readonly entityId: string;
  readonly acs: string;
  /** A new request, as a link to the broker. */
  leave(options?: {
    readonly forceAuthn?: boolean;
    readonly relayState?: string;
    /** Class reference that is demanded, exactly. */
    readonly context?: string;
  }): {
    readonly id: string;
    readonly url: string;
  };
  /** Runs until the broker's answer would be posted to the application, and reads it there. */
  receive(browser: Browser, run: () => Promise<Page>): Promise<SamlAnswer>;
};

export type SamlAnswer = {
  readonly assertionId: string;
  readonly inResponseTo: string | undefined;
  readonly status: string;
  readonly subject: string | undefined;
  readonly sessionIndex: string | undefined;
  /** Conditions and subject confirmation say the same. */
  readonly notOnOrAfter: Date;
  readonly sessionNotOnOrAfter: Date;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relayState: string | undefined;
};

/** Its registration in the configuration file, without roles' meaning for rules. */
export function samlRegistration(id: string, more: object = {}): object {
  const { entityId, acs } = addresses(id);
  return {
    id,
    kind: 'saml',
    title: 'Handbook',
    entityId,
    acs: [{ url: acs }],
    roles: [{ id: 'reader' }],
    ...more,
  };
}

export function openSamlApplication(world: World, id: string): SamlApplication {
  const { entityId, acs } = addresses(id);
  const issuer = `${world.origin}/saml/metadata`;
  const sso = `${world.origin}/saml/sso`;
  return {
    entityId,
    acs,
    leave({ forceAuthn, relayState, context } = {}) {
      const requestId = `_${randomBytes(16).toString('hex')}`;
      const requested = context
        ? `<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>${context}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`
        : '';
      const xml =
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"' +
        ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${requestId}" Version="2.0"` +
        ` IssueInstant="${world.clock.now().toISOString()}" Destination="${sso}"` +
        `${forceAuthn ? ' ForceAuthn="true"' : ''}><saml:Issuer>${entityId}</saml:Issuer>${requested}</samlp:AuthnRequest>`;
      const url = new URL(sso);
      url.searchParams.set('SAMLRequest', deflateRawSync(Buffer.from(xml)).toString('base64'));
      if (relayState !== undefined) url.searchParams.set('RelayState', relayState);
      return { id: requestId, url: url.href };
    },
    async receive(browser, run) {
      const arrived = browser.pauseAt((url) => url.href === acs);
      const page = await run();
      arrived();
      const fields = page.forms.find((form) => 'SAMLResponse' in form.fields)?.fields ?? {};
      return read(fields, await certificates(browser, issuer));
    },
  };

  async function read(
    fields: Readonly<Record<string, string>>,
    idpCert: readonly string[],
  ): Promise<SamlAnswer> {
    const provider = new ServiceProvider({
      ...{ issuer: entityId, audience: entityId, callbackUrl: acs, entryPoint: sso, idpIssuer: issuer },
      ...{ idpCert: [...idpCert], signatureAlgorithm: 'sha256', identifierFormat: null },
      // It reads the system's time; the tests read the instants in the assertion themselves.
      acceptedClockSkewMs: -1,
    });
    const { profile } = await provider.validatePostResponseAsync({ ...fields });
    const xml = Buffer.from(fields['SAMLResponse'] ?? '', 'base64').toString();
    const one = (pattern: RegExp): string | undefined => pattern.exec(xml)?.[1];
    const conditions = one(/<saml:Conditions [^>]*NotOnOrAfter="([^"]+)"/);
    const confirmation = one(/<saml:SubjectConfirmationData [^>]*NotOnOrAfter="([^"]+)"/);
    if (conditions !== confirmation) throw new Error(`${conditions} is not ${confirmation}`);
    return {
      assertionId: one(/<saml:Assertion [^>]*\bID="([^"]+)"/) ?? '',
      inResponseTo: one(/<samlp:Response [^>]*InResponseTo="([^"]+)"/),
      status: one(/<samlp:StatusCode Value="[^"]*:(\w+)"/) ?? '',
      subject: profile?.nameID,
      sessionIndex: profile?.sessionIndex,
      notOnOrAfter: new Date(conditions ?? ''),
      sessionNotOnOrAfter: new Date(one(/SessionNotOnOrAfter="([^"]+)"/) ?? ''),
      attributes: (profile?.['attributes'] as Record<string, unknown> | undefined) ?? {},
      relayState: fields['RelayState'],
    };
  }
}

/** Of the signing keys that the broker's metadata lists, in its order. */
export async function certificates(browser: Browser, metadataUrl: string): Promise<readonly string[]> {
  const { html } = await browser.fetch(metadataUrl);
  return [...html.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(([, text = '']) => text.replace(/\s/g, ''));
}

function addresses(id: string): { readonly entityId: string; readonly acs: string } {
  return { entityId: `http://${id}.localhost:9/sp`, acs: `http://${id}.localhost:9/acs` };
}
