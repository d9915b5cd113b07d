import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, eventsOf, setFaults } from '../support/evidence.ts';
import {
  iconikState,
  iconikUser,
  named,
  readBack,
  TARGET,
  type Tree,
  todaysClock,
} from '../support/iconik.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// `vestibule set-up`: the real command beside a running broker, and what people meet afterwards.

const TRUST = { domains: ['halden.example'], groupMappings: { 'Video editors': 'Editors' } };

/** As before anybody set single sign-on up: iconik knows no identity provider, and users are to be bound to ours. */
async function unset(configure?: WorldOptions['configure']): Promise<World> {
  const world = await startWorld({
    clock: todaysClock(),
    configure: (config: Tree) => {
      config.targets.find(named(TARGET)).identityProvider = TRUST;
      configure?.(config);
    },
  });
  await act(world, 'iconik', 'remove-identity-providers');
  return world;
}

/** What the command printed goes into the configuration. */
async function takeOverAddresses(world: World, out: string): Promise<void> {
  const [, metadataUrl, startUrl] =
    /^ {2}metadataUrl: (\S+)\n {2}startUrl: (\S+)$/m.exec(out) ?? assert.fail(out);
  await world.apply((config: Tree) => {
    Object.assign(config.relyingParties.find(named('iconik')), { metadataUrl, startUrl });
  });
}

test('it says what it changed, then that there is nothing to change, and people sign in through what it made', async () => {
  await using world = await unset();

  const first = await world.vestibule(['set-up', TARGET]);
  const second = await world.vestibule(['set-up', TARGET]);
  await takeOverAddresses(world, second.out);
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.deepEqual(first.out.split('\n').slice(0, 3), [
    'The identity provider "Vestibule" was added.',
    'People with addresses of halden.example now sign in through "Vestibule".',
    'The group name "Video editors" of our assertions now means "Editors".',
  ]);
  assert.deepEqual([first.code, second.code], [0, 0]);
  assert.ok(second.out.startsWith(`${TARGET}: nothing to change\n`), second.out);
  assert.equal(page.url.hostname, 'iconik.localhost', page.text);
  assert.match(page.text, /Ravi Menon/);
  const [provider, ...others] = (await iconikState(world)).serviceProviders;
  assert.deepEqual([provider?.settings?.['idp_entity_id'], others], [`${world.origin}/saml/metadata`, []]);
  const user = await iconikUser(world, 'ravi@halden.example');
  assert.equal(user.identity_provider_id, provider?.id, 'the broker that runs knows what the command made');
  assert.deepEqual((await readBack(world, user.email)).groups, ['Editors', 'Media EMEA']);
});

test('it is on record who asked and how much changed', async () => {
  await using world = await unset();

  await world.vestibule(['set-up', TARGET]);
  await world.vestibule(['set-up', TARGET]);

  const events = await eventsOf(world, { types: ['target.set_up'] });
  assert.deepEqual(
    events.map(({ target, outcome, facts }) => [target, outcome, facts]),
    [3, 0].map((changes) => [TARGET, 'success', { by: { via: 'cli' }, changes }]),
  );
});

test('after a rotation of the certificate nobody gets in until it is run again', async () => {
  await using world = await unset();
  await takeOverAddresses(world, (await world.vestibule(['set-up', TARGET])).out);
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  const rotated = await world.vestibule(['keys', 'rotate', 'saml-identity-provider', '--now']);
  // A restart, so that the broker signs with the new key at once.
  await world.restart();
  const refused = await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  const again = await world.vestibule(['set-up', TARGET]);
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(rotated.code, 0, rotated.err);
  assert.doesNotMatch(refused.text, /Ravi Menon/);
  const [change = ''] = again.out.split('\n');
  assert.match(change, /^The identity provider "Vestibule" was brought up to date: signing certificate /);
  assert.match(change, /fingerprint [0-9A-F]{2}(?::[0-9A-F]{2}){31}\.$/);
  assert.match(page.text, /Ravi Menon/);
});

test('a target that takes no set-up, one that is not configured for it, and one that is away each say so and change nothing', async () => {
  await using world = await unset();
  const withoutTrust = (config: Tree) => {
    Reflect.deleteProperty(config.targets.find(named(TARGET)), 'identityProvider');
  };

  const store = await world.vestibule(['set-up', 'bc-emea']);
  const unsaid = await world.vestibule(['set-up', TARGET], withoutTrust);
  await setFaults(world, 'iconik', { kind: 'refuse-connection' });
  const away = await world.vestibule(['set-up', TARGET]);
  await setFaults(world, 'iconik');
  const nobody = await world.vestibule(['set-up', 'nowhere']);

  assert.deepEqual(
    [store, unsaid, away, nobody].map(({ code }) => code),
    [1, 1, 1, 2],
  );
  assert.match(store.err, /^bc-emea: this kind of target has nothing to set up from here/);
  assert.match(unsaid.err, /^iconik-halden: the target says nothing about identityProvider; add it/);
  assert.match(away.err, /^iconik-halden: the target did not answer; check its URL/);
  assert.match(nobody.err, /nowhere is no target/);
  assert.deepEqual((await iconikState(world)).serviceProviders, []);
  assert.deepEqual(await eventsOf(world, { types: ['target.set_up'] }), []);
});

test('before the set-up people are not let in half: nobody is made whom iconik could not bind to us', async () => {
  await using world = await unset();

  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.notEqual(page.url.hostname, 'iconik.localhost');
  assert.ok((await iconikState(world)).users.every(({ email }) => email !== 'ravi@halden.example'));
});
