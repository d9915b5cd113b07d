import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { codeOf, type EngineWorld, picture, startEngine, TARGET } from './b2b-engine-world.ts';

test('an unchanged sign-in makes no request, and one with a look two or three', async () => {
  await using world = await startEngine({ confirmMaxAge: '1h' });
  const [buyer, manager] = [world.b2b.person(), world.b2b.person()];
  await world.ensure(buyer, 'purchasing');
  await world.ensure(manager, 'account-manager');

  const unchanged = await world.ensure(buyer, 'purchasing');
  world.b2b.clock.advance(2 * HOUR);
  const looks = [await world.ensure(buyer, 'purchasing'), await world.ensure(manager, 'account-manager')];

  assert.deepEqual([unchanged.outcome, unchanged.calls], ['ready', 0]);
  assert.deepEqual(
    looks.map(({ outcome, calls }) => [outcome, calls]),
    [
      ['ready', 2],
      ['ready', 3],
    ],
  );
});

for (const role of ['purchasing', 'account-manager']) {
  test(`fifty parallel first sign-ins with the role ${role} make one account`, async () => {
    await using world = await startEngine();
    const person = world.b2b.person();

    const results = await Promise.all(Array.from({ length: 50 }, () => world.ensure(person, role)));

    assert.ok(results.some(({ outcome }) => outcome === 'ready'));
    const { customers, users, superAdmins } = picture(world, person) as Record<string, unknown[]>;
    assert.equal(customers?.length, 1);
    assert.equal((users?.length ?? 0) + (superAdmins?.length ?? 0), 1);
  });
}

test('somebody else’s customer or company user is nobody’s to take without policy (R1.3)', async () => {
  await using world = await startEngine();
  const shopper = world.b2b.person();
  world.b2b.act('sign-up', { channel: 2, email: shopper.mail });

  const ofShopper = await world.ensure(shopper, 'purchasing');
  const ofUser = await world.ensure(world.b2b.person({ mail: 'pat@orchard.example' }), 'purchasing');

  assert.deepEqual(
    [codeOf(ofShopper), codeOf(ofUser)],
    ['provisioning.mail_taken', 'provisioning.mail_taken'],
  );
  assert.deepEqual((picture(world, shopper) as { users: unknown[] }).users, []);
});

test('adopted as policy says, a customer loses the former password before it becomes a buyer', async () => {
  await using world = await startEngine({ onExisting: 'adopt' });
  const person = world.b2b.person();
  world.b2b.act('sign-up', { channel: 2, email: person.mail, password: 'shopper-1' });
  world.b2b.forgetCalls();

  const request = { ...world.request(person, 'purchasing'), trustedMailDomains: ['halden.example'] };
  const result = await world.provisioning.ensureAccount(request);

  assert.equal(codeOf(result), 'ready');
  const customer = world.b2b.state().customers.find(({ email }) => email === person.mail);
  assert.equal((customer as { force_password_reset?: boolean })?.force_password_reset, true);
  assert.deepEqual((picture(world, person) as { users: unknown[] }).users, [
    { companyId: 503, companyRoleId: 2 },
  ]);
});

test('a company that is pending stops the sign-in before anything is sent', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  world.b2b.forgetCalls();

  const result = await world.ensure(person, 'pending');

  assert.equal(codeOf(result), 'provisioning.group_missing');
  assert.ok(result.outcome === 'refused');
  assert.deepEqual(result.facts['missing'], ['company Baltic Interiors, which waits for approval']);
  assert.ok(world.b2b.calls().every((call) => call.startsWith('GET ')));
});

test('the end of access: unassigned at once, at a window’s edge too, and everything is back afterwards', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  await world.ensure(person, 'account-manager');
  const before = picture(world, person);

  await world.end(person, 'paused');
  await world.pass(0);
  const paused = picture(world, person) as { superAdmins: unknown[] };
  await world.pass(40 * DAY);
  const later = picture(world, person);
  const back = await world.ensure(person, 'account-manager');

  assert.deepEqual(paused.superAdmins, [[]]);
  assert.deepEqual(later, paused);
  assert.equal(codeOf(back), 'ready');
  assert.deepEqual(picture(world, person), before);
});

test('a buyer who leaves is deleted after the delay, locked out, parked, and deleted as customer at last', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  await world.ensure(person, 'purchasing');
  const shown = () => {
    const { customers, users } = picture(world, person) as {
      customers: { channel_ids: number[] }[];
      users: unknown[];
    };
    return [users.length, customers[0]?.channel_ids];
  };

  await world.end(person);
  await world.pass(0);
  const stages = [shown()];
  for (const days of [1, 1, 28]) {
    await world.pass(days * DAY + MINUTE);
    stages.push(shown());
  }

  assert.deepEqual(stages, [
    [1, [2]],
    [0, [2]],
    [0, [9]],
    [0, undefined],
  ]);
});

