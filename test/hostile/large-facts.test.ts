import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld } from '../support/world.ts';

// Who belongs to very many groups with very long names must not be kept out because the log cannot hold them all.

for (const [what, name] of [
  ['long', 'g'.repeat(300)],
  ['long and full of quotes', '"'.repeat(300)],
  ['long and not Latin', 'ψ'.repeat(300)],
] as const) {
  test(`somebody in hundreds of groups whose names are ${what} signs in, and it is recorded`, async () => {
    await using world = await startWorld();
    const groups = Array.from({ length: 180 }, (_, index) => `${index}${name}@staff`);
    world.sandbox.people.change('mira', { groups: ['merchandising@staff', ...groups] });

    const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

    assert.equal(page.url.hostname, 'store-emea.localhost', page.text);
    const { accessLog } = await world.stores();
    const { events } = await accessLog.searchEvents({ types: ['login.identified'] }, { limit: 5 });
    const kept = events[0]?.personal['groups'];
    assert.ok(Array.isArray(kept) && /^\[\d+ more\]$/.test(String(kept.at(-1))));
  });
}
