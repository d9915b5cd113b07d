import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnsuredAccount } from '../../src/provisioning/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { mira, signIn, startWorld, type World } from './world.ts';

async function preparedWorld(): Promise<World> {
  const world = await startWorld();
  await world.provisioning.prepareTargets();
  world.forgetCalls();
  return world;
}

function codeOf(result: EnsuredAccount): string {
  return result.outcome === 'ready' ? 'ready' : result.code;
}

type Case = {
  readonly name: string;
  readonly fault: FaultInput;
  readonly code: string;
  readonly retryAfterSeconds?: number;
};

const ON_READ: readonly Case[] = [
  { name: 'a 500', fault: { kind: 'status', status: 500 }, code: 'provisioning.target_error' },
  { name: 'a maintenance page', fault: { kind: 'html-503' }, code: 'provisioning.maintenance' },
  { name: 'a revoked token', fault: { kind: 'revoked-token' }, code: 'provisioning.token_revoked' },
  { name: 'a missing scope', fault: { kind: 'status', status: 403 }, code: 'provisioning.forbidden' },
  {
    name: 'a 429 that says when',
    fault: { kind: 'rate-limited', resetMs: 7_000 },
    code: 'provisioning.rate_limited',
    retryAfterSeconds: 7,
  },
  {
    name: 'a 429 that says nothing',
    fault: { kind: 'rate-limited', headers: false },
    code: 'provisioning.rate_limited',
    retryAfterSeconds: 10,
  },
  { name: 'a cut connection', fault: { kind: 'refuse-connection' }, code: 'provisioning.target_unreachable' },
  { name: 'no answer at all', fault: { kind: 'hold' }, code: 'provisioning.slow' },
  {
    name: 'an answer in another form',
    fault: { kind: 'status', status: 200, body: { hello: 'world' } },
    code: 'provisioning.bad_answer',
  },
  {
    name: 'a redirect',
    fault: { kind: 'status', status: 302, headers: { location: 'https://evil.example/' } },
    code: 'provisioning.bad_answer',
  },
];

for (const { name, fault, code, retryAfterSeconds } of ON_READ) {
  test(`${name} while looking keeps a new person out, and the next try makes one customer`, async () => {
    await using world = await preparedWorld();
    world.store.fail(fault);

    const result = await world.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 600 });
    world.store.fail();
    world.clock.advance(60_000);
    const next = await world.ensure(mira());

    assert.equal(result.outcome, 'unavailable');
    assert.equal(codeOf(result), code);
    if (retryAfterSeconds !== undefined) {
      assert.equal(result.outcome === 'unavailable' && result.retryAfterSeconds, retryAfterSeconds);
    }
    assert.equal(codeOf(next), 'ready');
    assert.equal(world.customers('mira@halden.example').length, 1);
  });
}

const POST = { match: { method: 'POST', path: '^.*/v3/customers$' }, times: 1 } as const;

test('a reply that is lost after the customer was made costs one more look, and no second customer', async () => {
  await using world = await preparedWorld();
  world.store.fail({ kind: 'lost-reply', ...POST });

  const result = await world.ensure(mira());

  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(world.calls(), ['GET /v3/customers', 'POST /v3/customers', 'GET /v3/customers']);
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('a reply that is lost with all time gone is found by the next sign-in', async () => {
  await using world = await preparedWorld();
  world.store.fail({ kind: 'hold', when: 'after', ...POST });

  const late = await world.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 500 });
  world.store.fail();
  const next = await world.ensure(mira());

  assert.equal(codeOf(late), 'provisioning.slow');
  assert.equal(codeOf(next), 'ready');
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('a reply that is lost is found by the queue, without a sign-in', async () => {
  await using world = await preparedWorld();
  world.store.fail({ kind: 'hold', when: 'after', ...POST });
  await world.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 500 });
  world.store.fail();

  world.clock.advance(30_000);
  await world.jobs.runDue();
  const view = await world.provisioning.accountOf('bc-emea', mira().id);

  assert.equal(view?.externalId, String(world.customers('mira@halden.example')[0]?.id));
  assert.equal(view?.openSteps, 0);
});

