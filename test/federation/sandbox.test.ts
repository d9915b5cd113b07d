import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import {
  ConnectionConfig,
  createUpstreams,
  migrations,
  type Upstream,
  type UpstreamResult,
} from '../../src/federation/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { Browser, readForm } from '../sandbox/client/browser.ts';
import { signIn as signInAtOtds } from '../sandbox/client/otds.ts';
import { signInAt as signInAtAccessManager } from '../sandbox/client/service-provider.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, type SigningKey } from '../support/saml-idp.ts';

/** Our client against simulators that share no code with it, in every position of what is not known for sure. */
const PUBLIC_URL = 'http://sso.localhost';
const clock = new ManualClock();
let sandbox: Sandbox;
let db: TestDatabase;
let spKey: SigningKey;
let opened: AsyncDisposableStack;

const trust = () => ({ metadataUrl: sandbox.url('am', '/nidp/saml2/metadata') });

async function open(config: object): Promise<Upstream> {
  const parsed = ConnectionConfig.parse(config);
  const http = opened.use(createHttpClient({ allowInsecureLoopback: true }));
  const upstreams = opened.use(
    createUpstreams({
      connections: [parsed],
      publicUrl: new URL(PUBLIC_URL),
      allowInsecureLoopback: true,
      http,
      clock,
      log: silentLog,
      db: db.db,
      keys: { samlServiceProviderKeys: () => Promise.resolve([spKey]) },
    }),
  );
  const upstream = upstreams.get(parsed.id);
  if (!upstream) throw new Error('the connection is missing');
  return upstream;
}

const otds = (more: object = {}) =>
  open({
    id: 'otds',
    preset: 'otds',
    baseUrl: sandbox.url('otds', '/otdsws'),
    clientId: 'vestibule',
    clientSecret: 'vestibule-demo-secret',
    ...more,
  });

async function throughOtds(upstream: Upstream, login: string): Promise<UpstreamResult> {
  const { go, pending } = await upstream.begin({});
  assert.equal(go.kind, 'redirect');
  const back = await signInAtOtds(new Browser(), go.url.href, login);
  const params = new URL(back.headers.location ?? '').searchParams;
  return await upstream.finish(await upstream.receive({ kind: 'query', params }), pending);
}

/** With fresh metadata: the database may hold that of an earlier test. */
async function accessManager(more: object = {}): Promise<Upstream> {
  const upstream = await open({ id: 'am', preset: 'access-manager', ...trust(), ...more });
  assert.deepEqual(await upstream.check(), []);
  return upstream;
}

async function throughAccessManager(
  upstream: Upstream,
  login: string,
  options: Parameters<Upstream['begin']>[0] = {},
): Promise<UpstreamResult> {
  const { go, pending } = await upstream.begin(options);
  assert.equal(go.kind, 'redirect');
  const page = await signInAtAccessManager(new Browser(), go.url.href, login);
  const received = await upstream.receive({ kind: 'form', fields: readForm(page).fields });
  return await upstream.finish(received, pending);
}

function identityOf(result: UpstreamResult): Identity {
  assert.equal(result.outcome, 'identity', JSON.stringify(result));
  return result.identity;
}

