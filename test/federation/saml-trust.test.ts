import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { makeSigningKey } from '../support/saml-idp.ts';
import { inlineConfig, openSamlWorld, signIn, upstreamOf } from './saml-world.ts';

const polled =
  (more: object = {}) =>
  (_idp: unknown, metadataUrl: string) => [{ id: 'am', preset: 'access-manager', metadataUrl, ...more }];

test('of an entity with both roles, the identity provider is taken', async () => {
  await using world = await openSamlWorld();
  world.metadata.xml = world.idp.metadata({ roles: 'both' });

  const result = await signIn(world, upstreamOf(world.open(polled())));

  assert.equal(result.outcome, 'identity');
});

test('metadata is read again after its interval, and a new certificate works beside the old one', async () => {
  await using world = await openSamlWorld();
  const next = await makeSigningKey();
  const upstream = upstreamOf(world.open(polled()));
  await signIn(world, upstream);
  await assert.rejects(signIn(world, upstream, { signature: { key: next } }), {
    code: 'federation.signature_invalid',
  });

  world.metadata.xml = world.idp.metadata({ keys: [world.idp.key, next] });
  world.clock.advance(HOUR);
  assert.deepEqual(await upstream.check(), []);

  assert.equal((await signIn(world, upstream)).outcome, 'identity');
  assert.equal((await signIn(world, upstream, { signature: { key: next } })).outcome, 'identity');

  world.metadata.xml = world.idp.metadata({ keys: [next] });
  await upstream.check();
  await assert.rejects(signIn(world, upstream), { code: 'federation.signature_invalid' });
});

test('unchanged metadata is not sent again', async () => {
  await using world = await openSamlWorld();
  world.metadata.etag = '"v1"';
  const upstream = upstreamOf(world.open(polled()));
  await signIn(world, upstream);

  world.clock.advance(HOUR);
  await upstream.check();

  assert.equal(world.metadata.notModified, 1);
  assert.equal(upstream.health().state, 'ok');
});

test('an upstream whose metadata is away keeps working with the last good one, for a time, and says so', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open(polled({ metadataMaxAge: '2d' })));
  await signIn(world, upstream);

  world.metadata.status = 500;
  world.clock.advance(DAY);
  assert.equal((await upstream.check()).length, 1);
  assert.equal(upstream.health().state, 'stale');
  assert.equal((await signIn(world, upstream)).outcome, 'identity');

  world.clock.advance(DAY);
  assert.equal(upstream.health().state, 'unavailable');
  await assert.rejects(upstream.begin({}), { code: 'federation.upstream_unavailable', status: 503 });
});

test('a restart while the upstream is down starts from the kept metadata', async () => {
  await using world = await openSamlWorld();
  await signIn(world, upstreamOf(world.open(polled())));
  world.metadata.status = 500;

  const result = await signIn(world, upstreamOf(world.open(polled())));

  assert.equal(result.outcome, 'identity');
});

test('kept metadata of another URL is not used', async () => {
  await using world = await openSamlWorld();
  await signIn(world, upstreamOf(world.open(polled())));
  world.metadata.status = 500;

  const moved = upstreamOf(
    world.open((_idp, url) => [{ id: 'am', preset: 'access-manager', metadataUrl: `${url}/elsewhere` }]),
  );

  await assert.rejects(moved.begin({}), { code: 'federation.upstream_unavailable' });
});

test('metadata that was never read refuses sign-ins and stops nothing else', async () => {
  await using world = await openSamlWorld();
  world.metadata.status = 503;
  const upstreams = world.open(polled());
  await upstreams.start();

  await assert.rejects(upstreamOf(upstreams).begin({}), { code: 'federation.upstream_unavailable' });
  world.metadata.status = 200;
  world.clock.advance(6 * MINUTE);

  assert.equal((await signIn(world, upstreamOf(upstreams))).outcome, 'identity');
});