test('a reply that is lost is found under the old mail address when it changed meanwhile', async () => {
  await using world = await preparedWorld();
  world.store.fail({ kind: 'hold', when: 'after', ...POST });
  await world.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 500 });
  world.store.fail();

  const result = await world.ensure(mira({ mail: 'mira.berg@halden.example' }));
  world.clock.advance(30_000);
  await world.jobs.runDue();

  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(world.customers('mira@halden.example'), []);
  assert.equal(world.customers('mira.berg@halden.example').length, 1);
});

test('a 500 after which nothing was made is tried again and makes one customer', async () => {
  await using world = await preparedWorld();
  world.store.fail({ kind: 'status', status: 500, ...POST });

  const failed = await world.ensure(mira());
  const next = await world.ensure(mira());

  assert.equal(codeOf(failed), 'provisioning.reply_lost');
  assert.equal(codeOf(next), 'ready');
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('a customer who appears between looking and creating falls under the rule for existing ones', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  await using racing = await world.open({
    onStep: (step) => {
      if (step !== 'creation written') return;
      world.act('sign-up', { channel: 1, email: 'mira@halden.example' });
    },
  });

  const result = await racing.provisioning.ensureAccount(signIn(mira()));

  assert.equal(codeOf(result), 'provisioning.mail_taken');
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('data that the store refuses is refused, and said so', async () => {
  await using world = await preparedWorld();
  const body = { status: 422, title: 'Create customers failed.', errors: { '0.email': 'error.email' } };
  world.store.fail({ kind: 'status', status: 422, body, ...POST });

  const result = await world.ensure(mira());

  assert.equal(result.outcome === 'refused' && result.code, 'provisioning.rejected');
});

test('a store that says yes and does not change the group is not believed', async () => {
  await using world = await preparedWorld();
  await world.ensure(mira());
  await world.jobs.runDue();
  const [customer] = world.customers('mira@halden.example');
  const { id, email } = customer ?? assert.fail();
  const body = { data: [{ id, email, channel_ids: [1], customer_group_id: 2 }] };
  world.store.fail({ kind: 'status', status: 200, body, match: { method: 'PUT' }, times: 1 });

  const result = await world.ensure(mira(), {
    accesses: [{ relyingParty: 'store-emea', role: 'content-editor' }],
  });

  assert.equal(codeOf(result), 'provisioning.not_applied');
});

test('a used-up quota is not tried again before the window ends', async () => {
  await using world = await preparedWorld();
  world.store.turn({ rateLimitHeaders: 'mixed' });
  world.store.fail({ kind: 'rate-limited', resetMs: 20_000, times: 1 });
  await world.ensure(mira());
  world.forgetCalls();

  const held = await world.ensure(mira());
  const callsWhileHeld = world.calls().length;
  world.clock.advance(20_000);
  const next = await world.ensure(mira());

  assert.equal(codeOf(held), 'provisioning.rate_limited');
  assert.equal(held.outcome === 'unavailable' && held.retryAfterSeconds, 20);
  assert.equal(callsWhileHeld, 0);
  assert.equal(codeOf(next), 'ready');
});

test('a rotated token is replaced by the older one until it works', async () => {
  await using world = await startWorld();
  await using rotated = await world.open({
    settings: {
      api: [{ accessToken: 'not-active-yet' }, { accessToken: 'sandbox-token-of-emea-api' }],
    },
  });

  const result = await rotated.provisioning.ensureAccount(signIn(mira()));

  assert.equal(codeOf(result), 'ready');
});

test('a target that was never prepared prepares itself in the first sign-in', async () => {
  await using world = await startWorld();

  const result = await world.ensure(mira());

  assert.equal(codeOf(result), 'ready');
  assert.equal(result.calls, 2);
});

test('a target that cannot be prepared stops neither the start nor other targets', async () => {
  await using world = await startWorld();
  world.store.fail({ kind: 'revoked-token' });

  await world.provisioning.prepareTargets();
  const result = await world.ensure(mira());
  const problems = await world.provisioning.checkTarget('bc-emea');

  assert.equal(codeOf(result), 'provisioning.token_revoked');
  assert.deepEqual(problems, [
    {
      path: 'targets.bc-emea',
      message:
        'the target does not accept the API token; make a new API account there and put it first under api',
    },
  ]);
});
