import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { migrations } from '../../src/issuing/index.ts';
import { takeAuthnRequest } from '../../src/issuing/saml/intake.ts';
import { createMetadataCopies } from '../../src/issuing/saml/metadata-copies.ts';
import { certificatesOf, endpointsOf, readEntity } from '../../src/saml/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, SamlIdp, type SigningKey } from '../support/saml-idp.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';
import { authnRequest, delivered, travel } from './saml-service-provider.ts';
import { ACS, IDP, type IdpWorld, openIdpWorld, SP, SSO_URL, signOn, testKeys } from './saml-world.ts';

const DESCRIPTOR = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor';

suite('our metadata', () => {
  test('is signed by the key that signs responses', async () => {
    await using world = await openIdpWorld();
    const xml = await world.idp.metadata();
    const verdict = await xmlsecVerify(xml, world.idpKey.certificatePem, DESCRIPTOR);

    assert.ok(verdict.holds, verdict.says);
  });

  test('says what may sign, so that nobody takes SHA-1 for want of better', async () => {
    await using world = await openIdpWorld();
    const xml = await world.idp.metadata();
    const methods = (name: string): string[] =>
      Array.from(
        xml.matchAll(new RegExp(`<alg:${name}[^>]* Algorithm="([^"]+)"`, 'g')),
        ([, uri = '']) => uri,
      );

    assert.equal(methods('SigningMethod')[0], 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
    assert.equal(methods('DigestMethod')[0], 'http://www.w3.org/2001/04/xmlenc#sha256');
    assert.ok(
      [...methods('SigningMethod'), ...methods('DigestMethod')].every((uri) => !/sha1|md5/.test(uri)),
    );
    // SAML Metadata 2.3.2: signature, extensions, roles.
    assert.match(xml, /<\/ds:Signature><md:Extensions>.*<\/md:Extensions><md:IDPSSODescriptor/);
  });

  test('names the key that signs, and the one that will', async () => {
    await using world = await openIdpWorld();
    const { entityId, role } = readEntity(await world.idp.metadata(), {
      ...{ role: 'IDPSSODescriptor', signedBy: [], now: world.clock.now() },
    });
    const bare = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, '');

    assert.equal(entityId, IDP);
    assert.deepEqual(certificatesOf(role, 'signing'), [
      bare(world.idpKey.certificatePem),
      bare(world.nextKey.certificatePem),
    ]);
  });

  test('names both bindings of sign-in and logout, and the formats of names', async () => {
    await using world = await openIdpWorld();
    const { role } = readEntity(await world.idp.metadata(), {
      ...{ role: 'IDPSSODescriptor', signedBy: [], now: world.clock.now() },
    });
    const of = (name: string) =>
      endpointsOf(role, name).map(({ binding, location }) => `${binding.split(':').at(-1)} ${location}`);

    assert.deepEqual(of('SingleSignOnService'), [`HTTP-Redirect ${SSO_URL}`, `HTTP-POST ${SSO_URL}`]);
    assert.deepEqual(of('SingleLogoutService'), [
      'HTTP-Redirect https://sso.example/saml/slo',
      'HTTP-POST https://sso.example/saml/slo',
    ]);
    assert.equal(endpointsOf(role, 'NameIDFormat').length, 4);
  });

  test('is made once an hour, and is valid for a week', async () => {
    await using world = await openIdpWorld();
    const first = await world.idp.metadata();
    world.clock.advance(59 * MINUTE);

    assert.equal(await world.idp.metadata(), first);
    world.clock.advance(MINUTE);
    assert.notEqual(await world.idp.metadata(), first);
    assert.match(first, / validUntil="2026-03-09T09:00:00Z"/);
  });
});

