import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld } from '../support/world.ts';

// Any page can send a browser to our sign-in links, again and again. What that leaves in the browser must never
// make its requests larger than servers and proxies read: the person would be locked out until the cookies end.

for (const [what, to] of [
  ['long', `/${'a'.repeat(1_000)}`],
  ['long and full of quotes', `/${'"'.repeat(1_000)}`],
] as const) {
  test(`links with paths that are ${what}, followed many times, do not fill up the headers of a browser`, async () => {
    await using world = await startWorld();
    const victim = world.browser();
    const link = new URL('/login', world.origin);
    link.search = new URLSearchParams({ connection: 'otds', rp: 'store-emea', to }).toString();

    for (let count = 0; count < 15; count += 1) {
      assert.equal((await victim.fetch(link.href)).status, 303);
    }

    const host = link.hostname;
    const header = victim.cookieNames(host).map((name) => `${name}=${victim.cookie(host, name)}`);
    assert.ok(header.join('; ').length < 8_000, `${header.join('; ').length} bytes of cookies`);
    const page = await world.signIn(victim, 'mira', '/launch/store-emea');
    assert.equal(page.url.hostname, 'store-emea.localhost');
  });
}
