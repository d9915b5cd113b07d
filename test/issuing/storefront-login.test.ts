import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { Secret } from '../../src/base/index.ts';
import {
  type CustomerLoginRequest,
  mintCustomerLogin,
  storefrontSignOutUrl,
} from '../../src/issuing/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Our tokens against the simulated store, which shares no code with us. */
suite('a store', () => {
  const clock = new ManualClock('2026-03-02T09:00:00.500Z');
  const http = createHttpClient({ allowInsecureLoopback: true });
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ port: 0, clock, only: ['bigcommerce'] });
  });
  after(async () => {
    await sandbox[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
  });
  beforeEach(() => sandbox.reset());

  const login = (change: Partial<CustomerLoginRequest> = {}): URL => {
    const { storeHash, login: newest, previousLogin } = bigCommerceCredentials['store-emea'];
    return mintCustomerLogin({
      settings: {
        storeHash,
        storefrontUrl: new URL(sandbox.url('store-emea')),
        login: [newest, previousLogin].map(({ clientId, clientSecret }) => ({
          clientId,
          clientSecret: new Secret(clientSecret),
        })),
      },
      ...{ externalId: '104', channelId: 1, now: clock.now(), offsetMs: 0 },
      ...change,
    }).url;
  };
  const open = async (url: URL): Promise<{ location: string | undefined; signedIn: boolean }> => {
    const { headers } = await http.request({ method: 'GET', url, system: 'store' });
    return { location: headers['location'], signedIn: /SHOP_TOKEN=/.test(headers['set-cookie'] ?? '') };
  };

  test('takes our token once and lands where we said', async () => {
    const url = login({ to: '/account.php?action=order_status' });

    assert.deepEqual(await open(url), { location: '/account.php?action=order_status', signedIn: true });
    assert.equal((await open(url)).signedIn, false);
  });

  test('with another clock takes tokens only when we know the offset', async () => {
    for (const clockOffsetMs of [-3_600_000, 3_600_000]) {
      sandbox.system('bigcommerce').turn({ clockOffsetMs });

      assert.equal((await open(login())).signedIn, false);
      assert.equal((await open(login({ offsetMs: clockOffsetMs }))).signedIn, true);
    }
  });

  test('takes tokens for an offset that was measured up to a second too low', async () => {
    assert.equal((await open(login({ offsetMs: -999 }))).signedIn, true);
    assert.equal((await open(login({ offsetMs: 999 }))).signedIn, true);
  });

  test('refuses a token when it is thirty seconds old by our own reckoning', async () => {
    const { url, expiresAt } = { url: login(), expiresAt: clock.now().getTime() + 31_000 };
    clock.set(new Date(expiresAt));

    assert.equal((await open(url)).signedIn, false);
  });

  test('signs out where we send the browser', async () => {
    const url = storefrontSignOutUrl(new URL(sandbox.url('store-emea')));

    const answer = await http.request({ method: 'GET', url, system: 'store' });

    assert.ok(answer.status === 200 || answer.status === 302);
  });
});
