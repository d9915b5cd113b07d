import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld } from '../support/world.ts';

// A connection is removed from the file because nobody should come in by it any more: the company left that
// product, or it was broken into. Sessions outlive a restart, but not that.

test('a session of a connection that was removed is over', async () => {
  await using world = await startWorld({ keyValue: 'redis' });
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');
  const before = await browser.open(`${world.origin}/`);

  await world.restart((config) => {
    config.connections = config.connections.filter(({ id }: { id: string }) => id !== 'otds');
  });

  assert.match(before.text, /Mira/);
  const pad = await browser.fetch(`${world.origin}/`);
  assert.equal(pad.headers['location'], '/login');
  const entry = await browser.fetch(`${world.origin}/launch/store-emea`);
  assert.doesNotMatch(String(entry.headers['location']), /store-emea\.localhost/);
});
