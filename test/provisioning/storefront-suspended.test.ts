import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createHttpClient, type HttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { budget, drive } from '../conformance/connector-driver.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { EMEA, startStorefront } from './storefront-world.ts';
import { mira, startWorld, targetConfig } from './world.ts';

// What a store answers that is suspended, whose plan is full, or that shows a part of a list as if it were the whole.

suite('a store whose plan does not allow it', () => {
  for (const status of [507, 402]) {
    test(`(${status}) is not asked again and again: a task says what to do, and it goes on by itself`, async () => {
      await using world = await startWorld();
      world.store.fail({ kind: 'status', status, match: { method: 'POST', path: '^.*/v3/customers$' } });

      const refused = await world.ensure(mira());
      for (let n = 0; n < 30; n += 1) {
        world.clock.advance(60_000);
        await world.jobs.runDue();
      }
      const posts = world.calls().filter((call) => call === 'POST /v3/customers').length;
      const [task] = await world.provisioning.tasks({ target: 'bc-emea' });
      world.store.fail();
      world.clock.advance(3_600_000);
      const entered = await world.ensure(mira());
      await world.jobs.runDue();

      assert.deepEqual(
        [refused.outcome, 'code' in refused && refused.code],
        ['unavailable', 'provisioning.blocked'],
      );
      assert.ok(posts <= 2, `${posts} tries in half an hour`);
      assert.match(JSON.stringify(task?.detail), /plan of the store does not allow this/);
      assert.equal(entered.outcome, 'ready');
      assert.deepEqual(await world.provisioning.tasks({ target: 'bc-emea' }), [], 'the task is done');
    });
  }
});

for (const [status, code] of [
  [503, 'provisioning.maintenance'],
  [423, 'provisioning.maintenance'],
  [402, 'provisioning.plan_limit'],
] as const) {
  test(`a store that answers everything with ${status} loses nobody, and is ${code} for whoever asks`, async () => {
    await using world = await startStorefront();
    const driver = drive(world.target);
    const made = await driver.create(driver.desire(world.person(), EMEA), 'marker-of-a-person');
    world.store.fail({ kind: 'status', status });

    const read = await world.target.findById(made.externalId, made.image, made.refs, budget());
    const listed = await world.target.list?.(undefined, budget());

    assert.deepEqual([read.outcome, 'code' in read && read.code], ['unavailable', code]);
    assert.deepEqual([listed?.outcome, listed && 'code' in listed && listed.code], ['unavailable', code]);
  });
}

test('attributes of which the store shows only some are not believed to be written', async () => {
  await using world = await startStorefront();
  const driver = drive(world.target);
  const image = driver.desire(world.person(), EMEA);
  const { externalId, image: current } = await driver.create(image, 'marker-of-a-person');
  const { data } = (await world.api('GET', '/v3/customers/attributes')) as {
    data: { id: number; name: string }[];
  };
  const department = data.find(({ name }) => name === 'Department')?.id ?? assert.fail();
  const changes = { 'attributes.Department': 'Merchandising', 'attributes.Region': 'EMEA' };
  const update = () =>
    world.target.update(
      {
        ...{ externalId, call: 'attributes', changes, current, desired: image },
        ...{ marker: 'marker-of-a-person', refs: {}, takeOver: false },
      },
      budget(),
    );
  const half = {
    data: [{ attribute_id: department, customer_id: Number(externalId), value: 'Merchandising' }],
  };
  world.store.fail({ kind: 'status', status: 200, body: half, match: { method: 'PUT' }, times: 1 });

  const partial = await update();
  const whole = await update();

  assert.deepEqual(
    [partial.outcome, 'maybeApplied' in partial && partial.maybeApplied],
    ['unavailable', true],
  );
  assert.equal(whole.outcome, 'written');
});

suite('a list of customers', () => {
  const CUSTOMER = { id: 7, email: 'mira@halden.example', channel_ids: [1] };
  const customers = (count: number) => Array.from({ length: count }, (_, n) => ({ ...CUSTOMER, id: n + 1 }));
  const page = (data: unknown, meta?: object) => JSON.stringify({ data, ...(meta && { meta }) });
  const CURSOR = { end_cursor: 'abc', links: {} };

  const PARTS = [
    [
      'that counts more than it shows, and does not say where to go on',
      page([CUSTOMER], { pagination: { total: 900 } }),
    ],
    ['that is full, and says nothing more', page(customers(250))],
    ['that is full, and has an empty mark', page(customers(250), { cursor_pagination: { end_cursor: '' } })],
    [
      'that names a next page without a mark',
      page(customers(250), { cursor_pagination: { end_cursor: null, links: { next: '?after=' } } }),
    ],
  ] as const;
  for (const [what, body] of PARTS) {
    test(`${what} is not the whole`, async () => {
      const answer = await listFrom(body);

      assert.deepEqual(
        [answer.outcome, 'code' in answer && answer.code],
        ['unavailable', 'provisioning.bad_answer'],
      );
    });
  }

  const WHOLES = [
    ['that counts as many as it shows', page([CUSTOMER], { pagination: { total: 1 } }), false],
    ['that is empty', page([], { pagination: { total: 0 } }), false],
    [
      'whose links name no next page',
      page([CUSTOMER], { cursor_pagination: { ...CURSOR, links: { next: null } } }),
      false,
    ],
    [
      'that is full by chance',
      page(customers(250), { pagination: { total: 250 }, cursor_pagination: CURSOR }),
      false,
    ],
    [
      'that counts more and has a mark',
      page([CUSTOMER], { pagination: { total: 2 }, cursor_pagination: CURSOR }),
      true,
    ],
  ] as const;
  for (const [what, body, isMore] of WHOLES) {
    test(`${what} ${isMore ? 'goes on' : 'is the whole'}`, async () => {
      const answer = await listFrom(body);

      assert.ok(answer.outcome === 'listed', JSON.stringify(answer));
      assert.equal(answer.next !== undefined, isMore);
    });
  }
});

async function listFrom(body: string) {
  await using http = createHttpClient({ allowInsecureLoopback: true });
  const deaf: HttpClient = { ...http, request: async () => ({ status: 200, headers: {}, body }) };
  const config = targetConfig('http://api.bigcommerce.localhost/');
  const target = connectors.get(config.kind)?.open(config.settings, {
    ...{ id: config.id, http: deaf, clock: new ManualClock(), log: silentLog },
    relyingParties: config.relyingParties,
  });
  return (await target?.list?.(undefined, budget())) ?? assert.fail('a store lists its customers');
}
