import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { PlannedAccount, WantedInTarget } from '../../src/provisioning/index.ts';
import { lookup } from './example/lookup.ts';
import { type BookWorld, reader, startBookWorld, wanting, wants, wantsNothing } from './example/world.ts';

// DESIGN §8, R5.4, S20: what would be done to everybody, doing it, and whose the accounts of a target are.

async function plan(
  world: BookWorld,
  people: readonly WantedInTarget[],
  options?: { live: boolean },
): Promise<readonly PlannedAccount[]> {
  const planned: PlannedAccount[] = [];
  for await (const each of world.provisioning.plan('book', wanting(...people), options)) planned.push(each);
  return planned;
}

const apply = (world: BookWorld, people: readonly WantedInTarget[], release?: string) =>
  world.provisioning.apply('book', () => wanting(...people), {
    ...{ by: 'tests', thread: newId('lgn'), create: true },
    ...(release !== undefined && { release }),
  });

async function members(world: BookWorld, count: number): Promise<readonly Person[]> {
  const people = Array.from({ length: count }, () => reader());
  for (const person of people) await world.ensure(person);
  return people;
}

suite('a plan', () => {
  test('says who is made, changed, ended and left alone, and makes no call', async () => {
    await using world = await startBookWorld();
    const [same, more, gone] = await members(world, 3);
    const fresh = reader();
    assert.ok(same && more && gone);
    world.book.calls.length = 0;

    const planned = await plan(world, [
      ...[wants(same, 'reader'), wants(more, 'reader', 'seller'), wantsNothing(gone), wants(fresh, 'reader')],
    ]);

    assert.deepEqual(
      planned.map(({ what, changes }) => [what, changes.map(({ title, effect }) => `${title} ${effect}`)]),
      [
        ['nothing', []],
        ['change', ['mailing lists adds']],
        ['end', ['state reduces']],
        ['create', ['state adds', 'mailing lists adds', 'mail address detail', 'name detail']],
      ],
    );
    assert.deepEqual(world.book.calls, []);
  });

  test('shows by looking what somebody changed by hand', async () => {
    await using world = await startBookWorld();
    const [person] = await members(world, 1);
    assert.ok(person);
    Object.assign([...world.book.entries.values()][0] ?? {}, { name: 'Somebody else' });

    const offline = await plan(world, [wants(person, 'reader')]);
    const live = await plan(world, [wants(person, 'reader')], { live: true });

    assert.equal(offline[0]?.what, 'nothing');
    assert.deepEqual([live[0]?.what, live[0]?.changes.map(({ field }) => field)], ['drift', ['name']]);
  });

  test('is empty after it was applied', async () => {
    await using world = await startBookWorld();
    const [more, gone] = await members(world, 2);
    assert.ok(more && gone);
    const people = [wants(more, 'seller'), wantsNothing(gone), wants(reader(), 'reader')];

    await apply(world, people);
    await world.settle();

    for (const live of [false, true]) {
      assert.deepEqual(
        (await plan(world, people, { live })).map(({ what }) => what),
        ['nothing', 'nothing', 'nothing'],
      );
    }
    assert.deepEqual(
      [...world.book.entries.values()].map(({ state, lists }) => [state, lists]),
      [
        ['in-use', ['news', 'sales']],
        ['suspended', ['news']],
        ['in-use', ['news']],
      ],
    );
  });

  test('says who cannot be provisioned and why', async () => {
    await using world = await startBookWorld();

    const [planned] = await plan(world, [wants(reader({ mail: '' }), 'reader')]);

    assert.deepEqual(
      [planned?.what, planned && 'code' in planned && planned.code],
      ['refused', 'provisioning.mail_missing'],
    );
  });
});