test('the last user of a company is a task that people can read, and goes when another has come', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  await world.ensure(person, 'fjord-buyer');

  await world.end(person);
  await world.pass(DAY + MINUTE);
  const tasks = await world.provisioning.tasks({ target: TARGET });
  const other = world.b2b.person();
  await world.ensure(other, 'fjord-buyer');
  await world.pass(2 * HOUR);

  assert.equal(tasks.length, 1);
  assert.match(JSON.stringify(tasks[0]?.detail), /last user of the company Fjord Hospitality/);
  assert.deepEqual((picture(world, person) as { users: unknown[] }).users, []);
  assert.deepEqual(await world.provisioning.tasks({ target: TARGET }), []);
});

test('an import finds company users and super admins, links ours and leaves the others', async () => {
  await using world = await startEngine();
  const [buyer, manager] = [world.b2b.person(), world.b2b.person()];
  await world.ensure(buyer, 'purchasing');
  await world.ensure(manager, 'account-manager');
  const nobody = { idOf: () => undefined, byId: async () => undefined, withMail: async () => [] };

  const counts = await world.provisioning.importAccounts(
    TARGET,
    nobody as never,
    { thread: 'test' } as never,
  );

  assert.equal(counts.linked, 2);
  assert.equal(counts.created, 1, 'Patrice of the seed');
});

const FAULTS: readonly (readonly [string, FaultInput])[] = [
  ['a lost reply', { kind: 'lost-reply' }],
  ['a 500', { kind: 'status', status: 500 }],
  ['a 429 without a word when to come back', { kind: 'rate-limited', headers: false }],
  ['a 429 that says when', { kind: 'rate-limited', headers: true, resetMs: 3_000 }],
  ['a maintenance page', { kind: 'html-503' }],
  ['a token that is revoked for a while', { kind: 'revoked-token' }],
];
const PLANS = [
  { name: 'a first sign-in of a buyer', before: [], after: ['purchasing'] },
  { name: 'a first sign-in of a super admin', before: [], after: ['account-manager'] },
  { name: 'a move to another company', before: ['purchasing'], after: ['fjord-buyer'] },
  { name: 'a buyer who becomes a super admin', before: ['approver'], after: ['account-manager'] },
  { name: 'a super admin with fewer companies', before: ['account-manager'], after: ['fjord-manager'] },
] as const;
const HOSTS = ['api.bigcommerce.localhost', 'api-b2b.bigcommerce.localhost'];

async function settled(world: EngineWorld, person: Person, roles: readonly string[]): Promise<unknown> {
  for (let round = 0; round < 4; round += 1) await world.pass(MINUTE);
  const last = await world.ensure(person, ...roles);
  assert.equal(codeOf(last), 'ready');
  assert.equal((await world.provisioning.accountOf(TARGET, person.id))?.openSteps, 0);
  return picture(world, person);
}

for (const { name, before, after } of PLANS) {
  suite(name, () => {
    const start = async (world: EngineWorld): Promise<Person> => {
      const person = world.b2b.person();
      if (before.length > 0) assert.equal(codeOf(await world.ensure(person, ...before)), 'ready');
      return person;
    };

    test('every fault of every kind of write ends as without any', async () => {
      await using world = await startEngine();
      const expected = await settled(world, await start(world), after);
      for (const host of HOSTS) {
        for (const method of ['POST', 'PUT', 'DELETE']) {
          for (const [fault, input] of FAULTS) {
            const person = await start(world);
            world.b2b.store.fail({ ...input, times: 1, match: { method, host } });
            const hit = await world.ensure(person, ...after);
            world.b2b.store.fail();

            const found = await settled(world, person, after);

            assert.deepEqual(found, expected, `${method} ${host} met ${fault}, which gave ${codeOf(hit)}`);
          }
        }
      }
    });

    test('a process that dies at any step leaves nothing behind that the next one does not mend', async () => {
      await using world = await startEngine();
      const expected = await settled(world, await start(world), after);
      for (let killAt = 1; ; killAt += 1) {
        const person = await start(world);
        let count = 0;
        await using dying = await world.open(() => {
          count += 1;
          if (count >= killAt) throw new Error('killed');
        });
        const died = await dying.provisioning.ensureAccount(world.request(person, ...after)).then(
          () => false,
          () => true,
        );

        const found = await settled(world, person, after);

        assert.deepEqual(found, expected, `killed at step ${killAt}`);
        if (!died) break;
      }
    });
  });
}
