import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, newId } from '../../src/base/index.ts';
import type { PlannedAccount, WantedInTarget } from '../../src/provisioning/index.ts';
import { lookup } from './example/lookup.ts';
import { type BookWorld, reader, startBookWorld, wanting, wants, wantsNothing } from './example/world.ts';

// R1.3: who would be refused is known before anybody signs in, from the last import, the last attempt or a look.

async function plan(
  world: BookWorld,
  people: readonly WantedInTarget[],
  live = false,
): Promise<readonly PlannedAccount[]> {
  return Array.fromAsync(world.provisioning.plan('book', wanting(...people), { live }));
}

const importAll = (world: BookWorld, ...people: readonly WantedInTarget[]) =>
  world.provisioning.importAccounts('book', lookup(...people), { thread: newId('lgn') });

const refusal = (planned: PlannedAccount | undefined) =>
  planned?.what === 'refused' ? [planned.code, planned.existing, planned.known] : planned?.what;

suite('a plan foresees', () => {
  test('that the mail address is taken, with the account that has it and what to do', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    const entry = world.book.add({ mail: wanted.person.mail?.toUpperCase() ?? '' });
    const before = await plan(world, [wanted]);
    await importAll(world, wanted);
    world.book.calls.length = 0;

    const [planned] = await plan(world, [wanted]);

    assert.equal(before[0]?.what, 'create', 'nobody looked yet');
    assert.deepEqual(refusal(planned), ['provisioning.mail_taken', [entry.id], 'import']);
    assert.match(planned?.what === 'refused' ? planned.advice : '', /has this mail address .*; change one/);
    assert.deepEqual(world.book.calls, [], 'without a call');
  });

  test('the same by looking, where no import was made', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    const entry = world.book.add({ mail: wanted.person.mail ?? '' });

    const [planned] = await plan(world, [wanted], true);
    const [nobody] = await plan(world, [wants(reader(), 'reader')], true);

    assert.deepEqual(refusal(planned), ['provisioning.mail_taken', [entry.id], 'look']);
    assert.equal(nobody?.what, 'create');
  });

  for (const [settings, domains, count, code] of [
    [{ onExisting: 'adopt' }, [], 1, 'provisioning.mail_untrusted'],
    [{ onExisting: 'adopt' }, ['halden.example'], 2, 'provisioning.ambiguous'],
    [{ onExisting: 'admin-approve' }, ['halden.example'], 1, 'provisioning.needs_approval'],
  ] as const) {
    test(`${code}, by import and by looking`, async () => {
      await using world = await startBookWorld({ settings });
      const wanted = { ...wants(reader(), 'reader'), trustedMailDomains: domains };
      for (let made = 0; made < count; made += 1) world.book.add({ mail: wanted.person.mail ?? '' });
      // At the time of the import the person had no access: their own business then, and in the way now.
      await importAll(world, { ...wantsNothing(wanted.person), trustedMailDomains: domains });

      const [offline] = await plan(world, [wanted]);
      const [live] = await plan(world, [wanted], true);

      assert.deepEqual(refusal(offline)?.slice(0, 1), [code]);
      assert.deepEqual(refusal(live)?.slice(0, 1), [code]);
    });
  }

  test('that an account which is there becomes theirs', async () => {
    await using world = await startBookWorld({ settings: { onExisting: 'adopt' } });
    const wanted = { ...wants(reader(), 'reader'), trustedMailDomains: ['halden.example'] };
    const entry = world.book.add({ mail: wanted.person.mail ?? '' });
    await importAll(world, { ...wantsNothing(wanted.person), trustedMailDomains: ['halden.example'] });

    const [planned] = await plan(world, [wanted]);

    assert.deepEqual(planned?.what === 'adopt' && planned.existing, entry.id);
  });

  test('that an account which belongs to somebody else is not theirs, whatever the mail says', async () => {
    await using world = await startBookWorld({ settings: { onExisting: 'adopt' } });
    const owner = reader();
    await world.ensure(owner);
    await importAll(world, wants(owner, 'reader'));
    const other = {
      ...wants(reader({ mail: owner.mail ?? '' }), 'reader'),
      trustedMailDomains: ['halden.example'],
    };

    const [planned] = await plan(world, [other]);

    assert.deepEqual(refusal(planned)?.[0], 'provisioning.mail_taken');
  });

  test('what the last attempt met, until a later import shows that it is gone', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    const entry = world.book.add({ mail: wanted.person.mail ?? '' });
    await world.ensure(wanted.person);

    const [planned] = await plan(world, [wanted]);
    world.book.entries.delete(entry.id);
    world.clock.advance(DAY);
    await importAll(world, wanted);
    const [after] = await plan(world, [wanted]);

    assert.deepEqual(refusal(planned), ['provisioning.mail_taken', [], 'attempt']);
    assert.equal(after?.what, 'create');
  });

  test('that a refused account waits for nothing', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    world.book.add({ mail: wanted.person.mail ?? '' });
    const queued: string[] = [];

    await world.provisioning.apply('book', () => wanting(wanted), {
      ...{ by: 'tests', thread: newId('lgn'), create: true },
      onQueued: (account) => queued.push(account),
    });
    const before = await world.provisioning.forecast('book');
    await world.settle();

    const [progress] = await world.provisioning.progressOf(queued);
    assert.equal(before.waiting, 1);
    assert.deepEqual([progress?.state, progress?.code], ['refused', 'provisioning.mail_taken']);
    assert.equal((await world.provisioning.forecast('book')).waiting, 0);
  });

  test('nothing for people without access and without an account: they are not counted as unchanged', async () => {
    await using world = await startBookWorld();

    const [planned] = await plan(world, [wantsNothing(reader())]);

    assert.equal(planned?.what, 'absent');
  });
});

