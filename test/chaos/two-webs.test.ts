import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../support/browser.ts';
import { signIn } from './person.ts';
import { startServerMode } from './server-mode.ts';

test('a sign-in begun at one web process is finished at the other, and each knows the session of the other', async () => {
  await using world = await startServerMode();
  const { balancer, origin } = world;
  const browser = new Browser();

  balancer.choose = (path) => (path.endsWith('/callback') ? 1 : 0);
  const page = await signIn(browser, `${origin}/launch/store-emea`, 'mira');
  const first = [...balancer.served];
  balancer.choose = (path) => (path.endsWith('/callback') ? 0 : 1);
  const again = await signIn(browser, `${origin}/launch/store-emea`, 'mira');
  const other = await signIn(new Browser(), `${origin}/launch/store-na`, 'noah');

  assert.equal(page.url.hostname, 'store-emea.localhost');
  assert.ok(first.includes('0 GET /login') && first.includes('1 GET /login/otds/callback'), first.join('\n'));
  assert.equal(again.url.hostname, 'store-emea.localhost');
  assert.equal(other.url.hostname, 'store-na.localhost');
  assert.deepEqual(
    balancer.served.slice(first.length).filter((line) => line.includes('launch')),
    ['1 GET /launch/store-emea', '1 GET /launch/store-na'],
  );
});
