import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { SAML } from '@node-saml/passport-saml';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser, readForm } from './client/browser.ts';
import { send, sendForm } from './client/request.ts';
import {
  ACS,
  attributeIn,
  createServiceProvider,
  deliveredBy,
  SP_ENTITY,
  signInAt,
  strangerKeyPem,
  type TestServiceProvider,
} from './client/service-provider.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let sp: TestServiceProvider;
let browser: Browser;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['access-manager'] });
  sp = await createServiceProvider();
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => {
  sandbox.registerBroker({ serviceProviders: [{ entityId: SP_ENTITY, metadata: sp.metadata() }] });
  sandbox.reset();
  browser = new Browser();
});

test('a person signs in by SAML and node-saml accepts the response', async () => {
  const saml = await sp.saml(sandbox);

  const page = await signInAt(browser, await saml.getAuthorizeUrlAsync('/catalog', undefined, {}), 'noah');
  const { action, relayState, xml } = deliveredBy(page);
  const { profile } = await saml.validatePostResponseAsync({
    SAMLResponse: Buffer.from(xml).toString('base64'),
  });

  assert.equal(action, ACS);
  assert.equal(relayState, '/catalog');
  assert.doesNotMatch(page.body, /<script(?![^>]*src=)/);
  assert.equal(profile?.['issuer'], sandbox.url('am', '/nidp/saml2/metadata'));
  assert.match(profile?.nameID ?? '', /^[\w-]{43}$/);
  assert.deepEqual(attributeIn(xml, 'mail'), ['noah@halden.example']);
  assert.deepEqual(attributeIn(xml, 'employeeNumber'), ['H1002']);
  assert.deepEqual(attributeIn(xml, 'ou'), ['Merchandising']);
  assert.deepEqual(attributeIn(xml, 'groupMembership'), ['merchandising@staff']);
  assert.deepEqual(attributeIn(xml, 'guid'), [sandbox.people.find('noah')?.uuid]);
  assert.match(xml, /SessionNotOnOrAfter="2026-03-02T17:00:00.000Z"/);
  assert.match(xml, /<saml:AuthnContextClassRef>name\/password\/uri</);
});

test('a request by the POST binding is answered the same way', async () => {
  const saml = await sp.saml(sandbox, { skipRequestCompression: true });
  const { SAMLRequest } = await saml.getAuthorizeMessageAsync('relay', undefined, {});

  const parked = await sendForm(sandbox.url('am', '/nidp/saml2/sso'), {
    SAMLRequest: String(SAMLRequest),
    RelayState: 'relay',
  });
  const page = await signInAt(browser, sandbox.url('am', parked.headers.location), 'noah');

  assert.equal(parked.status, 303);
  assert.equal(deliveredBy(page).relayState, 'relay');
});

test('the same persistent name comes back at the next sign-in, without a password in a live session', async () => {
  const saml = await sp.saml(sandbox);
  const name = (xml: string): string | undefined => /<saml:NameID[^>]*>([^<]*)</.exec(xml)?.[1];

  const first = await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');
  const second = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));

  assert.equal(name(deliveredBy(first).xml), name(deliveredBy(second).xml));
});

test('ForceAuthn asks for the password in a live session', async () => {
  const saml = await sp.saml(sandbox);
  const forcing = await sp.saml(sandbox, { forceAuthn: true });
  await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');
  clock.advance(60_000);

  const asked = await browser.open(await forcing.getAuthorizeUrlAsync('', undefined, {}));
  const page = await browser.submit(asked, { Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' });

  assert.match(asked.body, /Ecom_Password/);
  assert.match(deliveredBy(page).xml, new RegExp(`AuthnInstant="${clock.now().toISOString()}"`));
});

test('IsPassive without a session answers NoPassive', async () => {
  const saml = await sp.saml(sandbox, { passive: true });

  const { xml } = deliveredBy(await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {})));

  assert.match(xml, /status:Responder"><samlp:StatusCode Value="[^"]*:NoPassive"/);
  assert.doesNotMatch(xml, /Assertion /);
});

test('an authentication context that a password does not satisfy answers NoAuthnContext', async () => {
  const saml = await sp.saml(sandbox, {
    disableRequestedAuthnContext: false,
    authnContext: ['urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken'],
  });

  const page = await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');

  assert.match(deliveredBy(page).xml, /NoAuthnContext/);
});

test('a name format that is not offered answers InvalidNameIDPolicy', async () => {
  const saml = await sp.saml(sandbox, {
    identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos',
  });

  const page = await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');

  assert.match(deliveredBy(page).xml, /InvalidNameIDPolicy/);
});

test('people outside Access Manager, wrong passwords and disabled people stay on the form', async () => {
  const saml = await sp.saml(sandbox);
  const url = await saml.getAuthorizeUrlAsync('', undefined, {});
  const outside = await signInAt(browser, url, 'mira');
  const wrong = await signInAt(browser, url, 'noah', 'wrong');
  sandbox.people.change('noah', { disabled: true });
  const disabled = await signInAt(browser, url, 'noah');

  for (const page of [outside, wrong, disabled]) assert.match(page.body, /class="problem"/);
});

test('the session of a person who was disabled or taken out of Access Manager is worth nothing', async () => {
  const saml = await sp.saml(sandbox);
  await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');

  sandbox.people.change('noah', { inAccessManager: false });
  const takenOut = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));
  sandbox.people.change('noah', { inAccessManager: true, disabled: true });
  const disabled = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));

  for (const page of [takenOut, disabled]) assert.match(page.body, /Ecom_Password/);
});

