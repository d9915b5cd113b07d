import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import { codeOf, picture, startEngine, TARGET } from './b2b-engine-world.ts';

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

for (const [liftPasswordReset, isForced] of [
  [false, true],
  [true, false],
] as const) {
  test(`after access is back, the demand for a new password is ${isForced ? 'left' : 'lifted'} (liftPasswordReset: ${liftPasswordReset})`, async () => {
    await using world = await startEngine({ liftPasswordReset });
    const person = world.b2b.person();
    const shown = (): unknown =>
      (world.b2b.state().customers as readonly Record<string, unknown>[]).find(
        ({ email }) => email === person.mail,
      )?.['force_password_reset'];
    // The company keeps a user.
    await world.ensure(world.b2b.person(), 'purchasing');
    await world.ensure(person, 'purchasing');

    await world.end(person);
    await world.pass(DAY + MINUTE);
    const ended = shown();
    const back = await world.ensure(person, 'purchasing');

    assert.equal(ended, true);
    assert.equal(codeOf(back), 'ready');
    assert.equal(shown(), isForced);
  });
}

test('a parking channel where somebody else has the mail address is a task', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  await world.ensure(person, 'purchasing');
  const other = world.b2b.act('sign-up', { channel: 1, email: person.mail }) as { id: number };
  world.b2b.act('edit-customer', { id: other.id, change: { channel_ids: [9] } });

  await world.end(person);
  await world.pass(2 * DAY + MINUTE);
  const tasks = await world.provisioning.tasks({ target: TARGET });

  assert.match(JSON.stringify(tasks.map(({ detail }) => detail)), /on channel 9 already/);
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

test('the last user of a company is locked out and parked as a customer all the same', async () => {
  await using world = await startEngine();
  const person = world.b2b.person();
  await world.ensure(person, 'fjord-buyer');
  const customer = () => (picture(world, person) as { customers: { channel_ids: number[] }[] }).customers[0];

  await world.end(person);
  await world.pass(2 * DAY + MINUTE);
  await world.pass(HOUR);

  assert.equal((picture(world, person) as { users: unknown[] }).users.length, 1);
  assert.equal((await world.provisioning.tasks({ target: TARGET })).length, 1);
  assert.deepEqual(customer()?.channel_ids, [9]);
  const ending = (await world.provisioning.accountOf(TARGET, person.id))?.ending;
  assert.deepEqual(ending?.done, ['unassign', 'password', 'parking']);
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