suite('our client against the simulators', () => {
  before(async () => {
    opened = new AsyncDisposableStack();
    sandbox = opened.use(await startSandbox({ port: 0, clock, only: ['otds', 'access-manager'] }));
    db = opened.use(await createTestDatabase(migrations));
    spKey = await makeSigningKey();
  });
  after(() => opened.disposeAsync());
  beforeEach(async () => {
    const metadata =
      (await (await open({ id: 'am', preset: 'access-manager', ...trust() })).metadataXml?.()) ?? '';
    sandbox.registerBroker({
      redirectUris: [`${PUBLIC_URL}/login/otds/callback`],
      serviceProviders: [{ entityId: `${PUBLIC_URL}/login/am/metadata`, metadata }],
    });
    sandbox.reset();
  });

  test('mira signs in through OTDS', async () => {
    const identity = identityOf(await throughOtds(await otds(), 'mira'));

    assert.deepEqual(identity.groups, ['merchandising@staff']);
    assert.equal(identity.mail, 'mira@halden.example');
    assert.equal(identity.issuer, sandbox.url('otds', '/otdsws'));
    assert.equal(identity.subject, sandbox.people.find('mira')?.uuid);
  });

  for (const basePath of [
    '/otds/otdsws',
    '/otdstenant/halden/otdsws',
    '/otdsws/otdstenant/halden',
    '/tenants/halden',
  ]) {
    test(`OTDS may be deployed at ${basePath}`, async () => {
      sandbox.system('otds').turn({ basePath });

      identityOf(await throughOtds(await otds({ baseUrl: sandbox.url('otds', basePath) }), 'mira'));
    });
  }

  for (const positions of [
    { discovery: 'oauth2-folder' },
    { subject: 'login' },
    { subject: 'login@partition' },
    { emailClaim: false },
    { customClaims: false },
    { authenticationClaims: false },
    { pkce: 'ignore' },
    { pkce: 'require' },
    { issParameter: true },
    { unlistedScopes: 'refuse' },
    { clientAuthentication: 'post' },
    { refreshTokens: 'none' },
    { backchannelLogout: true },
  ]) {
    test(`OTDS with ${JSON.stringify(positions)} lets people in`, async () => {
      sandbox.system('otds').turn(positions);

      identityOf(await throughOtds(await otds(), 'mira'));
    });
  }

  for (const discovery of ['missing', 'html']) {
    test(`OTDS without discovery (${discovery}) works once the issuer is configured`, async () => {
      sandbox.system('otds').turn({ discovery });

      await assert.rejects(throughOtds(await otds(), 'mira'), { code: 'federation.upstream_unavailable' });
      identityOf(await throughOtds(await otds({ expectedIssuer: sandbox.url('otds', '/otdsws') }), 'mira'));
    });
  }

  test('OTDS that wants HTTP Basic gets it', async () => {
    sandbox.system('otds').turn({ clientAuthentication: 'basic' });

    await assert.rejects(throughOtds(await otds(), 'mira'), { code: 'federation.client_refused' });
    identityOf(await throughOtds(await otds({ clientAuthentication: 'client_secret_basic' }), 'mira'));
  });

  test('OTDS whose issuer is another name than the one that browsers use', async () => {
    sandbox.system('otds').turn({ issuerOverride: 'https://otds.halden.example/otdsws' });

    const identity = identityOf(await throughOtds(await otds(), 'mira'));

    assert.equal(identity.issuer, 'https://otds.halden.example/otdsws');
  });

  test('OTDS that we reach by its internal name', async () => {
    const issuer = sandbox.url('otds', '/otdsws');
    sandbox.system('otds').turn({ issuerOverride: issuer });
    const backChannelBaseUrl = sandbox.url('otds-internal', '/otdsws');

    const identity = identityOf(await throughOtds(await otds({ backChannelBaseUrl }), 'mira'));

    assert.equal(identity.issuer, issuer);
  });

  for (const [positions, code] of [
    [{ signature: 'unknown-key' }, 'federation.signature_invalid'],
    [{ signature: 'none' }, 'federation.upstream_misbehaved'],
    [{ signature: 'hs256-client-secret' }, 'federation.upstream_misbehaved'],
    [{ signature: 'hs256-public-key' }, 'federation.upstream_misbehaved'],
    [{ signature: 'broken' }, 'federation.signature_invalid'],
    [{ audOverride: 'another' }, 'federation.wrong_audience'],
    [{ nonceOverride: 'another' }, 'federation.wrong_transaction'],
    [{ stateOverride: 'another' }, 'federation.wrong_transaction'],
  ] as const) {
    test(`OTDS with ${JSON.stringify(positions)} is refused`, async () => {
      sandbox.system('otds').turn(positions);

      await assert.rejects(throughOtds(await otds(), 'mira'), { code });
    });
  }

  test('OTDS may change its signing key', async () => {
    const upstream = await otds();
    identityOf(await throughOtds(upstream, 'mira'));
    clock.advance(60_000);
    sandbox.system('otds').actions?.['rotate-keys']?.run(undefined);

    identityOf(await throughOtds(upstream, 'mira'));
  });

  test('a partition of OTDS may be closed', async () => {
    sandbox.system('otds').turn({ subject: 'login@partition' });
    const upstream = await otds({ allowedPartitions: ['staff'], partition: { claim: 'sub' } });

    const olu = await throughOtds(upstream, 'olu');

    assert.equal(olu.outcome === 'refused' && olu.code, 'federation.partition_refused');
    identityOf(await throughOtds(upstream, 'mira'));
  });

  test('noah signs in through Access Manager', async () => {
    const config = { sharedKey: { attribute: 'employeeNumber' } };

    const identity = identityOf(await throughAccessManager(await accessManager(config), 'noah'));

    assert.equal(identity.subject, sandbox.people.find('noah')?.uuid);
    assert.equal(identity.mail, 'noah@halden.example');
    assert.deepEqual(identity.groups, ['merchandising@staff']);
    assert.deepEqual(identity.attributes['sharedKey'], ['H1002']);
    assert.equal(identity.authnContext, 'name/password/uri');
    assert.ok(identity.sessionEnd);
    assert.ok(identity.upstreamSession['sessionIndex']);
  });

  for (const positions of [
    { sign: 'response' },
    { sign: 'both' },
    { encrypt: 'aes256-gcm' },
    { encrypt: 'aes256-gcm', sign: 'response' },
    { encrypt: 'aes256-gcm', sign: 'both' },
    { attributeNames: 'ldap' },
    { nameId: 'transient' },
    { nameId: 'unspecified-generated' },
    { signingCertificates: 'two' },
    { signMetadata: true },
    { wantAuthnRequestsSigned: true },
    { sessionNotOnOrAfter: false },
    { omitGroups: true },
    { entityIdOverride: 'https://am.halden.example/idp' },
  ]) {
    test(`Access Manager with ${JSON.stringify(positions)} lets people in`, async () => {
      sandbox.system('access-manager').turn(positions);

      const identity = identityOf(await throughAccessManager(await accessManager(), 'noah'));

      assert.equal(identity.subject, sandbox.people.find('noah')?.uuid);
    });
  }

  for (const [positions, code] of [
    [{ sign: 'none' }, 'federation.signature_invalid'],
    [{ encrypt: 'aes128-cbc' }, 'federation.algorithm_refused'],
    [{ signatureAlgorithm: 'rsa-sha1' }, 'federation.algorithm_refused'],
    [{ signature: 'unknown-key' }, 'federation.signature_invalid'],
    [{ signature: 'tampered' }, 'federation.signature_invalid'],
    [{ signature: 'wrapped' }, 'federation.signature_invalid'],
    [{ audienceOverride: 'https://another.example' }, 'federation.wrong_audience'],
    [{ audienceOverride: '' }, 'federation.wrong_audience'],
    [{ recipientOverride: 'https://another.example' }, 'federation.wrong_destination'],
    [{ destinationOverride: 'https://another.example' }, 'federation.wrong_destination'],
    [{ assertionIssuerOverride: 'https://another.example' }, 'federation.wrong_issuer'],
    [{ validity: 'expired' }, 'federation.expired'],
    [{ validity: 'not-yet' }, 'federation.expired'],
    [{ inResponseTo: 'none' }, 'federation.answer_unsolicited'],
    [{ inResponseTo: 'other' }, 'federation.wrong_transaction'],
    [{ inResponseTo: 'envelope-only' }, 'federation.answer_unsolicited'],
    [{ confirmation: 'none' }, 'federation.assertion_refused'],
    [{ confirmation: 'holder-of-key' }, 'federation.assertion_refused'],
    [{ nameIdComment: true }, 'federation.answer_malformed'],
    [{ doctype: true }, 'federation.answer_malformed'],
  ] as const) {
    test(`Access Manager with ${JSON.stringify(positions)} is refused`, async () => {
      sandbox.system('access-manager').turn(positions);

      await assert.rejects(throughAccessManager(await accessManager(), 'noah'), { code });
    });
  }

  test('Access Manager that repeats an assertion id is refused the second time', async () => {
    sandbox.system('access-manager').turn({ repeatAssertionId: true });
    identityOf(await throughAccessManager(await accessManager(), 'noah'));

    await assert.rejects(throughAccessManager(await accessManager(), 'noah'), {
      code: 'federation.replayed',
    });
  });

  test('Access Manager without a guid is refused, and works with a persistent NameID', async () => {
    sandbox.system('access-manager').turn({ guidAttribute: false, nameId: 'persistent' });

    const missing = await throughAccessManager(await accessManager(), 'noah');
    const byName = await throughAccessManager(
      await accessManager({ subject: { nameId: 'persistent' } }),
      'noah',
    );

    assert.equal(missing.outcome === 'refused' && missing.code, 'federation.subject_missing');
    identityOf(byName);
  });

  test('Access Manager says so when a passive try finds no session', async () => {
    const upstream = await accessManager();
    const { go, pending } = await upstream.begin({ passive: true });
    assert.equal(go.kind, 'redirect');

    const page = await new Browser().open(go.url.href);
    const received = await upstream.receive({ kind: 'form', fields: readForm(page).fields });
    const result = await upstream.finish(received, pending);

    assert.equal(result.outcome === 'refused' && result.code, 'federation.login_required');
  });
});
