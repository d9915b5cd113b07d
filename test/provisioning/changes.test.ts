import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, DAY, HOUR } from '../../src/base/index.ts';
import type { EnsuredAccount } from '../../src/provisioning/index.ts';
import { mira, signIn, startWorld, type TargetOptions, type World } from './world.ts';

/** A world in which Mira was signed in once and everything is settled. */
async function settledWorld(options: TargetOptions = {}): Promise<World> {
  const world = await startWorld(options);
  await world.provisioning.prepareTargets();
  ready(await world.ensure(mira()));
  await world.jobs.runDue();
  world.forgetCalls();
  return world;
}

function ready(result: EnsuredAccount): Extract<EnsuredAccount, { outcome: 'ready' }> {
  assert.equal(result.outcome, 'ready');
  return result.outcome === 'ready' ? result : assert.fail();
}

const AS_EDITOR = { accesses: [{ relyingParty: 'store-emea', role: 'content-editor' }] };
const BOTH = {
  accesses: [
    { relyingParty: 'store-emea', role: 'merchandiser' },
    { relyingParty: 'store-trade', role: 'merchandiser' },
  ],
};

/** Bodies of writes as the store saw them: names of fields only. */
function writtenFields(world: World): readonly (readonly string[])[] {
  const { stores } = world.store.state() as {
    stores: Record<string, { calls: { method: string; path: string; bodyKeys: string[] }[] }>;
  };
  return (stores['store-emea']?.calls ?? [])
    .filter(({ method, path }) => method === 'PUT' && path.endsWith('/customers'))
    .map(({ bodyKeys }) => bodyKeys);
}

test('details that creation cannot carry follow in the queue', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();

  const first = ready(await world.ensure(mira()));
  await world.jobs.runDue();
  const second = ready(await world.ensure(mira()));

  assert.equal(first.queued, 2);
  assert.deepEqual(
    first.changes.map(({ field, done }) => [field, done]),
    [
      ['attributes.Department', false],
      ['attributes.Region', false],
      ['address', false],
    ],
  );
  assert.deepEqual([second.queued, second.calls], [0, 0]);
  assert.deepEqual(await world.provisioning.accountOf('bc-emea', mira().id).then((a) => a?.openSteps), 0);
  const types = await world.eventTypes();
  assert.deepEqual(types, ['account.created', 'account.updated', 'account.updated']);
});

test('a new name is the only field that is sent, with the id', async () => {
  await using world = await settledWorld();

  const result = ready(await world.ensure(mira({ familyName: 'Berg' })));

  assert.deepEqual(world.calls(), ['GET /v3/customers', 'PUT /v3/customers']);
  assert.deepEqual(writtenFields(world), [['id', 'last_name']]);
  assert.equal(world.customers('mira@halden.example')[0]?.last_name, 'Berg');
  assert.deepEqual(result.changes, [{ field: 'lastName', title: 'last name', effect: 'detail', done: true }]);
});

test('a new mail address moves with the account and makes no second one', async () => {
  await using world = await settledWorld();
  const before = ready(await world.ensure(mira()));

  const after = ready(await world.ensure(mira({ mail: 'mira.berg@halden.example' })));

  assert.equal(after.externalId, before.externalId);
  assert.deepEqual(world.customers('mira@halden.example'), []);
  assert.equal(world.customers('mira.berg@halden.example')[0]?.id, Number(before.externalId));
});

test('another group is set before the person is let in', async () => {
  await using world = await settledWorld();

  const result = ready(await world.ensure(mira(), AS_EDITOR));

  assert.deepEqual(world.calls(), ['GET /v3/customers', 'PUT /v3/customers']);
  assert.equal(world.customers('mira@halden.example')[0]?.customer_group_id, 3);
  assert.deepEqual(result.changes, [
    { field: 'group', title: 'customer group', effect: 'reduces', done: true },
  ]);
});

