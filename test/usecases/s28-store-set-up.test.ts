import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { act, storeState, until } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld, type World } from '../support/world.ts';

// S28: the entry of a store: its credentials, how they are tried and replaced, and its tile.

const { login, previousLogin, api } = bigCommerceCredentials['store-emea'];

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
type Tree = any;

const WRONG = [
  {
    what: 'an API token that the store does not know',
    configure: (config: Tree) => {
      config.targets[0].api[0].accessToken = 'sandbox-token-of-nobody';
    },
    says: /targets\.bc-emea: the target does not accept the API token; make a new API account there/,
  },
  {
    what: 'a client secret that is not the one of the client id',
    configure: (config: Tree) => {
      config.targets[0].login[0].clientSecret = 'sandbox-secret-of-nobody-0000000000000000';
    },
    says: /login\[0\]: the store refused a login token for customer \d+ on channel 1; check client id and secret/,
  },
] as const;

for (const { what, configure, says } of WRONG) {
  test(`set-up with ${what} fails at check, which says why and which store`, async () => {
    await using world = await startWorld({ clock: new ManualClock(new Date()) });
    const shopper = { store: 'store-emea', email: 'check@halden.example' };
    const { id } = (await act(world, 'bigcommerce', 'sign-up', shopper)) as { id: number };
    const withTestCustomer = (config: Tree) => {
      config.targets[0].testCustomer = id;
    };

    const right = await world.vestibule(['check'], withTestCustomer);
    const wrong = await world.vestibule(['check'], (config) => {
      withTestCustomer(config);
      configure(config);
    });

    assert.equal(right.code, 0, right.out);
    assert.match(right.out, /^ok +target bc-emea \(bigcommerce-storefront\)\n +its clock is /m);
    assert.equal(wrong.code, 1, wrong.out);
    assert.match(wrong.out, /^problem target bc-emea \(bigcommerce-storefront\)$/m);
    assert.match(wrong.out, says);
    assert.match(wrong.out, /^ok +target bc-na /m, 'the other stores are told apart');
    assert.doesNotMatch(wrong.out + wrong.err, /of-nobody/, 'no secret is printed');
  });
}

test('a store whose tile is hidden is not on the launchpad, and a link to it still works', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  const before = await world.signIn(browser, 'mira');
  await world.apply((config) => {
    config.relyingParties[0].hidden = true;
  });

  const after = await browser.open(`${world.origin}/`);
  const store = await browser.open(`${world.origin}/launch/store-emea`);

  const toStore = ({ href }: { readonly href: string }) => href.startsWith('/launch/store-emea');
  assert.ok(before.links().some(toStore));
  assert.ok(!after.links().some(toStore));
  assert.match(store.text, /Mira Lindqvist/);
});

/** Somebody comes in again and again until they are told to stop, and must get into the store each time. */
function comeAndGo(world: World, login: string, shown: RegExp) {
  let isOver = false;
  let visits = 0;
  const coming = (async () => {
    while (!isOver) {
      const page = await world.signIn(world.browser(), login, '/launch/store-emea');
      assert.equal(page.url.hostname, 'store-emea.localhost', page.text);
      assert.match(page.text, shown, `${login}, visit ${visits + 1}`);
      visits += 1;
    }
  })();
  return {
    visits: () => visits,
    async stop(): Promise<void> {
      isOver = true;
      await coming;
    },
  };
}

test('secrets are replaced while people sign in, and nobody is kept out', async () => {
  const older = { clientId: previousLogin.clientId, clientSecret: previousLogin.clientSecret };
  const newer = { clientId: login.clientId, clientSecret: login.clientSecret };
  // The newest API token may be wrong or not active yet: the next one is tried.
  const tokens = [
    { clientId: 'new', accessToken: 'not-active-yet' },
    { ...api, clientSecret: undefined },
  ];
  const rotation = (list: readonly object[]) => (config: Tree) => {
    config.targets[0].login = list;
  };
  await using world = await startWorld({ configure: rotation([older]) });

  const visitors = [comeAndGo(world, 'mira', /Mira Lindqvist/), comeAndGo(world, 'ines', /Inês Carvalho/)];
  const somebodyCameIn = async (): Promise<void> => {
    const before = visitors.map(({ visits }) => visits());
    await until('everybody comes in again', () =>
      visitors.every(({ visits }, index) => visits() > (before[index] ?? 0) + 1),
    );
  };

  await somebodyCameIn();
  await world.apply((config) => {
    rotation([newer, older])(config);
    config.targets[0].api = tokens;
  });
  await somebodyCameIn();
  await act(world, 'bigcommerce', 'revoke-account', { store: 'store-emea', account: 'previousLogin' });
  await somebodyCameIn();
  await world.apply(rotation([newer]));
  await somebodyCameIn();
  await Promise.all(visitors.map((visitor) => visitor.stop()));

  const { logins } = await storeState(world, 'store-emea');
  const used = new Set(logins.map(({ clientId }) => clientId));
  assert.deepEqual(
    logins.filter(({ outcome }) => outcome !== 'signed-in'),
    [],
  );
  assert.deepEqual([...used], [older.clientId, newer.clientId]);
});
