import { createSign, createVerify, X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Clock } from '../../../src/base/index.ts';
import { makeSigningKey, type ResponseOptions, SamlIdp, type SigningKey } from '../../support/saml-idp.ts';
import type { Browser, Page } from './browser.ts';
import { send } from './request.ts';

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** A message that came to the broker, as its service provider wrote it. */
export type Incoming = {
  readonly binding: 'redirect' | 'post';
  readonly xml: string;
  readonly relayState: string | undefined;
  readonly rawQuery: string;
};

/** Stands for the broker as SAML identity provider, over real HTTP: metadata, sign-on, logout. It asks nobody for a password. */
export class SamlBroker implements AsyncDisposable {
  readonly received: Incoming[] = [];
  key: SigningKey;
  /** What the next responses say differently. */
  answer: ResponseOptions = {};
  relayState: 'echo' | 'drop' = 'echo';
  reads = 0;
  readonly #clock: Clock;
  readonly #server = createServer((req, res) => {
    void this.#handle(req).then(({ status = 200, body = '', location, type = 'text/html' }) => {
      res.writeHead(status, { 'content-type': type, ...(location && { location }) }).end(body);
    });
  });
  #serial = 0;
  #sp: { entityId: string; acsUrl: string; slo: string } = { entityId: '', acsUrl: '', slo: '' };

  constructor(key: SigningKey, clock: Clock) {
    this.key = key;
    this.#clock = clock;
  }

  static async start(clock: Clock): Promise<SamlBroker> {
    const broker = new SamlBroker(await makeSigningKey(), clock);
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `http://broker.localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  get entityId(): string {
    return `${this.origin}/saml/metadata`;
  }

  get sp(): { readonly entityId: string; readonly acsUrl: string; readonly slo: string } {
    return this.#sp;
  }

  /** Imports the service provider's metadata, as the broker's administrator would. */
  async trust(metadataUrl: string): Promise<string> {
    const { body } = await send(metadataUrl);
    const find = (pattern: RegExp): string => (pattern.exec(body)?.[1] ?? '').replaceAll('&amp;', '&');
    this.#sp = {
      entityId: find(/entityID="([^"]+)"/),
      acsUrl: find(/AssertionConsumerService[^>]*Location="([^"]+)"/),
      slo: find(/SingleLogoutService[^>]*Location="([^"]+)"/),
    };
    return body;
  }

  reset(): void {
    this.answer = {};
    this.relayState = 'echo';
    this.received.length = 0;
    this.reads = 0;
  }

  /** The last message that came, of all. */
  get last(): Incoming {
    const last = this.received.at(-1);
    if (!last) throw new Error('the broker got no message');
    return last;
  }

  /** The value of SAMLResponse. Fresh ids each time; unsolicited unless a request is named. */
  response(options: ResponseOptions = {}): Promise<string> {
    this.#serial += 1;
    const idp = new SamlIdp(this.key, this.#clock, this.#sp);
    return idp.response({
      requestId: '',
      responseId: `_r${this.#serial}`,
      assertionId: `_a${this.#serial}`,
      responseIssuer: this.entityId,
      assertionIssuer: this.entityId,
      sign: 'both',
      ...this.answer,
      ...options,
    });
  }

  /** A tile of the identity provider: brings a response that nobody asked for. */
  async bring(browser: Browser, options: ResponseOptions = {}, relayState?: string): Promise<Page> {
    return post(browser, this.#sp.acsUrl, await this.response(options), relayState);
  }

  metadata(): string {
    const bare = this.key.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '');
    const services = (name: string, path: string): string =>
      ['HTTP-Redirect', 'HTTP-POST']
        .map(
          (binding) =>
            `<md:${name} Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${this.origin}${path}"/>`,
        )
        .join('');
    return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${this.entityId}"><md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>${services('SingleLogoutService', '/saml/slo')}${services('SingleSignOnService', '/saml/sso')}</md:IDPSSODescriptor></md:EntityDescriptor>`;
  }

  /** The address that carries a signed message by the Redirect binding. */
  redirect(to: string, kind: 'SAMLRequest' | 'SAMLResponse', xml: string, relayState?: string): string {
    const packed = encodeURIComponent(deflateRawSync(Buffer.from(xml)).toString('base64'));
    const relay = relayState === undefined ? '' : `&RelayState=${encodeURIComponent(relayState)}`;
    const signed = `${kind}=${packed}${relay}&SigAlg=${encodeURIComponent(RSA_SHA256)}`;
    const signature = createSign('RSA-SHA256').update(signed).sign(this.key.privateKeyPem, 'base64');
    return `${to}${to.includes('?') ? '&' : '?'}${signed}&Signature=${encodeURIComponent(signature)}`;
  }

  logoutRequest(fields: {
    nameId: string;
    sessionIndex?: string;
    destination?: string;
    ends?: number;
  }): string {
    const { nameId, sessionIndex, destination = this.#sp.slo, ends = 300_000 } = fields;
    const index =
      sessionIndex === undefined ? '' : `<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex>`;
    return `<samlp:LogoutRequest xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="_lo${this.#serial}" Version="2.0" IssueInstant="${this.#at(0)}" NotOnOrAfter="${this.#at(ends)}" Destination="${destination}"><saml:Issuer>${this.entityId}</saml:Issuer><saml:NameID>${nameId}</saml:NameID>${index}</samlp:LogoutRequest>`;
  }

  #logoutResponse(inResponseTo: string): string {
    return `<samlp:LogoutResponse xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="_lr${this.#serial}" Version="2.0" IssueInstant="${this.#at(0)}" Destination="${this.#sp.slo}" InResponseTo="${inResponseTo}"><saml:Issuer>${this.entityId}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>`;
  }

  #at(offsetMs: number): string {
    return new Date(this.#clock.now().getTime() + offsetMs).toISOString();
  }

  async #handle(req: IncomingMessage): Promise<Reply> {
    const [path, rawQuery = ''] = (req.url ?? '/').split('?');
    if (path === '/saml/metadata') {
      this.reads += 1;
      return { body: this.metadata(), type: 'application/samlmetadata+xml' };
    }
    const message = await readIncoming(req, rawQuery);
    this.received.push(message);
    if (path === '/saml/sso') return { body: await this.#answerForm(message) };
    if (path !== '/saml/slo' || !message.xml.includes('LogoutRequest')) return { body: 'the broker' };
    const xml = this.#logoutResponse(attributeOf(message.xml, 'ID'));
    const relayState = this.relayState === 'echo' ? message.relayState : undefined;
    return { status: 302, location: this.redirect(this.#sp.slo, 'SAMLResponse', xml, relayState) };
  }

  async #answerForm(message: Incoming): Promise<string> {
    const value = await this.response({ requestId: attributeOf(message.xml, 'ID'), ...this.answer });
    const relay =
      message.relayState === undefined || this.relayState === 'drop'
        ? ''
        : `<input type="hidden" name="RelayState" value="${escapeHtml(message.relayState)}">`;
    return `<form method="post" action="${escapeHtml(this.#sp.acsUrl)}"><input type="hidden" name="SAMLResponse" value="${value}">${relay}</form>`;
  }
}