test('a second storefront adds its channel, and losing it takes the channel away', async () => {
  await using world = await settledWorld();

  const more = ready(await world.ensure(mira(), BOTH));
  const channels = world.customers('mira@halden.example')[0]?.channel_ids;
  const less = ready(await world.ensure(mira()));

  assert.deepEqual(channels, [1, 2]);
  assert.deepEqual(
    more.changes.map(({ effect }) => effect),
    ['adds'],
  );
  assert.deepEqual(
    less.changes.map(({ effect }) => effect),
    ['reduces'],
  );
  assert.deepEqual(world.customers('mira@halden.example')[0]?.channel_ids, [1]);
});

test('a reduction that cannot be applied keeps the person out, and is still owed afterwards', async () => {
  await using world = await settledWorld();
  world.store.fail({ kind: 'status', status: 500, match: { method: 'PUT' }, times: 1 });

  const refused = await world.ensure(mira(), AS_EDITOR);
  // Access as before the reduction: the confirmation of that time counts no more.
  world.forgetCalls();
  const back = ready(await world.ensure(mira()));
  const again = ready(await world.ensure(mira(), AS_EDITOR));

  assert.equal(refused.outcome, 'unavailable');
  assert.deepEqual(world.calls().slice(0, 1), ['GET /v3/customers']);
  assert.deepEqual(back.changes, []);
  assert.deepEqual(
    again.changes.map(({ effect }) => effect),
    ['reduces'],
  );
});

test('access that was given by a process that died is taken back when it is not wanted any more', async () => {
  await using world = await settledWorld();
  await using dying = await world.open({
    onStep: (step) => {
      if (step === 'access recorded') throw new Error('this process ends here');
    },
  });
  await assert.rejects(dying.provisioning.ensureAccount(signIn(mira(), BOTH)));
  const given = world.customers('mira@halden.example')[0]?.channel_ids;

  // The same as confirmed before: only a look at the store tells that it is not so any more.
  ready(await world.ensure(mira()));

  assert.deepEqual(given, [1, 2]);
  assert.deepEqual(world.customers('mira@halden.example')[0]?.channel_ids, [1]);
});

test('the queue finishes a reduction whose sign-in was turned away', async () => {
  await using world = await settledWorld();
  world.store.fail({ kind: 'status', status: 500, match: { method: 'PUT' }, times: 1 });
  await world.ensure(mira(), AS_EDITOR);

  world.clock.advance(30_000);
  await world.jobs.runDue();

  assert.equal(world.customers('mira@halden.example')[0]?.customer_group_id, 3);
});

test('details that cannot be written now do not close the door', async () => {
  await using world = await settledWorld();
  world.store.fail({ kind: 'status', status: 500, match: { method: 'PUT' }, times: 1 });

  const result = ready(await world.ensure(mira({ familyName: 'Berg' })));
  world.clock.advance(30_000);
  await world.jobs.runDue();

  assert.equal(result.queued, 1);
  assert.equal(world.customers('mira@halden.example')[0]?.last_name, 'Berg');
});

test('a store that is down lets in whom it knows, also with a changed name', async () => {
  await using world = await settledWorld();
  world.store.fail({ kind: 'html-503' });

  const unchanged = ready(await world.ensure(mira()));
  const renamed = ready(await world.ensure(mira({ familyName: 'Berg' })));
  const reduced = await world.ensure(mira(), AS_EDITOR);

  assert.deepEqual([unchanged.calls, unchanged.queued, renamed.queued], [0, 0, 1]);
  assert.equal(reduced.outcome === 'unavailable' && reduced.code, 'provisioning.maintenance');
});

test('a confirmation that grew old is renewed, and without an answer nobody gets in', async () => {
  await using world = await settledWorld({ settings: { confirmMaxAge: '24h' } });
  world.clock.advance(DAY - HOUR);
  ready(await world.ensure(mira()));
  const young = world.calls().filter((call) => call.endsWith('/v3/customers'));

  world.clock.advance(HOUR);
  world.store.fail({ kind: 'html-503' });
  const down = await world.ensure(mira());
  world.store.fail();
  const up = ready(await world.ensure(mira()));

  assert.deepEqual(young, []);
  assert.equal(down.outcome, 'unavailable');
  assert.deepEqual([up.calls, up.changes], [1, []]);
});