suite('metadata of an application behind a URL', () => {
  test('says where answers go, and who signs', async () => {
    await using server = await serve();
    await using world = await openWith(server);

    assert.equal(await taken(world), 'waiting');
    assert.equal(delivered((await world.idp.issuer.issue(signOn(world))).answer).action, ACS);
  });

  test('is read again after its interval, and a changed address counts from then on', async () => {
    await using server = await serve();
    await using world = await openWith(server);
    await world.idp.issuer.issue(signOn(world));
    server.acs = 'https://wiki.example/moved';
    world.clock.advance(2 * HOUR);

    // The one that finds it old still gets the old one; the refresh runs behind it.
    await world.idp.issuer.issue(signOn(world));
    await until(() => server.requests === 2);
    await until(
      async () => delivered((await world.idp.issuer.issue(signOn(world))).answer).action === server.acs,
    );
  });

  test('is still believed while it cannot be read, for as long as configured', async () => {
    await using server = await serve();
    await using world = await openWith(server);
    await world.idp.issuer.issue(signOn(world));
    server.status = 500;
    world.clock.advance(6 * DAY);
    assert.ok(await world.idp.issuer.issue(signOn(world)));

    world.clock.advance(2 * DAY);

    await assert.rejects(world.idp.issuer.issue(signOn(world)), {
      code: 'issuing.saml_metadata_unavailable',
      status: 503,
    });
  });

  test('is known to a process that starts while it cannot be read', async () => {
    await using server = await serve();
    await using world = await openWith(server);
    await world.idp.issuer.issue(signOn(world));
    server.status = 503;

    assert.ok(await world.another().issuer.issue(signOn(world)));
  });

  test('that turns bad changes nothing', async () => {
    await using server = await serve();
    await using world = await openWith(server);
    await world.idp.issuer.issue(signOn(world));
    for (const body of ['<x/>', '<!DOCTYPE a []><a/>', metadataOf('http://evil.example/acs'), '']) {
      server.body = body;
      world.clock.advance(2 * HOUR);
      await world.idp.issuer.issue(signOn(world));
    }

    assert.equal(delivered((await world.idp.issuer.issue(signOn(world))).answer).action, ACS);
  });

  test('that was never read is no stranger: its people hear to try again, and strangers no more than that', async () => {
    await using server = await serve();
    server.status = 500;
    await using world = await openWith(server);

    await assert.rejects(taken(world), { code: 'issuing.saml_metadata_unavailable', status: 503 });
    await assert.rejects(taken(world), { code: 'issuing.saml_metadata_unavailable' });
    // The failure is remembered for a while: strangers cannot make us ask again and again.
    assert.equal(server.requests, 1);
    assert.match((await world.idp.check())[0]?.message ?? '', /status 500/);

    server.status = 200;
    world.clock.advance(MINUTE);
    assert.equal(await taken(world), 'waiting');
    assert.deepEqual(await world.idp.check(), []);
  });

  test('that is there at last lets people in at once, however long it was away', async () => {
    await using server = await serve();
    server.status = 500;
    await using world = await openWith(server);
    for (let times = 0; times < 8; times += 1) {
      await assert.rejects(taken(world), { code: 'issuing.saml_metadata_unavailable' });
      world.clock.advance(5 * SECOND);
    }

    server.status = 200;

    assert.equal(await taken(world), 'waiting');
    assert.equal(server.requests, 9, 'one for each five seconds in which somebody came');
  });

  test('that was read leaves a stranger a stranger', async () => {
    await using server = await serve();
    await using world = await openWith(server);

    await assert.rejects(taken(world, 'https://stranger.example/sp'), { code: 'issuing.saml_unknown_party' });
  });

  test('of one application that is away keeps nobody out of another one', async () => {
    await using server = await serve();
    await using away = await serve();
    away.status = 500;
    await using world = await openWith(server, [byUrl('forum', away.url)]);

    assert.equal(await taken(world), 'waiting');
  });

  test('of two that show one name lets neither in, and the check says what to do', async () => {
    await using server = await serve();
    await using world = await openWith(server, [byUrl('copy', server.url)]);

    await assert.rejects(taken(world), { code: 'issuing.saml_ambiguous_party', status: 409 });
    const problems = await world.idp.check();
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['relyingParties.wiki', 'relyingParties.copy'],
    );
    assert.match(problems[0]?.message ?? '', /entity id of copy; set entityId on the right one/);
  });

  test('of two that show one name goes to the one that is configured to have it', async () => {
    await using server = await serve();
    await using world = await openWith(server, [{ ...byUrl('copy', server.url), entityId: SP }]);

    assert.equal(await taken(world), 'waiting');
    assert.deepEqual(
      (await world.idp.check()).map(({ path }) => path),
      ['relyingParties.wiki'],
    );
  });

  test('with pinned certificates is believed only under the signature of one of them', async () => {
    await using server = await serve();
    const [pinned, other] = await Promise.all([makeSigningKey(), makeSigningKey()]);
    const pins = { metadataCertificates: [{ certificate: pinned.certificatePem }] };
    await using world = await openIdpWorld(() => [{ ...byUrl('wiki', server.url), ...pins }]);
    const bodies = [undefined, signedMetadata(other), `${signedMetadata(pinned).replace('/acs"', '/evil"')}`];
    for (const body of bodies) {
      server.body = body;
      world.clock.advance(HOUR);
      await assert.rejects(taken(world), { code: 'issuing.saml_metadata_unavailable' });
    }
    server.body = signedMetadata(pinned);
    world.clock.advance(HOUR);

    assert.equal(await taken(world), 'waiting');
  });
});