test('an unknown service provider gets an error page and nothing is sent to it', async () => {
  const saml = await sp.saml(sandbox, { issuer: 'http://stranger.example/metadata' });

  const page = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));

  assert.equal(page.status, 403);
  assert.match(page.body, /No trusted service provider/);
});

test('a consumer address that is not in the metadata is refused', async () => {
  const saml = await sp.saml(sandbox, { callbackUrl: `${ACS}/other` });

  const page = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));

  assert.equal(page.status, 400);
});

test('requests must be signed when the metadata promises it, and by the right key always', async () => {
  const { privateKey: _key, ...unsigned } = (await sp.saml(sandbox)).options;
  const stranger = await sp.saml(sandbox, { privateKey: strangerKeyPem() });
  const bare = new SAML(unsigned);
  const bareUrl = await bare.getAuthorizeUrlAsync('', undefined, {});

  const promised = await browser.open(bareUrl);
  const forged = await browser.open(await stranger.getAuthorizeUrlAsync('', undefined, {}));
  sandbox.registerBroker({
    serviceProviders: [{ entityId: SP_ENTITY, metadata: sp.metadata({ signsRequests: false }) }],
  });
  const allowed = await browser.open(bareUrl);
  const forgedAnyway = await browser.open(await stranger.getAuthorizeUrlAsync('', undefined, {}));
  sandbox.system('access-manager').turn({ wantAuthnRequestsSigned: true });
  const demanded = await browser.open(bareUrl);

  assert.deepEqual([promised.status, forged.status, forgedAnyway.status], [403, 403, 403]);
  assert.deepEqual([allowed.status, demanded.status], [200, 403]);
});

test('a changed RelayState breaks the signature of a redirect request', async () => {
  const saml = await sp.saml(sandbox);
  const url = await saml.getAuthorizeUrlAsync('here', undefined, {});

  const page = await browser.open(url.replace('RelayState=here', 'RelayState=there'));

  assert.equal(page.status, 403);
});

test('requests that cannot be read, with a document type, or for somebody else are refused', async () => {
  const url = sandbox.url('am', '/nidp/saml2/sso');
  const pack = (xml: string): string => Buffer.from(xml).toString('base64');
  const elsewhere = await sp.saml(sandbox, { entryPoint: sandbox.url('am', '/nidp/saml2/sso?x=1') });

  const garbage = await sendForm(url, { SAMLRequest: 'garbage' });
  const doctype = await sendForm(url, {
    SAMLRequest: pack(
      `<!DOCTYPE a><p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="a" Version="2.0"><i:Issuer xmlns:i="urn:oasis:names:tc:SAML:2.0:assertion">${SP_ENTITY}</i:Issuer></p:AuthnRequest>`,
    ),
  });
  const other = await browser.open(await elsewhere.getAuthorizeUrlAsync('', undefined, {}));

  assert.deepEqual([garbage.status, doctype.status, other.status], [400, 400, 400]);
});

test('each parked request is answered once', async () => {
  const saml = await sp.saml(sandbox);
  const form = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));
  await browser.submit(form, { Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' });

  const again = await browser.visit(form.url);

  assert.equal(again.status, 400);
});

test('a login that nobody asked for is sent to the default consumer without InResponseTo', async () => {
  const page = await signInAt(
    browser,
    sandbox.url('am', `/nidp/saml2/idpsend?PID=${encodeURIComponent(SP_ENTITY)}&TARGET=/catalog`),
    'noah',
  );
  const byNumber = await browser.open(sandbox.url('am', '/nidp/saml2/idpsend?id=0'));
  const delivered = deliveredBy(page);

  assert.equal(delivered.action, ACS);
  assert.equal(delivered.relayState, '/catalog');
  assert.doesNotMatch(delivered.xml, /InResponseTo/);
  assert.ok(deliveredBy(byNumber).xml);
});

test('the metadata of a service provider can be fetched from its address', async () => {
  sandbox.registerBroker({
    serviceProviders: [{ entityId: SP_ENTITY, metadataUrl: sandbox.url('sandbox', '/broker') }],
  });
  const saml = await sp.saml(sandbox);

  const notMetadata = await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {}));

  assert.equal(notMetadata.status, 403);
  assert.match(notMetadata.body, /metadata of the service provider .* cannot be read/);
});

test('metadata holds both roles, the service provider first', async () => {
  const { body, headers } = await send(sandbox.url('am', '/nidp/saml2/metadata'));

  assert.match(headers['content-type'] ?? '', /samlmetadata\+xml/);
  assert.ok(body.indexOf('SPSSODescriptor') < body.indexOf('IDPSSODescriptor'));
  assert.match(body, /entityID="http:\/\/am\.localhost:\d+\/nidp\/saml2\/metadata"/);
});

test('the login form carries the field names of Access Manager', async () => {
  const saml = await sp.saml(sandbox);

  const { fields } = readForm(await browser.open(await saml.getAuthorizeUrlAsync('', undefined, {})));

  assert.deepEqual(Object.keys(fields), ['Ecom_User_ID', 'Ecom_Password', 'option', 'sid']);
});