suite('the brake on mass changes', () => {
  test('holds back removals that are only inferred and too many, and lets everything else through', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 12);
    const wanted = people.map((person, index) =>
      index < 5 ? wantsNothing(person) : wants(person, 'seller'),
    );

    const applied = await apply(world, wanted);
    await world.settle();

    const entries = [...world.book.entries.values()];
    assert.deepEqual([applied.braked?.removals, applied.braked?.accounts], [5, 12]);
    assert.equal(entries.filter(({ state }) => state === 'suspended').length, 0);
    assert.equal(entries.filter(({ lists }) => lists.includes('sales')).length, 7);
    assert.equal((await world.events('provisioning.braked')).length, 1);
  });

  test('goes on when somebody released it, with these removals and no others', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 12);
    const five = people.map((person, index) => (index < 5 ? wantsNothing(person) : wants(person, 'reader')));
    const nine = people.map((person, index) => (index < 9 ? wantsNothing(person) : wants(person, 'reader')));
    const held = await apply(world, five);

    const released = await apply(world, nine, held.braked?.id);
    await world.settle();

    assert.equal([...world.book.entries.values()].filter(({ state }) => state === 'suspended').length, 5);
    assert.equal(released.braked?.removals, 4, 'the four that nobody looked at wait again');
    assert.equal((await world.events('provisioning.released'))[0]?.['by'], 'tests');
  });

  test('is not released for another day: what is gone again then is looked at again', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 12);
    const five = people.map((person, index) => (index < 5 ? wantsNothing(person) : wants(person, 'reader')));
    const held = await apply(world, five);
    await apply(world, five, held.braked?.id);
    await apply(world, five, held.braked?.id);
    await world.settle();
    for (const person of people) await world.ensure(person);
    world.clock.advance(2 * HOUR);

    await assert.rejects(apply(world, five, held.braked?.id), { code: 'provisioning.unknown_brake' });
    await world.settle();

    assert.equal([...world.book.entries.values()].filter(({ state }) => state === 'suspended').length, 0);
  });

  test('never holds an explicit end', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 12);

    const applied = await apply(
      world,
      people.map((person) => wantsNothing(person, false)),
    );
    await world.settle();

    assert.equal(applied.braked, undefined);
    assert.ok([...world.book.entries.values()].every(({ state }) => state === 'suspended'));
  });

  test('does not count where there are few accounts', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 3);

    const applied = await apply(
      world,
      people.map((person) => wantsNothing(person)),
    );

    assert.equal(applied.braked, undefined);
    assert.equal(applied.ends, 3);
  });

  test('a release that holds nothing back is refused', async () => {
    await using world = await startBookWorld();

    await assert.rejects(apply(world, [], 'brk_nothing'), { code: 'provisioning.unknown_brake' });
  });

  test('a mapping that takes something from everybody is held as well', async () => {
    await using world = await startBookWorld();
    const people = await members(world, 12);
    await using changed = await world.open({ roles: { reader: { lists: [] } } });

    const applied = await changed.provisioning.apply(
      'book',
      () => wanting(...people.map((person) => wants(person, 'reader'))),
      { by: 'tests', thread: newId('lgn'), create: false },
    );

    assert.equal(applied.braked?.removals, 12);
  });
});

