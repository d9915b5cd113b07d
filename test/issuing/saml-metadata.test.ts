import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import { takeAuthnRequest } from '../../src/issuing/saml/intake.ts';
import { certificatesOf, endpointsOf, readEntity } from '../../src/saml/index.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';
import { authnRequest, delivered, travel } from './saml-service-provider.ts';
import { ACS, IDP, type IdpWorld, openIdpWorld, SP, SSO_URL, signOn } from './saml-world.ts';

const DESCRIPTOR = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor';

suite('our metadata', () => {
  test('is signed by the key that signs responses', async () => {
    await using world = await openIdpWorld();
    const xml = await world.idp.metadata();
    const verdict = await xmlsecVerify(xml, world.idpKey.certificatePem, DESCRIPTOR);

    assert.ok(verdict.holds, verdict.says);
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

  test('is not believed from a store that somebody wrote into', async () => {
    await using server = await serve();
    await using world = await openWith(server);
    await world.idp.issuer.issue(signOn(world));
    server.status = 503;
    const evil = { xml: metadataOf('https://evil.example/acs'), at: world.clock.now().toISOString() };
    await world.keyValue.set('issuing:saml-metadata:wiki', JSON.stringify(evil), HOUR);

    await assert.rejects(world.another().issuer.issue(signOn(world)), {
      code: 'issuing.saml_metadata_unavailable',
    });
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

  test('that cannot be read makes strangers of its requests, and a page that is no fault of ours', async () => {
    await using server = await serve();
    server.status = 500;
    await using world = await openWith(server);

    await assert.rejects(taken(world), { code: 'issuing.saml_unknown_party', status: 400 });
    await assert.rejects(taken(world), { code: 'issuing.saml_unknown_party' });
    // The failure is remembered for a while: strangers cannot make us ask again and again.
    assert.equal(server.requests, 1);
  });
});

async function taken(world: IdpWorld): Promise<string> {
  const message = authnRequest(world, { attributes: { AssertionConsumerServiceURL: ACS } });
  return (await takeAuthnRequest(await travel(message), world.idp.intake)).outcome;
}

async function openWith({ url }: { readonly url: string }): Promise<IdpWorld> {
  return await openIdpWorld(() => [
    { id: 'wiki', kind: 'saml', metadataUrl: url, roles: [{ id: 'reader' }, { id: 'editor' }] },
  ]);
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