suite('an account that vanished in the target', () => {
  const vanish = async (world: BookWorld, wanted: WantedInTarget) => {
    await world.ensure(wanted.person);
    world.clock.advance(DAY / 2);
    world.book.entries.clear();
    return importAll(world, wanted);
  };

  test('is planned to be made again once an import missed it, and apply makes it', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    const imported = await vanish(world, wanted);

    const [planned] = await plan(world, [wanted]);
    const { waiting } = await world.provisioning.forecast('book');
    const applied = await world.provisioning.apply('book', () => wanting(wanted), {
      ...{ by: 'tests', thread: newId('lgn'), create: false },
    });
    await world.settle();
    const [after] = await plan(world, [wanted], true);

    assert.equal(imported.gone, 1);
    assert.deepEqual(planned?.what === 'create' && planned.again, true);
    assert.equal(waiting, 0, 'the import queued nothing by itself');
    assert.equal(applied.queued, 1);
    assert.equal(world.book.entries.size, 1);
    assert.equal(after?.what, 'nothing');
  });

  test('is found missing once, and noticed at the next sign-in without waiting for its age', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    await vanish(world, wanted);

    const again = await importAll(world, wanted);
    const entered = await world.ensure(wanted.person);

    assert.equal(again.gone, 0);
    assert.equal(entered.outcome, 'ready');
    assert.equal(world.book.entries.size, 1);
  });

  test('is not taken for gone because a list left it out', async () => {
    await using world = await startBookWorld();
    const wanted = wants(reader(), 'reader');
    await world.ensure(wanted.person);
    world.clock.advance(DAY / 2);
    const [entry] = world.book.entries.values();
    assert.ok(entry);
    world.book.react = (call) => {
      if (call === `GET /people/${entry.id}`) world.book.entries.set(entry.id, entry);
      else world.book.entries.delete(entry.id);
      return undefined;
    };

    const imported = await importAll(world, wanted);
    world.book.react = undefined;
    const [planned] = await plan(world, [wanted]);

    assert.equal(imported.gone, 0);
    assert.equal(planned?.what, 'nothing');
  });
});

suite('a task that was done by hand is closed', () => {
  for (const [how, look] of [
    ['an import', (world: BookWorld, wanted: WantedInTarget) => importAll(world, wanted)],
    [
      'apply',
      (world: BookWorld, wanted: WantedInTarget) =>
        world.provisioning.apply('book', () => wanting(wanted), {
          ...{ by: 'tests', thread: newId('lgn'), create: false },
        }),
    ],
    ['plan --live', (world: BookWorld) => world.provisioning.lookAtTasks('book', { thread: newId('lgn') })],
  ] as const) {
    test(`by ${how}, and one that is not done stays`, async () => {
      await using world = await startBookWorld();
      const [done, open] = [reader(), reader()];
      for (const person of [done, open]) await world.ensure(person, ['seller']);
      const before = await world.provisioning.tasks();
      const entry = [...world.book.entries.values()].find(({ mail }) => mail === done.mail);
      if (entry) entry.badge = 'blue';

      await look(world, wants(done, 'seller'));

      const after = await world.provisioning.tasks();
      assert.deepEqual(before.map(({ person }) => person).sort(), [done.id, open.id].sort());
      assert.deepEqual(
        after.map(({ person, field }) => [person, field]),
        [[open.id, 'badge']],
      );
      assert.equal((await world.events('provisioning.task_closed')).length, 1);
    });
  }
});
