import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { SamlConfig } from '@node-saml/passport-saml';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import { send } from './client/request.ts';
import {
  ACS,
  attributeIn,
  createServiceProvider,
  type Delivered,
  deliveredBy,
  SP_ENTITY,
  signInAt,
  type TestServiceProvider,
} from './client/service-provider.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let sp: TestServiceProvider;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['access-manager'] });
  sp = await createServiceProvider();
  sandbox.registerBroker({ serviceProviders: [{ entityId: SP_ENTITY, metadata: sp.metadata() }] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

type Positions = Readonly<Record<string, string | number | boolean | null>>;

/** Signs noah in under these positions. */
async function deliver(positions: Positions, config: Partial<SamlConfig> = {}): Promise<Delivered> {
  sandbox.system('access-manager').turn(positions);
  const saml = await sp.saml(sandbox, config);
  return deliveredBy(
    await signInAt(new Browser(), await saml.getAuthorizeUrlAsync('relay', undefined, {}), 'noah'),
  );
}

/** What node-saml thinks of a response: the name, or why it is refused. */
async function judge({ xml }: Delivered, config: Partial<SamlConfig> = {}): Promise<string> {
  const saml = await sp.saml(sandbox, config);
  try {
    const SAMLResponse = Buffer.from(xml).toString('base64');
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
    return `accepted ${profile?.nameID}`;
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : error}`;
  }
}

test('assertion, response or both are signed, or none', async () => {
  const signatures = async (sign: string): Promise<number> =>
    (await deliver({ sign })).xml.split('<ds:SignatureValue>').length - 1;

  assert.deepEqual(
    [
      await signatures('assertion'),
      await signatures('response'),
      await signatures('both'),
      await signatures('none'),
    ],
    [1, 1, 2, 0],
  );
});

test('signatures on both elements are valid for a reader that wants both', async () => {
  const verdict = await judge(await deliver({ sign: 'both' }), { wantAuthnResponseSigned: true });

  assert.match(verdict, /^accepted/);
});

test('a signed response alone is valid for a reader that wants just that', async () => {
  const config = { wantAuthnResponseSigned: true, wantAssertionsSigned: false };

  assert.match(await judge(await deliver({ sign: 'response' }), config), /^accepted/);
});

test('an encrypted assertion is opened by the service provider’s key, with either signature', async () => {
  const inside = await deliver({ encrypt: 'aes256-gcm' });
  const both = await deliver({ encrypt: 'aes256-gcm', sign: 'both' });

  assert.doesNotMatch(inside.xml, /noah/);
  assert.match(inside.xml, /aes256-gcm/);
  assert.match(await judge(inside), /^accepted/);
  assert.match(await judge(both, { wantAuthnResponseSigned: true }), /^accepted/);
});

test('the hostile encryption is AES-CBC', async () => {
  assert.match((await deliver({ encrypt: 'aes128-cbc' })).xml, /xmlenc#aes128-cbc/);
});

test('the name identifier follows the switch, and a generated one changes each time', async () => {
  const nameId = ({ xml }: Delivered): string[] =>
    /<saml:NameID Format="[^"]*:(\w+)"[^>]*>([^<]*)</.exec(xml)?.slice(1) ?? [];

  const transient = [nameId(await deliver({ nameId: 'transient' })), nameId(await deliver({}))];
  const email = nameId(await deliver({ nameId: 'email' }));
  const generated = [nameId(await deliver({ nameId: 'unspecified-generated' })), nameId(await deliver({}))];

  assert.equal(transient[0]?.[0], 'transient');
  assert.notEqual(transient[0]?.[1], transient[1]?.[1]);
  assert.deepEqual(email, ['emailAddress', 'noah@halden.example']);
  assert.equal(generated[0]?.[0], 'unspecified');
  assert.notEqual(generated[0]?.[1], generated[1]?.[1]);
});

test('as requested gives a transient name to whom asks for it', async () => {
  const { xml } = await deliver(
    {},
    { identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' },
  );

  assert.match(xml, /NameID Format="[^"]*:transient"/);
});

test('attribute names are friendly or LDAP selections, and both verify', async () => {
  const { xml } = await deliver({ attributeNames: 'ldap' });

  assert.match(xml, /Name="\/UserAttribute\[@ldap:targetAttribute=&quot;mail&quot;\]"/);
  assert.match(await judge({ xml, action: ACS, relayState: undefined }), /^accepted/);
});

test('groups, guid and the attribute statement can be missing, and groups can be LDAP names', async () => {
  const dn = attributeIn((await deliver({ groupNames: 'dn' })).xml, 'groupMembership');
  const noGroups = attributeIn((await deliver({ omitGroups: true })).xml, 'groupMembership');
  const noGuid = attributeIn((await deliver({ guidAttribute: false })).xml, 'guid');
  const none = (await deliver({ attributes: false })).xml;

  assert.deepEqual(dn, ['cn=merchandising,ou=staff,o=halden']);
  assert.deepEqual([noGroups, noGuid], [[], []]);
  assert.doesNotMatch(none, /AttributeStatement/);
});

test('the session end and the contract follow their switches', async () => {
  const { xml } = await deliver({
    sessionNotOnOrAfter: false,
    authnContext: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  });

  assert.doesNotMatch(xml, /SessionNotOnOrAfter/);
  assert.match(xml, /PasswordProtectedTransport/);
});

test('audience, recipient, destination, issuer and RelayState can be wrong or missing', async () => {
  const wrong = await deliver({
    audienceOverride: 'urn:somebody-else',
    recipientOverride: 'http://evil.example/acs',
    destinationOverride: 'http://evil.example/destination',
    assertionIssuerOverride: 'urn:another-issuer',
    relayStateOverride: 'swapped',
  });
  const missing = await deliver({ audienceOverride: '', destinationOverride: '', relayStateOverride: '' });

  assert.match(wrong.xml, /<saml:Audience>urn:somebody-else</);
  assert.match(wrong.xml, /Recipient="http:\/\/evil\.example\/acs"/);
  assert.match(wrong.xml, /Destination="http:\/\/evil\.example\/destination"/);
  assert.match(wrong.xml, /Version="2\.0"><saml:Issuer>urn:another-issuer</);
  assert.equal(wrong.relayState, 'swapped');
  assert.doesNotMatch(missing.xml, /Audience|Destination=/);
  assert.equal(missing.relayState, undefined);
});

test('expired and future assertions lie an hour away from the clock', async () => {
  const window = ({ xml }: Delivered): string[] =>
    /<saml:Conditions NotBefore="([^"]*)" NotOnOrAfter="([^"]*)"/.exec(xml)?.slice(1) ?? [];

  const [, until = ''] = window(await deliver({ validity: 'expired' }));
  const [from = ''] = window(await deliver({ validity: 'not-yet' }));

  assert.ok(new Date(until) < clock.now());
  assert.ok(new Date(from) > clock.now());
});

test('a shifted clock shifts every instant of a response', async () => {
  sandbox.system('access-manager').clock.offsetMs = 600_000;

  const { xml } = await deliver({});

  const expected = new Date(clock.now().getTime() + 600_000).toISOString();
  assert.match(xml, new RegExp(`IssueInstant="${expected}"`));
  assert.match(xml, new RegExp(`AuthnInstant="${expected}"`));
});

test('InResponseTo can be missing, of another request, or on the envelope only', async () => {
  const answered = ({ xml }: Delivered): string[] =>
    [...xml.matchAll(/<(\w+:\w+)[^>]* InResponseTo="([^"]*)"/g)].map(
      ([, element, id]) => `${element} ${id?.startsWith('_') ? 'ours' : id}`,
    );

  assert.deepEqual(answered(await deliver({})), ['samlp:Response ours', 'saml:SubjectConfirmationData ours']);
  assert.deepEqual(answered(await deliver({ inResponseTo: 'none' })), []);
  assert.deepEqual(answered(await deliver({ inResponseTo: 'other' })), [
    'samlp:Response id-of-another-request',
    'saml:SubjectConfirmationData id-of-another-request',
  ]);
  assert.deepEqual(answered(await deliver({ inResponseTo: 'envelope-only' })), ['samlp:Response ours']);
});

test('subject confirmation can be missing or of another kind', async () => {
  assert.doesNotMatch((await deliver({ confirmation: 'none' })).xml, /SubjectConfirmation/);
  assert.match((await deliver({ confirmation: 'holder-of-key' })).xml, /cm:holder-of-key/);
});

test('an unknown key and a change after signing do not verify', async () => {
  assert.match(await judge(await deliver({ signature: 'unknown-key' })), /refused: Invalid signature/);
  assert.match(await judge(await deliver({ signature: 'tampered' })), /refused: Invalid signature/);
  assert.match(await judge(await deliver({ signature: 'tampered', sign: 'response' })), /refused: Invalid/);
});

test('signature wrapping keeps a valid signature beside a forged assertion', async () => {
  const { xml } = await deliver({ signature: 'wrapped' });

  const assertions = xml.split('<saml:Assertion ').length - 1;
  const forged = xml.slice(xml.indexOf('</samlp:Status>'));
  assert.equal(assertions, 2);
  assert.match(forged, /forged-ada/);
  assert.doesNotMatch(forged, /SignatureValue/);
  assert.doesNotMatch(await judge({ xml, action: ACS, relayState: undefined }), /accepted forged/);
});

test('SHA-1 signatures are made on demand', async () => {
  const { xml } = await deliver({ signatureAlgorithm: 'rsa-sha1' });

  assert.match(xml, /xmldsig#rsa-sha1/);
  assert.match(xml, /xmldsig#sha1/);
});

test('a comment in the name leaves the signature valid', async () => {
  const delivered = await deliver({ nameIdComment: true, nameId: 'email' });

  assert.match(delivered.xml, />noa<!-- -->h@halden\.example</);
  assert.equal(await judge(delivered), 'accepted noah@halden.example');
});

test('assertion ids repeat and document types appear on demand', async () => {
  const first = await deliver({ repeatAssertionId: true });
  const second = await deliver({ doctype: true });

  for (const { xml } of [first, second]) assert.match(xml, /<saml:Assertion [^>]*ID="id-that-repeats"/);
  assert.match(second.xml, /^<!DOCTYPE/);
});

test('a unique id moves entity id and endpoints, and the general metadata still shows the others', async () => {
  sandbox.system('access-manager').turn({ uniqueId: 'vestibule' });
  const general = await send(sandbox.url('am', '/nidp/saml2/metadata'));
  const ours = await send(sandbox.url('am', '/nidp/saml2/vestibule/metadata'));
  const old = await sp.saml(sandbox);

  const { xml } = await deliver({}, { entryPoint: sandbox.url('am', '/nidp/saml2/vestibule/sso') });
  const atOldAddress = await send(await old.getAuthorizeUrlAsync('', undefined, {}));

  assert.match(general.body, /entityID="[^"]*\/nidp\/saml2\/metadata"/);
  assert.match(ours.body, /entityID="[^"]*\/nidp\/saml2\/vestibule\/metadata"/);
  assert.match(ours.body, /SingleSignOnService [^>]*\/nidp\/saml2\/vestibule\/sso"/);
  assert.match(xml, /<saml:Issuer[^>]*>[^<]*\/vestibule\/metadata</);
  assert.equal(atOldAddress.status, 404);
});

test('metadata is signed, shows two signing certificates and another entity id by switch', async () => {
  sandbox.system('access-manager').turn({
    signMetadata: true,
    signingCertificates: 'two',
    entityIdOverride: 'urn:halden:am',
    wantAuthnRequestsSigned: true,
  });

  const { body } = await send(sandbox.url('am', '/nidp/saml2/metadata'));

  assert.match(body, /<md:EntityDescriptor[^>]*entityID="urn:halden:am"[^>]*><ds:Signature/);
  assert.equal(body.split('use="signing"').length - 1, 4);
  assert.match(body, /IDPSSODescriptor WantAuthnRequestsSigned="true"/);
});

test('after a key rotation the formerly next certificate signs', async () => {
  sandbox.system('access-manager').turn({ signingCertificates: 'two' });
  const saml = await sp.saml(sandbox);

  sandbox.system('access-manager').actions?.['rotate-signing-key']?.run({});
  const { xml } = await deliver({});
  const { profile } = await saml.validatePostResponseAsync({
    SAMLResponse: Buffer.from(xml).toString('base64'),
  });

  assert.ok(profile?.nameID);
});
