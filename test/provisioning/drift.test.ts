import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// DESIGN §8, R5.2: what somebody changed by hand in the target, what we gave, and what only people can do there.

const only = (world: BookWorld) => [...world.book.entries.values()][0] ?? assert.fail('no entry');

/** The confirmation is too old, so the next sign-in looks at the account. */
const later = (world: BookWorld): void => world.clock.advance(2 * DAY);

suite('what somebody changed by hand', () => {
  test('is found at the next look, written down and put back', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['seller']);
    Object.assign(only(world), { name: 'Somebody else', lists: ['news'] });

    later(world);
    await world.ensure(person, ['seller']);

    assert.equal(only(world).name, person.displayName);
    assert.deepEqual(only(world).lists, ['news', 'sales']);
    const [event] = await world.events('account.drifted');
    assert.deepEqual([event?.['fields'], event?.['reaction']], [['lists', 'name'], 'put-back']);
  });

  test('is left where the target is set to report, as a task that closes by itself', async () => {
    await using world = await startBookWorld({ settings: { onDrift: 'report' } });
    const person = reader();
    await world.ensure(person);
    only(world).name = 'Somebody else';

    later(world);
    const entered = await world.ensure(person);
    const [task] = await world.provisioning.tasks({ target: 'book' });
    const during = only(world).name;
    only(world).name = person.displayName ?? '';
    later(world);
    await world.ensure(person);

    assert.equal(entered.outcome, 'ready');
    assert.equal(during, 'Somebody else');
    assert.deepEqual(
      [task?.kind, task?.title, task?.detail],
      ['drift', 'name', { found: 'Somebody else', expected: person.displayName }],
    );
    assert.deepEqual(await world.provisioning.tasks(), []);
    assert.equal((await world.events('account.drifted'))[0]?.['reaction'], 'reported');
  });

  test('stays where it locks the account: somebody had a reason, and a task says so', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    Object.assign(only(world), { state: 'suspended', name: 'Somebody else' });

    later(world);
    await world.ensure(person);

    assert.deepEqual([only(world).state, only(world).name], ['suspended', person.displayName]);
    const [task] = await world.provisioning.tasks();
    assert.deepEqual([task?.kind, task?.field], ['drift', 'state']);
  });

  test('is no drift when the directory changed as well', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    only(world).name = 'Somebody else';

    await world.ensure({ ...person, displayName: 'New Name' });

    assert.equal(only(world).name, 'New Name');
    assert.deepEqual(await world.events('account.drifted'), []);
  });
});

suite('members of a set', () => {
  test('that somebody added by hand stay and are flagged until they are gone', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    only(world).lists = ['news', 'staff'];

    later(world);
    await world.ensure(person);
    const [task] = await world.provisioning.tasks();
    const kept = only(world).lists;
    only(world).lists = ['news'];
    later(world);
    await world.ensure(person);

    assert.deepEqual(kept, ['news', 'staff']);
    assert.deepEqual([task?.kind, task?.field, task?.detail], ['drift', 'lists', { added: ['staff'] }]);
    assert.deepEqual(await world.provisioning.tasks(), []);
  });

  test('that somebody added by hand go where the target is set to remove them', async () => {
    await using world = await startBookWorld({ settings: { onExtra: 'remove' } });
    const person = reader();
    await world.ensure(person);
    only(world).lists = ['news', 'staff'];

    later(world);
    await world.ensure(person);

    assert.deepEqual(only(world).lists, ['news']);
  });

  test('that a role gives are taken from whoever has them without the role', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['reader']);
    only(world).lists = ['news', 'sales'];

    later(world);
    await world.ensure(person, ['reader']);

    assert.deepEqual(only(world).lists, ['news'], 'sales is what sellers get');
  });

  test('that we gave go when only the mapping changed, though no role names them any more', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['reader']);
    await using changed = await world.open({ roles: { reader: { lists: ['staff'] } } });

    await world.ensure(person, ['reader'], changed);

    assert.deepEqual(only(world).lists, ['staff']);
  });

  test('that we gave are remembered over a crash between sending and writing down', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['reader']);
    await using dying = await world.open({
      roles: { reader: { lists: ['news', 'staff'] } },
      onStep: (step) => {
        if (step === 'access answered') throw new Error('killed');
      },
    });
    await assert.rejects(world.ensure(person, ['reader'], dying));

    await world.ensure(person, ['reader']);

    assert.deepEqual(only(world).lists, ['news'], 'staff was ours, so it is taken back');
  });
});

suite('what only people can do in the target', () => {
  test('is a task with the exact difference, and never keeps the person out', async () => {
    await using world = await startBookWorld();
    const person = reader();

    const entered = await world.ensure(person, ['seller']);
    const [task] = await world.provisioning.tasks({ person: person.id });

    assert.equal(entered.outcome, 'ready');
    assert.deepEqual(
      [task?.kind, task?.title, task?.detail],
      ['by-hand', 'badge', { found: '', expected: 'blue' }],
    );
    assert.equal((await world.events('provisioning.task_opened')).length, 1);
  });

  test('closes by itself once the target shows it, and opens once only', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['seller']);
    later(world);
    await world.ensure(person, ['seller']);
    const open = await world.provisioning.tasks();

    only(world).badge = 'blue';
    later(world);
    await world.ensure(person, ['seller']);

    assert.equal(open.length, 1);
    assert.deepEqual(await world.provisioning.tasks(), []);
    assert.equal((await world.events('provisioning.task_opened')).length, 1);
    assert.equal((await world.events('provisioning.task_closed')).length, 1);
  });

  test('details of tasks are sealed in the database', async () => {
    await using world = await startBookWorld({ settings: { onDrift: 'report' } });
    const person = reader();
    await world.ensure(person);
    only(world).name = 'Very Personal';
    later(world);
    await world.ensure(person);

    const rows = await world.database.db
      .withTables<{ provisioning_task: { detail: string } }>()
      .selectFrom('provisioning_task')
      .selectAll()
      .execute();

    assert.equal(rows.length, 1);
    assert.doesNotMatch(JSON.stringify(rows), /Personal/);
  });
});

test('members go in a request before those that come', async () => {
  await using world = await startBookWorld({
    roles: { a: { lists: ['news', 'sales'] }, b: { lists: ['staff', 'sales'] } },
  });
  const person = reader();
  await world.ensure(person, ['a']);
  const seen: string[][] = [];
  world.book.react = (call) => {
    if (call.startsWith('PUT')) seen.push([...only(world).lists]);
    return undefined;
  };

  await world.ensure(person, ['b']);

  assert.deepEqual(seen, [['news', 'sales'], ['sales']]);
  assert.deepEqual(only(world).lists, ['sales', 'staff']);
});
