import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Secret } from '../../src/base/index.ts';
import type { OpenTarget } from '../../src/provisioning/connector/connector.ts';
import type { TargetWebhooks, WantedHooks } from '../../src/provisioning/connector/target-webhooks.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { budget } from '../conformance/connector-driver.ts';
import { type StorefrontWorld, startStorefront } from './storefront-world.ts';

// Hooks of a BigCommerce store over its API: ours are made and put right, others' are never touched.

const { api, readOnlyApi } = bigCommerceCredentials['store-emea'];
const SECRET = new Secret('the-secret-of-the-registration');
const HERE: WantedHooks & { readonly secret: Secret } = {
  destination: new URL('http://sso.localhost:3000/webhooks/bigcommerce/bc-emea'),
  secret: SECRET,
};
const EVENTS = [
  'store/customer/created',
  'store/customer/updated',
  'store/customer/deleted',
  'store/customer/channel/login/access/updated',
  'store/customer/address/created',
  'store/customer/address/updated',
  'store/customer/address/deleted',
];

type HookRow = {
  readonly id: number;
  readonly client_id: string;
  readonly scope: string;
  readonly destination: string;
  readonly is_active: boolean;
};

function hooksOf(world: StorefrontWorld): readonly HookRow[] {
  const { stores } = world.store.state() as { stores: Record<string, { hooks: HookRow[] }> };
  return stores['store-emea']?.hooks ?? assert.fail();
}

function webhooksOf({ webhooks }: OpenTarget): TargetWebhooks {
  return webhooks ?? assert.fail('a store offers webhooks');
}

const register = (world: StorefrontWorld, wanted = HERE) =>
  webhooksOf(world.target).register(wanted, budget(10_000));

async function states(
  world: StorefrontWorld,
  wanted: WantedHooks = HERE,
  target = world.target,
): Promise<readonly string[]> {
  const answer = await webhooksOf(target).list(wanted, budget(10_000));
  assert.ok(answer.outcome === 'listed', JSON.stringify(answer));
  return answer.hooks.map(({ state }) => state);
}

const all = (state: string) => EVENTS.map(() => state);

suite('registering', () => {
  test('makes a hook for each event that is wanted, and twice changes nothing', async () => {
    await using world = await startStorefront();
    const before = await states(world);

    const first = await register(world);
    const made = hooksOf(world);
    const calls = world.calls().length;
    const again = await register(world);

    assert.deepEqual(before, all('missing'));
    assert.equal(first.outcome === 'registered' && first.changes.length, EVENTS.length);
    assert.deepEqual(made.map(({ scope }) => scope).sort(), EVENTS.toSorted());
    assert.deepEqual(again, { outcome: 'registered', changes: [] });
    assert.deepEqual(hooksOf(world), made);
    assert.deepEqual(
      world
        .calls()
        .slice(calls)
        .map(({ method }) => method),
      ['GET'],
    );
  });

  test('leaves addresses out where none are written', async () => {
    await using world = await startStorefront({ settings: { addresses: false } });

    await register(world);

    assert.ok(hooksOf(world).every(({ scope }) => !scope.includes('address')));
  });

  test('puts right what is missing, off, or carries another secret, and nothing else', async () => {
    await using world = await startStorefront();
    await register(world);
    const [removed, other] = hooksOf(world);
    world.act('disable-webhooks', { scope: 'store/customer/deleted' });
    await world.api('DELETE', `/v3/hooks/${removed?.id}`);
    await world.api('PUT', `/v3/hooks/${other?.id}`, { headers: { 'x-vestibule-webhook': 'by somebody' } });
    const found = await states(world);

    const answer = await register(world);

    assert.deepEqual(found.slice(0, 4), ['missing', 'outdated', 'off', 'right']);
    assert.deepEqual(answer.outcome === 'registered' && answer.changes, [
      'made the hook for store/customer/created',
      'gave the hook for store/customer/updated the present secret and destination',
      'switched the hook for store/customer/deleted on again',
    ]);
    assert.deepEqual(await states(world), all('right'));
    assert.ok(hooksOf(world).every(({ is_active }) => is_active));
  });

  test('leads hooks of a former address here instead of making others', async () => {
    await using world = await startStorefront();
    await register(world);
    const ids = hooksOf(world).map(({ id }) => id);
    const destination = new URL('http://new.localhost/webhooks/bigcommerce/bc-emea');

    await register(world, { destination, formerDestination: HERE.destination, secret: SECRET });

    assert.deepEqual(
      hooksOf(world).map(({ id }) => id),
      ids,
    );
    assert.ok(hooksOf(world).every((hook) => hook.destination === destination.href));
  });

  test('never touches hooks that lead elsewhere, or tell of something else', async () => {
    await using world = await startStorefront();
    const elsewhere = { scope: 'store/customer/updated', destination: 'http://shop.localhost/hook' };
    const wider = { scope: 'store/customer/*', destination: HERE.destination.href };
    const others = [elsewhere, wider];
    for (const hook of others) await world.api('POST', '/v3/hooks', hook);
    const before = hooksOf(world);

    await register(world);
    await webhooksOf(world.target).remove(HERE, budget(10_000));

    assert.equal(before.length, 2);
    assert.deepEqual(hooksOf(world), before);
  });

  test('moves to a new API account, whose predecessor keeps none of ours', async () => {
    await using world = await startStorefront();
    await register(world);
    const both = world.open({ settings: { api: [readOnlyApi, api] } });
    await world.prepare(both);
    const found = await states(world, HERE, both);

    await webhooksOf(both).register(HERE, budget(10_000));

    assert.deepEqual(found, [...all('missing'), ...all('left over')]);
    assert.equal(hooksOf(world).length, EVENTS.length);
    assert.ok(hooksOf(world).every(({ client_id: id }) => id === readOnlyApi.clientId));
  });

  test('puts hooks right that went with a deleted API account', async () => {
    await using world = await startStorefront();
    await register(world);
    world.act('revoke-account', { account: 'api' });
    const next = world.open({ settings: { api: [api, readOnlyApi] } });
    const found = await states(world, HERE, next);

    const answer = await webhooksOf(next).register(HERE, budget(10_000));

    assert.deepEqual(found, all('missing'));
    assert.equal(answer.outcome, 'registered');
    assert.deepEqual(await states(world, HERE, next), all('right'));
  });

  test('made by two at the same time makes each hook once', async () => {
    await using world = await startStorefront();

    const answers = await Promise.all([register(world), register(world), register(world)]);

    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      ['registered', 'registered', 'registered'],
    );
    assert.equal(hooksOf(world).length, EVENTS.length);
  });

  test('says what the store takes when it refuses', async () => {
    await using world = await startStorefront({ positions: { webhookDestinations: 'https-443' } });

    const answer = await register(world);

    assert.ok(answer.outcome === 'refused');
    assert.match(answer.detail, /https on port 443/);
    assert.deepEqual(hooksOf(world), []);
  });
});