type Reply = { status?: number; body?: string; location?: string; type?: string };

async function readIncoming(req: IncomingMessage, rawQuery: string): Promise<Incoming> {
  let text = '';
  for await (const part of req) text += String(part);
  const binding = req.method === 'POST' ? 'post' : 'redirect';
  const fields = new URLSearchParams(binding === 'post' ? text : rawQuery);
  const packed = Buffer.from(fields.get('SAMLRequest') ?? fields.get('SAMLResponse') ?? '', 'base64');
  const xml =
    packed.length === 0 ? '' : (binding === 'post' ? packed : inflateRawSync(packed)).toString('utf8');
  return { binding, xml, relayState: fields.get('RelayState') ?? undefined, rawQuery };
}

/** Whether the query of a redirect message is signed by this certificate. */
export function isSignedQuery(rawQuery: string, certificateBase64: string): boolean {
  const at = rawQuery.indexOf('&Signature=');
  if (at === -1) return false;
  const pem = `-----BEGIN CERTIFICATE-----\n${certificateBase64.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----`;
  const signature = Buffer.from(new URLSearchParams(rawQuery).get('Signature') ?? '', 'base64');
  return createVerify('RSA-SHA256')
    .update(rawQuery.slice(0, at))
    .verify(new X509Certificate(pem).publicKey, signature);
}

export function attributeOf(xml: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(xml)?.[1] ?? '';
}

export function post(browser: Browser, url: string, response: string, relayState?: string): Promise<Page> {
  const fields = { SAMLResponse: response, ...(relayState !== undefined && { RelayState: relayState }) };
  return browser.visit(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
}

/** Through the self-posting pages of a sign-on, until a page has none. */
export async function follow(browser: Browser, url: string): Promise<Page> {
  let page = await browser.open(url, NOWHERE);
  for (let hops = 0; hops < 6 && /name="SAML(Request|Response)"/.test(page.body); hops += 1) {
    page = await browser.submit(page, {}, NOWHERE);
  }
  return page;
}
export const NOWHERE = 'nowhere:';

/** Text of an element that carries `data-field`. */
export function field(page: Page, name: string): string | undefined {
  return new RegExp(`data-field="${name}">([^<]*)<`).exec(page.body)?.[1];
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