test('what somebody changed in the store is put back, group and channels first', async () => {
  await using world = await settledWorld();
  const [customer] = world.customers('mira@halden.example');
  world.act('edit-customer', {
    id: customer?.id,
    change: { customer_group_id: 4, channel_ids: [1, 2], last_name: 'Hacker' },
  });
  world.clock.advance(DAY);

  const result = ready(await world.ensure(mira()));
  await world.jobs.runDue();

  const [after] = world.customers('mira@halden.example');
  assert.deepEqual([after?.customer_group_id, after?.channel_ids, after?.last_name], [2, [1], 'Lindqvist']);
  assert.deepEqual(
    result.changes.map(({ field, effect, done }) => [field, effect, done]),
    [
      ['channels', 'reduces', true],
      ['group', 'reduces', true],
      ['lastName', 'detail', false],
    ],
  );
});

test('fields of which the store is the authority are left as they are', async () => {
  await using world = await settledWorld({ settings: { authority: { name: 'target', company: 'first' } } });
  const [customer] = world.customers('mira@halden.example');
  world.act('edit-customer', { id: customer?.id, change: { last_name: 'Berg', company: 'Own Company' } });
  world.clock.advance(DAY);

  const result = ready(await world.ensure(mira({ company: 'Halden' })));

  const [after] = world.customers('mira@halden.example');
  assert.deepEqual(result.changes, []);
  assert.deepEqual([after?.last_name, after?.company], ['Berg', 'Own Company']);
});

test('an invalid address is reported per person and does not block', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  const wrong = mira({ address: { ...mira().address, countryCode: 'Germany' } });

  const first = ready(await world.ensure(wrong));
  await world.jobs.runDue();
  const second = ready(await world.ensure(wrong));
  const events = (await world.eventTypes()).filter((type) => type === 'provisioning.failed');

  assert.deepEqual(first.problems, [
    { field: 'address', message: 'the country is not a two-letter code of ISO 3166-1' },
  ]);
  assert.deepEqual(second.problems, first.problems);
  assert.equal(second.calls, 0);
  assert.equal(events.length, 1);
});

test('a postal code that only the store finds wrong is reported and not sent again', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  world.store.fail({
    kind: 'status',
    status: 422,
    body: { status: 422, title: 'Create customer addresses failed.', errors: { '0.postal_code': 'invalid' } },
    match: { path: '^.*/customers/addresses$' },
  });

  ready(await world.ensure(mira()));
  await world.jobs.runDue();
  world.forgetCalls();
  const next = ready(await world.ensure(mira()));
  world.store.fail();
  ready(await world.ensure(mira({ address: { ...mira().address, postalCode: '20459' } })));
  await world.jobs.runDue();
  const healed = ready(await world.ensure(mira({ address: { ...mira().address, postalCode: '20459' } })));

  assert.deepEqual(
    next.problems.map(({ field }) => field),
    ['address'],
  );
  assert.equal(next.calls, 0);
  assert.deepEqual(healed.problems, []);
});

test('with onInvalidDetail refuse, an invalid address closes the door', async () => {
  await using world = await startWorld({ settings: { onInvalidDetail: 'refuse' } });
  await world.provisioning.prepareTargets();

  const result = await world.ensure(mira({ address: { ...mira().address, postalCode: 'nowhere' } }));

  assert.equal(result.outcome === 'refused' && result.code, 'provisioning.detail_invalid');
  assert.deepEqual(world.customers('mira@halden.example'), []);
});