suite('a store that does not answer as it should', () => {
  const FAULTS = [
    { fault: { kind: 'status', status: 500 }, code: 'provisioning.target_error' },
    { fault: { kind: 'rate-limited' }, code: 'provisioning.rate_limited' },
    { fault: { kind: 'rate-limited', headers: false }, code: 'provisioning.rate_limited' },
    { fault: { kind: 'refuse-connection' }, code: 'provisioning.target_unreachable' },
    { fault: { kind: 'lost-reply' }, code: 'provisioning.target_unreachable' },
    { fault: { kind: 'html-503' }, code: 'provisioning.maintenance' },
  ] as const;
  for (const { fault, code } of FAULTS) {
    for (const verb of ['POST', 'PUT']) {
      test(`at a ${verb} (${JSON.stringify(fault)}) leaves what the next registration completes`, async () => {
        await using world = await startStorefront();
        if (verb === 'PUT') await register(world, { ...HERE, secret: new Secret('the former one') });
        world.store.fail({ ...fault, match: { method: verb, path: '^.*/v3/hooks' }, times: 1 });

        const answer = await register(world);
        world.clock.advance(30_000);
        const again = await register(world);

        assert.equal(answer.outcome === 'unavailable' && answer.code, code);
        assert.equal(again.outcome, 'registered');
        assert.deepEqual(await states(world), all('right'));
        assert.equal(hooksOf(world).length, EVENTS.length);
      });
    }
  }

  test('because no token is accepted is told as that', async () => {
    await using world = await startStorefront();
    world.act('revoke-account', { account: 'api' });

    const answer = await register(world);

    assert.equal(answer.outcome === 'unavailable' && answer.code, 'provisioning.token_revoked');
  });
});

suite('where hooks can lead', () => {
  const refusal = (world: StorefrontWorld, destination: string, settings: Record<string, unknown> = {}) =>
    webhooksOf(world.open({ settings })).refusal(new URL(destination));

  test('is https on port 443; the sandbox on this machine takes others', async () => {
    await using world = await startStorefront();
    const real = { apiUrl: 'https://api.bigcommerce.com' };

    assert.equal(refusal(world, 'https://sso.halden.example/webhooks/bigcommerce/bc-emea', real), undefined);
    assert.match(refusal(world, 'https://sso.halden.example:8443/x', real) ?? '', /port 443 only.*:8443/);
    assert.match(refusal(world, 'http://sso.localhost:3000/x', real) ?? '', /port 443 only/);
    assert.equal(refusal(world, HERE.destination.href), undefined);
  });

  test('does not matter where deliveries could not be told from anybody’s', async () => {
    await using world = await startStorefront();
    const bare = [{ accessToken: api.accessToken }];
    const trusting = { api: bare, webhooks: { unsigned: 'with-secret' } };

    assert.match(refusal(world, HERE.destination.href, { api: bare }) ?? '', /api\[0\] has no clientSecret/);
    assert.equal(refusal(world, HERE.destination.href, trusting), undefined);
  });
});

suite('having the store tell of an account', () => {
  test('writes a value that the customer has already', async () => {
    await using world = await startStorefront();
    const before = world.customer(104);

    const answer = await webhooksOf(world.target).provoke('104', budget(10_000));

    assert.deepEqual(answer, { outcome: 'provoked', externalId: '104' });
    assert.deepEqual(
      world
        .calls()
        .slice(-2)
        .map(({ method, bodyKeys }) => [method, bodyKeys]),
      [
        ['GET', []],
        ['PUT', ['first_name', 'id']],
      ],
    );
    assert.equal(world.customer(104)?.email, before?.email);
  });

  test('takes the test customer where there is one', async () => {
    await using world = await startStorefront({ settings: { testCustomer: 104 } });

    const answer = await webhooksOf(world.target).provoke('105', budget(10_000));

    assert.deepEqual(answer, { outcome: 'provoked', externalId: '104' });
  });

  test('is refused without an account, and for one that is not there', async () => {
    await using world = await startStorefront();
    const { provoke } = webhooksOf(world.target);

    const nobody = await provoke(undefined, budget(10_000));
    const gone = await provoke('999999', budget(10_000));

    assert.match(nobody.outcome === 'refused' ? nobody.detail : '', /let somebody enter first/);
    assert.match(gone.outcome === 'refused' ? gone.detail : '', /no customer 999999/);
  });
});
