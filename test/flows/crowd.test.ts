import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customersMade, eventsOf } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

test('fifty first sign-ins of one person at once make one person and one customer, and all of them get in', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.targets[0].budgetMs = 20_000;
    },
  });
  const browsers = Array.from({ length: 50 }, () => world.browser());

  const pages = await Promise.all(
    browsers.map((browser) => world.signIn(browser, 'mira', '/launch/store-emea')),
  );

  for (const page of pages) assert.match(page.text, /Mira Lindqvist/, page.text);
  assert.equal((await customersMade(world, 'store-emea')).length, 1);
  const count = async (type: string): Promise<number> => (await eventsOf(world, { types: [type] })).length;
  assert.equal(await count('person.created'), 1);
  assert.equal(await count('account.created'), 1);
  assert.equal(await count('session.opened'), 50);
  const issued = await eventsOf(world, { types: ['login.issued'] });
  assert.equal(issued.length, 50);
  assert.equal(new Set(issued.map(({ personId }) => personId)).size, 1);
  assert.equal(new Set(issued.map(({ facts }) => facts['account'])).size, 1);
  assert.equal(new Set(issued.map(({ facts }) => facts['artefactId'])).size, 50, 'each token is its own');
});