test('a customer who was deleted in the store is made anew, as a new one', async () => {
  await using world = await settledWorld();
  const [old] = world.customers('mira@halden.example');
  world.act('delete-customer', { id: old?.id });
  world.clock.advance(DAY);

  const result = ready(await world.ensure(mira()));

  assert.notEqual(result.externalId, String(old?.id));
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('a role without a customer group takes the group away', async () => {
  const roles = [{ id: 'merchandiser', customerGroup: 'Merchandising' }, { id: 'reader' }];
  await using world = await settledWorld({ emea: { roles } });

  const result = ready(
    await world.ensure(mira(), { accesses: [{ relyingParty: 'store-emea', role: 'reader' }] }),
  );

  assert.deepEqual(
    result.changes.map(({ effect }) => effect),
    ['reduces'],
  );
  assert.equal(world.customers('mira@halden.example')[0]?.customer_group_id, 0);
});

test('a role whose group the store lacks is refused and nothing is made', async () => {
  await using world = await startWorld({
    emea: { roles: [{ id: 'merchandiser', customerGroup: 'Nobody' }] },
  });
  await world.provisioning.prepareTargets();

  const result = await world.ensure(mira());
  const problems = await world.provisioning.checkTarget('bc-emea');

  assert.equal(result.outcome === 'refused' && result.code, 'provisioning.group_missing');
  assert.deepEqual(world.customers('mira@halden.example'), []);
  assert.match(problems[0]?.message ?? '', /no customer group "Nobody"/);
});

test('a person without mail address, or with a role unknown here, is refused without a call', async () => {
  await using world = await settledWorld();
  const { mail: _none, ...rest } = mira();

  const noMail = await world.ensure(rest);
  const noRole = await world.ensure(mira(), { accesses: [{ relyingParty: 'store-emea', role: 'admin' }] });
  const nothing = await world.ensure(mira(), { accesses: [] });

  assert.equal(noMail.outcome === 'refused' && noMail.code, 'provisioning.mail_missing');
  assert.equal(noRole.outcome === 'refused' && noRole.code, 'provisioning.role_unmapped');
  assert.equal(nothing.outcome === 'refused' && nothing.code, 'provisioning.no_access');
  assert.deepEqual(world.calls(), []);
});

test('names and clock of the store are known to a new process without asking', async () => {
  await using world = await settledWorld();
  await using other = await world.open();
  world.forgetCalls();

  await other.provisioning.prepareTargets();

  assert.deepEqual(world.calls(), []);
  assert.ok(Math.abs(other.provisioning.clockOffset('bc-emea')?.offsetMs ?? 9_999) < 1_000);
  const entry = other.provisioning.entryUrl('bc-emea', 'store-emea');
  assert.equal(entry?.hostname, 'store-emea.localhost');
});

test('a storefront that the store tells without https is not entered', async () => {
  await using world = await startWorld();
  const site = (url: string): void =>
    world.store.fail({ kind: 'status', status: 200, body: { data: { url } }, match: { path: '^.*/site$' } });

  site('http://store.example');
  await world.provisioning.prepareTargets();
  const insecure = world.provisioning.entryUrl('bc-emea', 'store-emea');
  site('https://www.store.example');
  await world.provisioning.prepareTargets({ force: true });

  assert.equal(insecure, undefined);
  assert.equal(world.provisioning.entryUrl('bc-emea', 'store-emea')?.href, 'https://www.store.example/');
});

test('a store whose clock is ahead is measured', async () => {
  await using world = await startWorld();
  world.store.turn({ clockOffsetMs: 90_000 });

  await world.provisioning.prepareTargets();

  assert.ok(Math.abs((world.provisioning.clockOffset('bc-emea')?.offsetMs ?? 0) - 90_000) <= 1_000);
});

test('a clock of ours that is set during the measurement measures nothing', async () => {
  await using world = await startWorld();
  const jumping: Clock = {
    now: () => {
      world.clock.advance(6 * HOUR);
      return world.clock.now();
    },
  };
  await using other = await world.open({ clock: jumping });

  await other.provisioning.prepareTargets({ force: true });

  assert.ok(Math.abs(other.provisioning.clockOffset('bc-emea')?.offsetMs ?? 0) <= 1_000);
});

test('personal values are nowhere in clear in our tables', async () => {
  await using world = await settledWorld();
  ready(await world.ensure(mira({ familyName: 'Berg' })));

  const rows = await Promise.all(
    (['provisioning_account', 'provisioning_step', 'jobs_job', 'access_log_event'] as const).map((table) =>
      world.database.db.withTables<Record<typeof table, object>>().selectFrom(table).selectAll().execute(),
    ),
  );

  assert.doesNotMatch(JSON.stringify(rows), /halden\.example|Lindqvist|Berg|Speicher/);
});