test('metadata is read again as soon as its cacheDuration says, and goes on counting while it cannot be', async () => {
  await using world = await openSamlWorld();
  world.metadata.xml = world.idp.metadata().replace('ID="_md"', 'ID="_md" cacheDuration="PT10M"');
  const upstream = upstreamOf(world.open(polled()));
  await signIn(world, upstream);
  world.clock.advance(10 * MINUTE - 1);
  await signIn(world, upstream);
  assert.equal(world.metadata.requests, 1);
  world.metadata.status = 500;
  world.clock.advance(1);

  await signIn(world, upstream);
  await until(() => world.metadata.requests === 2);

  world.clock.advance(6 * DAY);
  assert.equal((await signIn(world, upstream)).outcome, 'identity');
});

test('metadata that wants to be read each minute is written no more often than the connection says, unless it changes', async () => {
  await using world = await openSamlWorld();
  const often = world.idp.metadata().replace('ID="_md"', 'ID="_md" cacheDuration="PT1M"');
  world.metadata.xml = often;
  const upstream = upstreamOf(world.open(polled()));
  const written = async (): Promise<number | undefined> => {
    assert.deepEqual(await upstream.check(), []);
    const { rows } = await sql<{ loaded_at: Date }>`select loaded_at from federation_metadata`.execute(
      world.db.db,
    );
    return rows[0]?.loaded_at.getTime();
  };
  const first = await written();
  assert.equal(first, world.clock.now().getTime());

  world.clock.advance(MINUTE);
  assert.equal(await written(), first);
  world.metadata.xml = `${often}\n`;
  assert.equal(await written(), world.clock.now().getTime());
  world.clock.advance(DAY);
  assert.equal(await written(), world.clock.now().getTime());
});

test('metadata that ends as soon as it was read does not become one reading for each sign-in that somebody begins', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open(polled()));

  for (let sent = 0; sent < 20; sent += 1) {
    world.metadata.xml = world.idp.metadata({ validUntil: new Date(world.clock.now().getTime() + SECOND) });
    await upstream.begin({}).catch(() => undefined);
    world.clock.advance(SECOND);
  }

  assert.ok(world.metadata.requests <= 8, `${world.metadata.requests} requests`);
});

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}

test('metadata past its validUntil is refused, also when it was good before', async () => {
  await using world = await openSamlWorld();
  world.metadata.xml = world.idp.metadata({ validUntil: new Date(world.clock.now().getTime() + HOUR) });
  const upstream = upstreamOf(world.open(polled()));
  await signIn(world, upstream);

  world.clock.advance(HOUR);

  await assert.rejects(upstream.begin({}), { code: 'federation.upstream_misbehaved' });
});

test('"unchanged" does not revive metadata that has ended', async () => {
  await using world = await openSamlWorld();
  world.metadata.etag = '"v1"';
  world.metadata.xml = world.idp.metadata({ validUntil: new Date(world.clock.now().getTime() + HOUR) });
  const upstream = upstreamOf(world.open(polled()));
  await signIn(world, upstream);

  world.clock.advance(HOUR);

  await assert.rejects(upstream.begin({}), { code: 'federation.upstream_misbehaved' });
});

test('metadata in the file ends at its validUntil too', async () => {
  await using world = await openSamlWorld();
  const metadata = world.idp.metadata({ validUntil: new Date(world.clock.now().getTime() + HOUR) });
  const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, { metadata })]));
  await signIn(world, upstream);

  world.clock.advance(HOUR);

  await assert.rejects(upstream.begin({}), { code: 'federation.upstream_misbehaved' });
  assert.equal(upstream.health().state, 'unavailable');
});