suite('the copy of metadata in the database', () => {
  test('is sealed: nobody who can write there says where assertions go', async () => {
    await using database = await createTestDatabase(migrations);
    const copies = createMetadataCopies(database.db, testKeys([]));
    const url = new URL('https://wiki.example/metadata');
    const at = new Date('2026-03-02T08:00:00Z');
    await copies.keep('wiki', url, { xml: metadataOf(ACS), at: new Date(0) });
    await copies.keep('wiki', url, { xml: metadataOf(ACS), at });
    await copies.keep('forum', url, { xml: metadataOf('https://evil.example/acs'), at });

    assert.deepEqual(await copies.read('wiki', url), { xml: metadataOf(ACS), at });
    assert.equal(await copies.read('other', url), undefined);
    await assert.rejects(copies.read('wiki', new URL('https://evil.example/metadata')));
    await sql`update issuing_saml_metadata set sealed =
      (select sealed from issuing_saml_metadata where relying_party = 'forum')`.execute(database.db);
    await assert.rejects(copies.read('wiki', url));
  });
});

/** As an application publishes it that signs its metadata. */
function signedMetadata(key: SigningKey): string {
  const signer = new SamlIdp(key, new ManualClock(), { entityId: IDP, acsUrl: ACS });
  const xml = metadataOf(ACS).replace('<md:EntityDescriptor ', '<md:EntityDescriptor ID="_m1" ');
  return signer.sign(xml, 'EntityDescriptor');
}

function byUrl(id: string, metadataUrl: string): object {
  return { id, kind: 'saml', metadataUrl, roles: [{ id: 'reader' }, { id: 'editor' }] };
}

async function taken(world: IdpWorld, issuer = SP): Promise<string> {
  const message = authnRequest(world, { issuer, attributes: { AssertionConsumerServiceURL: ACS } });
  return (await takeAuthnRequest(await travel(message), world.idp.intake)).outcome;
}

async function openWith({ url }: { readonly url: string }, more: readonly object[] = []): Promise<IdpWorld> {
  return await openIdpWorld(() => [byUrl('wiki', url), ...more]);
}

function metadataOf(acs: string): string {
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SP}">` +
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
    `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="0"/>` +
    '</md:SPSSODescriptor></md:EntityDescriptor>'
  );
}

async function serve() {
  const state = { acs: ACS, status: 200, requests: 0, body: undefined as string | undefined };
  const server = createServer((_request, response) => {
    state.requests += 1;
    response.writeHead(state.status).end(state.body ?? metadataOf(state.acs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://wiki.localhost:${(server.address() as AddressInfo).port}/metadata`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Waits for something that happens behind a request; the runner's timeout ends a test in which it never does. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
