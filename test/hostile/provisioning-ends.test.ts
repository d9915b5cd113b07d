import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE, newId } from '../../src/base/index.ts';
import { type BookWorld, reader, startBookWorld, wantsNothing } from '../provisioning/example/world.ts';

// Ends that meet something else on the way: a sign-in, a pause, a reply that was lost. Access must be over afterwards.

const only = (world: BookWorld) => [...world.book.entries.values()][0];

suite('an end', () => {
  test('that is noted while a sign-in of before is on its way is not cancelled by that', async () => {
    const steps: { onStep?: (step: string) => Promise<void> } = {};
    await using world = await startBookWorld({ onStep: (step) => steps.onStep?.(step) });
    const person = reader();
    await world.ensure(person);
    world.clock.advance(2 * DAY);
    steps.onStep = async (step) => {
      if (step !== 'lease taken') return;
      delete steps.onStep;
      world.clock.advance(10);
      await world.end(person.id);
    };

    const entered = await world.provisioning.ensureAccount({
      ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn') },
      ...{ accesses: [{ relyingParty: 'directory-app', role: 'reader' }], stillHolds: async () => false },
    });
    world.clock.advance(HOUR);
    await world.settle();

    assert.deepEqual([entered.outcome, only(world)?.state], ['unavailable', 'suspended']);
  });

  test('that is noted later than the decision of queued work is not cancelled by that', async () => {
    await using world = await startBookWorld({
      wantedOf: async (_target, id) => wantsNothing(reader({ id })),
    });
    const person = reader();
    await world.ensure(person);
    await world.end(person.id);

    const queued = await world.provisioning.queueAccount({
      ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn') },
      ...{ accesses: [{ relyingParty: 'directory-app', role: 'seller' }], create: false },
    });
    await world.settle();

    assert.deepEqual([queued.outcome, only(world)?.state], ['busy', 'suspended']);
  });

  test('that is noted while a pause is carried out takes all its rungs', async () => {
    const steps: { onStep?: (step: string) => Promise<void> } = {};
    await using world = await startBookWorld({ onStep: (step) => steps.onStep?.(step) });
    const person = reader();
    await world.ensure(person);
    await world.end(person.id, { kind: 'paused' });
    steps.onStep = async (step) => {
      if (step !== 'rung written') return;
      delete steps.onStep;
      await world.end(person.id, { because: 'grant withdrawn' });
    };
    await world.settle();
    world.clock.advance(2 * DAY);
    await world.settle();

    assert.deepEqual([only(world)?.state, only(world)?.lists], ['suspended', []]);
    assert.equal((await world.provisioning.accountOf('book', person.id))?.ending?.kind, 'ended');
  });

  test('of everything is not cancelled by a sign-in of before, also for an account that had ended already', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    await world.end(person.id);
    await world.settle();
    await using other = await world.open();

    const entered = await world.provisioning.ensureAccount({
      ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn') },
      accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
      // Everything ends at the very moment at which it still held, and the clock stands still.
      stillHolds: async () => {
        await other.provisioning.endAll(person.id, { because: 'access-ended', thread: newId('lgn') });
        return true;
      },
    });
    await world.settle();

    assert.deepEqual([entered.outcome, only(world)?.state], ['unavailable', 'suspended']);
  });

  test('finds the account whose creation arrives late', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    const person = reader();
    let held: (() => void) | undefined;
    world.book.react = (call) =>
      call === 'POST /people' ? { loseReply: true, later: (go) => (held = go) } : undefined;
    const entered = await world.ensure(person);
    await world.end(person.id);
    await world.settle();

    held?.();
    world.book.react = undefined;
    for (let round = 0; round < 5; round += 1) {
      world.clock.advance(MINUTE);
      await world.settle();
    }

    assert.equal(entered.outcome, 'unavailable');
    assert.deepEqual(
      [...world.book.entries.values()].map(({ state }) => state),
      ['suspended'],
    );
  });
  test('finds it also when what was wanted since is refused', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    const person = reader();
    let held: (() => void) | undefined;
    world.book.react = (call) =>
      call === 'POST /people' ? { loseReply: true, later: (go) => (held = go) } : undefined;
    await world.ensure(person);
    world.book.react = undefined;
    await using other = await world.open({ roles: { reader: { lists: ['no such list'] } } });
    await other.provisioning.prepareTargets({ force: true });

    const refused = await world.ensure(person, ['reader'], other);
    held?.();
    await world.end(person.id);
    for (let round = 0; round < 5; round += 1) {
      world.clock.advance(MINUTE);
      await world.settle();
    }

    assert.equal(refused.outcome === 'refused' && refused.code, 'provisioning.group_missing');
    assert.equal(only(world)?.state, 'suspended');
  });
});

suite('a target that takes few calls', () => {
  test('keeps some for ends, however often somebody signs in who is refused', async () => {
    await using world = await startBookWorld({ settings: { callsPerHour: 20 } });
    const [leaver, refused] = [reader(), reader()];
    await world.ensure(leaver);
    world.book.add({ mail: String(refused.mail) });
    for (let count = 0; count < 40; count += 1) await world.ensure(refused);

    await world.end(leaver.id);
    await world.settle();

    assert.equal(only(world)?.state, 'suspended');
  });
});

suite('a pause', () => {
  test('forgets nothing that was given: what no role names any more goes when access returns', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['seller']);
    await world.end(person.id, { kind: 'paused' });
    await world.settle();
    await using changed = await world.open({ roles: { reader: { lists: ['news'] } } });

    await world.ensure(person, ['reader'], changed);

    assert.deepEqual([only(world)?.state, only(world)?.lists], ['in-use', ['news']]);
  });
});