test('with a pinned certificate, metadata must carry its signature', async () => {
  await using world = await openSamlWorld();
  const pin = await makeSigningKey();
  const config = polled({ metadataCertificates: [{ certificate: pin.certificatePem }] });
  const good = world.idp.sign(world.idp.metadata(), 'EntityDescriptor', { key: pin });
  const tries: [title: string, xml: string][] = [
    ['unsigned', world.idp.metadata()],
    ['signed by another', world.idp.sign(world.idp.metadata(), 'EntityDescriptor')],
    ['changed', good.replace('idp.example/saml/sso', 'evil.example/saml/sso')],
  ];

  for (const [title, xml] of tries) {
    world.metadata.xml = xml;
    await assert.rejects(
      upstreamOf(world.open(config)).begin({}),
      { code: 'federation.upstream_misbehaved' },
      title,
    );
  }
  world.metadata.xml = good;
  assert.equal((await signIn(world, upstreamOf(world.open(config)))).outcome, 'identity');
});

test('metadata about another entity than the configured one is refused', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open(polled({ entityId: world.idp.entityId })));
  world.metadata.xml = world.idp.metadata({ entityId: 'https://evil.example' });

  await assert.rejects(upstream.begin({}), { code: 'federation.upstream_misbehaved' });
});

test('a group of a single entity leaves nothing to choose', async () => {
  await using world = await openSamlWorld();
  const group = 'md:EntitiesDescriptor';
  const one = world.idp.metadata();
  world.metadata.xml = `<${group} xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${one}</${group}>`;

  assert.equal((await signIn(world, upstreamOf(world.open(polled())))).outcome, 'identity');
});

test('an empty group describes nobody', async () => {
  await using world = await openSamlWorld();
  world.metadata.xml = '<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"/>';

  await assert.rejects(upstreamOf(world.open(polled())).begin({}), {
    code: 'federation.upstream_misbehaved',
  });
});

test('of several entities, the configured one is taken', async () => {
  await using world = await openSamlWorld();
  const other = world.idp.metadata({ entityId: 'https://evil.example', keys: [await makeSigningKey()] });
  const both = `${other.replace('_md', '_md2')}${world.idp.metadata()}`;
  world.metadata.xml = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${both}</md:EntitiesDescriptor>`;

  await assert.rejects(upstreamOf(world.open(polled())).begin({}), {
    code: 'federation.upstream_misbehaved',
  });
  const chosen = upstreamOf(world.open(polled({ entityId: world.idp.entityId })));

  assert.equal((await signIn(world, chosen)).outcome, 'identity');
});

test('metadata that attacks the parser, names http, or has only weak keys is refused', async () => {
  await using world = await openSamlWorld();
  const good = world.idp.metadata();
  const hostile: [title: string, xml: string][] = [
    ['a DTD', `<!DOCTYPE x [<!ENTITY a "b">]>${good}`],
    ['depth', '<a>'.repeat(10_000)],
    ['size', `${good}${' '.repeat(1024 * 1024)}`],
    ['http', good.replaceAll(world.idp.ssoUrl, 'http://idp.example/sso')],
    ['javascript', good.replaceAll(world.idp.ssoUrl, 'javascript:alert(1)')],
    ['weak keys', world.idp.metadata({ keys: [await makeSigningKey('rsa', 1024)] })],
    ['only encryption keys', good.replaceAll('use="signing"', 'use="encryption"')],
    ['only a service provider', good.replaceAll('IDPSSODescriptor', 'SPSSODescriptor')],
    ['a page', '<!doctype html><html></html>'],
  ];

  for (const [title, xml] of hostile) {
    world.metadata.xml = xml;
    await assert.rejects(
      upstreamOf(world.open(polled())).begin({}),
      { name: /FederationError|Unavailable/ },
      title,
    );
  }
});

test('certificates in the file are enough, and several may sign', async () => {
  await using world = await openSamlWorld();
  const next = await makeSigningKey();
  const config = {
    id: 'am',
    preset: 'saml',
    subject: { attribute: 'guid' },
    entityId: world.idp.entityId,
    ssoUrl: world.idp.ssoUrl,
    certificates: [{ certificate: world.idp.key.certificatePem }, { certificate: next.certificatePem }],
  };
  const upstream = upstreamOf(world.open(() => [config]));

  assert.equal((await signIn(world, upstream)).outcome, 'identity');
  assert.equal((await signIn(world, upstream, { signature: { key: next } })).outcome, 'identity');
});