suite('an import', () => {
  const settings = { onExisting: 'adopt' };
  const trusted = (person: Person): WantedInTarget => ({
    ...wants(person, 'reader'),
    trustedMailDomains: ['halden.example'],
  });

  test('settles whose each account is, over all pages', async () => {
    await using world = await startBookWorld({ settings });
    const linked = reader();
    await world.ensure(linked);
    const known = reader();
    const twin = reader();
    world.book.add({ mail: known.mail ?? '' });
    world.book.add({ mail: twin.mail ?? '' });
    for (let count = 0; count < 4; count += 1)
      world.book.add({ mail: `stranger-${count}@elsewhere.example` });
    const people = lookup(...[linked, known, twin].map(trusted), trusted(reader({ mail: twin.mail ?? '' })));
    const progress: number[] = [];

    const imported = await world.provisioning.importAccounts('book', people, {
      thread: newId('lgn'),
      onProgress: ({ seen }) => progress.push(seen),
    });
    await world.settle();

    assert.deepEqual(imported, { created: 4, linked: 2, ambiguous: 1, skipped: 0, gone: 0 });
    assert.deepEqual(progress, [3, 6, 7]);
    const account = await world.provisioning.accountOf('book', known.id);
    assert.equal(world.book.entries.get(account?.externalId ?? '')?.mail, known.mail);
  });

  test('run twice changes nothing', async () => {
    await using world = await startBookWorld({ settings });
    const known = reader();
    world.book.add({ mail: known.mail ?? '' });
    world.book.add({ mail: 'stranger@elsewhere.example' });
    const options = { thread: newId('lgn') };
    await world.provisioning.importAccounts('book', lookup(trusted(known)), options);
    await world.settle();
    await world.provisioning.importAccounts('book', lookup(trusted(known)), options);
    const before = structuredClone([...world.book.entries.values()]);
    world.book.calls.length = 0;

    const again = await world.provisioning.importAccounts('book', lookup(trusted(known)), options);
    await world.settle();

    assert.deepEqual(again, { created: 0, linked: 0, ambiguous: 0, skipped: 2, gone: 0 });
    assert.deepEqual([...world.book.entries.values()], before);
    assert.ok(world.book.calls.every((call) => call.startsWith('GET')));
  });

  test('links nobody by mail where the target does not allow it or the domain is not trusted', async () => {
    for (const [own, domains] of [
      [{ onExisting: 'refuse' }, ['halden.example']],
      [{ onExisting: 'adopt' }, []],
    ] as const) {
      await using world = await startBookWorld({ settings: own });
      const known = reader();
      world.book.add({ mail: known.mail ?? '', name: 'Before' });
      const people = lookup({ ...wants(known, 'reader'), trustedMailDomains: domains });

      const imported = await world.provisioning.importAccounts('book', people, { thread: newId('lgn') });
      await world.settle();

      assert.equal(imported.ambiguous, 1);
      assert.equal([...world.book.entries.values()][0]?.name, 'Before');
    }
  });

  test('forgets accounts that are gone, and shows what was found', async () => {
    await using world = await startBookWorld({ settings });
    const entry = world.book.add({ mail: 'stranger@elsewhere.example', state: 'suspended' });
    const options = { thread: newId('lgn') };
    await world.provisioning.importAccounts('book', lookup(), options);
    const found = await Array.fromAsync(world.provisioning.found('book'));
    world.book.entries.delete(entry.id);
    world.clock.advance(DAY);

    const again = await world.provisioning.importAccounts('book', lookup(), options);

    assert.deepEqual(
      found.map(({ externalId, result, isActive }) => [externalId, result, isActive]),
      [[entry.id, 'unclaimed', false]],
    );
    assert.equal(again.gone, 1);
    assert.deepEqual(await Array.fromAsync(world.provisioning.found('book')), []);
  });

  test('waits as long as the target asks, and then reads the same page', async () => {
    await using world = await startBookWorld({ settings });
    world.book.add({ mail: 'stranger@elsewhere.example' });
    await world.provisioning.prepareTargets();
    let isFirst = true;
    world.book.react = () => {
      const limited = isFirst ? { status: 429, headers: { 'retry-after': '0' } } : undefined;
      isFirst = false;
      return limited;
    };

    const imported = await world.provisioning.importAccounts('book', lookup(), { thread: newId('lgn') });

    assert.equal(imported.created, 1);
  });

  test('stops with advice when the target does not answer, and goes on from there another time', async () => {
    await using world = await startBookWorld({ settings });
    world.book.add({ mail: 'stranger@elsewhere.example' });
    const options = { thread: newId('lgn') };
    await world.provisioning.prepareTargets();
    world.book.react = () => ({ status: 429, headers: { 'retry-after': '900' } });

    await assert.rejects(world.provisioning.importAccounts('book', lookup(), options), {
      code: 'provisioning.import_stopped',
    });
    world.book.react = undefined;
    const imported = await world.provisioning.importAccounts('book', lookup(), options);

    assert.equal(imported.created, 1);
  });
});
