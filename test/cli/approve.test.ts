import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld } from '../support/world.ts';

// R1.3, `onExisting: admin-approve`: a person waits for an existing account until somebody lets them have it.

test('who waits for an existing account is listed, approved, and takes it over at the next sign-in', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.targets[0].onExisting = 'admin-approve';
      config.connections[0].trustedMailDomains = ['halden.example'];
    },
  });
  const browser = world.browser();
  const refused = await world.signIn(browser, 'dup', '/launch/store-emea');
  const listed = await world.vestibule(['approve']);
  assert.match(listed.out, /^bc-emea {2}\S.* \(dup\) {2}account \d+ {2}waits$/m);

  const elsewhere = await world.vestibule(['approve', 'bc-na', 'dup']);
  const half = await world.vestibule(['approve', 'bc-emea']);
  const approved = await world.vestibule(['approve', 'bc-emea', 'dup@halden.example']);
  const shop = await browser.open(`${world.origin}/launch/store-emea`);
  const after = await world.vestibule(['approve']);

  assert.equal(refused.status, 403);
  assert.deepEqual([elsewhere.code, half.code, approved.code], [1, 2, 0]);
  assert.match(approved.out, /^\S.* \(dup\) takes account \d+ of bc-emea over/);
  assert.equal(shop.url.hostname, 'store-emea.localhost');
  assert.equal(after.out, 'nobody waits for an existing account\n');
});
