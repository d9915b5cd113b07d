import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configChanges } from '../../src/app/config-changes.ts';
import { ConfigFile, checkConfiguration, expand } from '../../src/app/index.ts';
import { demoConfiguration } from '../../src/cli/demo-world.ts';
import { parseConfig } from '../../src/platform/config/index.ts';
import { eventsOf } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree, changed by tests as they please.
type Tree = any;

test('a store that is added to the configuration can be entered without a restart, in the session that is open', async () => {
  const withoutNa = (config: Tree): void => {
    config.relyingParties = config.relyingParties.filter(({ id }: Tree) => id !== 'store-na');
    for (const party of config.relyingParties) delete party.resources;
    config.rules = config.rules.map((rule: Tree) => ({
      ...rule,
      give: rule.give?.filter(({ relyingParty }: Tree) => relyingParty !== 'store-na'),
    }));
    config.rules = config.rules.filter(({ give }: Tree) => give === undefined || give.length > 0);
  };
  await using world = await startWorld({ configure: withoutNa });
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/launch/store-emea');
  const before = await browser.open(`${world.origin}/launch/store-na`);

  await world.apply((config) => Object.assign(config, world.demo()));
  const after = await browser.open(`${world.origin}/launch/store-na`);

  assert.equal(before.status, 404);
  assert.match(after.text, /Inês Carvalho/);
  const [applied] = await eventsOf(world, { types: ['config.applied'] });
  assert.match(JSON.stringify(applied?.facts['added']), /relyingParties\/store-na/);
});

test('a rule that is removed closes the store at the next entry', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');

  await world.apply((config) => {
    config.rules = config.rules.filter((rule: { id: string }) => !/emea/.test(rule.id));
  });
  const page = await browser.open(`${world.origin}/launch/store-emea`);

  assert.equal(page.status, 403);
});

test('a sign-in that is on its way upstream while the configuration changes arrives', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  let page = await browser.open(`${world.origin}/launch/store-emea`);
  page = page.url.hostname === 'otds.localhost' ? page : await page.click('Directory (OTDS)');

  await world.apply((config) => {
    config.organisation = 'Halden Group';
  });
  const arrived = await page.submit({ otds_username: 'mira', otds_password: 'halden-demo' });

  assert.match(arrived.text, /Mira Lindqvist/);
});

test('requests that are open while configurations change one after the other are all answered', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');

  const entering = Array.from({ length: 20 }, () => browser.open(`${world.origin}/`));
  for (const organisation of ['A', 'B', 'C']) {
    await world.apply((config) => {
      config.organisation = organisation;
    });
  }

  for (const page of await Promise.all(entering)) assert.equal(page.status, 200);
});

function configured(change: (tree: Tree) => void = () => undefined) {
  const tree = parse(demoConfiguration({ broker: 3000, sandbox: 3002 }));
  change(tree);
  return expand(parseConfig(JSON.stringify(tree), '.', ConfigFile, checkConfiguration));
}

test('changes are named by the objects that changed, never by their values', () => {
  const changes = configChanges(
    configured(),
    configured((tree) => {
      tree['rules'].pop();
      tree['relyingParties'][0].title = 'Another';
      tree['organisation'] = 'Another';
    }),
  );

  assert.deepEqual(changes.added, []);
  assert.deepEqual(
    changes.changed.filter((path) => !path.startsWith('targets')),
    ['organisation', 'relyingParties/store-emea'],
  );
  assert.equal(changes.removed.length, 1);
  assert.doesNotMatch(JSON.stringify(changes), /Another/);
});

test('a secret that was rotated counts as a change', () => {
  const changes = configChanges(
    configured(),
    configured((tree) => {
      tree['connections'][0].clientSecret = 'another-secret-of-the-same-client';
    }),
  );

  assert.deepEqual(changes.changed, ['connections/otds']);
});
