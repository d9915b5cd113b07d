import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import { HOUR, MINUTE, newId, type PersonId } from '../../src/base/index.ts';
import { AccountLeases } from '../../src/provisioning/accounts/lease.ts';
import {
  type BookOptions,
  type BookWorld,
  type OpenedBook,
  reader,
  startBookWorld,
  wants,
  wantsNothing,
} from '../provisioning/example/world.ts';

// R3.5: whatever meets a first sign-in on its way, in whatever process, in the end there is no account, or one whose
// ladder ran. All clocks stand still meanwhile, so that nothing can be told by them.

/** Every place between two durable steps of a first sign-in, and before the first. */
const STEPS = [
  'before anything',
  'asked whether it still holds',
  'lease taken',
  'creation written',
  'creation answered',
  'creation recorded',
  'access answered',
  'access recorded',
] as const;

/** Two processes over one database: one signs a person in, the other ends what they have. */
async function openTwo(options: BookOptions = {}) {
  const own: { step?: (name: string) => Promise<void> } = {};
  const world = await startBookWorld({ ...options, onStep: (name) => own.step?.(name) });
  await world.provisioning.prepareTargets();
  const other = await world.open({ onStep: () => undefined });
  // What a kill ends before it looks for accounts: sessions, or the person.
  let stands = true;
  const kill = async (person: PersonId): Promise<void> => {
    await other.provisioning.endAll(person, { because: 'access-ended', thread: newId('lgn') });
    stands = false;
    await other.provisioning.endAll(person, { because: 'access-ended', thread: newId('lgn') });
  };
  return {
    ...{ world, other, kill, own },
    stillHolds: async () => stands,
    async [Symbol.asyncDispose]() {
      await other[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

const signIn = (
  by: OpenedBook,
  person: ReturnType<typeof reader>,
  stillHolds: () => Promise<boolean>,
  roles: readonly string[] = ['reader'],
) =>
  by.provisioning.ensureAccount({
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), stillHolds },
    accesses: roles.map((role) => ({ relyingParty: 'directory-app', role })),
  });

async function pass(world: BookWorld, by: OpenedBook): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    world.clock.advance(MINUTE);
    await world.settle(by);
  }
  world.clock.advance(HOUR);
  await world.settle(by);
}

const standing = ({ book }: BookWorld) => [...book.entries.values()].map(({ state }) => state);

suite('access that ends for good while a first sign-in is on its way', () => {
  for (const provision of ['before-sign-in', 'queue'] as const) {
    for (const place of STEPS) {
      test(`leaves no account in use (${place}, provision: ${provision})`, async () => {
        await using two = await openTwo({ settings: { provision } });
        const { world, other, own } = two;
        const person = reader();
        let isDone = false;
        const strike = async (at: string): Promise<void> => {
          if (at !== place || isDone) return;
          isDone = true;
          await two.kill(person.id);
        };
        own.step = strike;

        await strike('before anything');
        const entered = await signIn(world, person, async () => {
          const holds = await two.stillHolds();
          await strike('asked whether it still holds');
          return holds;
        });
        // Work that the sign-in left to the queue goes by the same steps.
        await world.settle();
        await strike(place);
        await pass(world, other);

        const states = standing(world);
        assert.ok(
          states.every((state) => state === 'suspended'),
          `${entered.outcome}, then ${states.join()}`,
        );
        const account = await world.provisioning.accountOf('book', person.id);
        assert.ok(account === undefined || account.ending?.kind === 'ended' || states.length === 0);
        if (place !== 'access recorded' && provision === 'before-sign-in') {
          assert.notEqual(entered.outcome, 'ready', 'and nobody enters');
        }
      });

      test(`leaves none either when the process dies there (${place}, provision: ${provision})`, async () => {
        await using two = await openTwo({ settings: { provision } });
        const { world, other, own } = two;
        const person = reader();
        let isDead = false;
        const strike = async (at: string): Promise<void> => {
          if (isDead) throw new Error('dead');
          if (at !== place) return;
          isDead = true;
          await two.kill(person.id);
          throw new Error('the process is gone');
        };
        own.step = strike;

        await strike('before anything').catch(() => undefined);
        await signIn(world, person, async () => {
          const holds = await two.stillHolds();
          await strike('asked whether it still holds');
          return holds;
        }).catch(() => undefined);
        await world.settle().catch(() => undefined);
        if (!isDead) await two.kill(person.id);
        await pass(world, other);

        const states = standing(world);
        assert.ok(
          states.every((state) => state === 'suspended'),
          states.join(),
        );
      });
    }
  }

  test('leaves the row of nobody behind', async () => {
    await using two = await openTwo();
    const person = reader();
    await two.kill(person.id);

    const entered = await signIn(two.world, person, two.stillHolds);

    assert.equal(entered.outcome === 'unavailable' && entered.code, 'provisioning.busy');
    assert.equal(await two.world.provisioning.accountOf('book', person.id), undefined);
  });
});

suite('an account that is prepared ahead', () => {
  const prepare = (world: BookWorld, person: ReturnType<typeof reader>) =>
    world.provisioning.queueAccount({
      ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create: true },
      accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
    });

  test('is not made when policy has changed its mind since, and leaves no row', async () => {
    await using world = await startBookWorld({
      wantedOf: async (_target, id) => wantsNothing(reader({ id })),
    });
    await world.provisioning.prepareTargets();
    const person = reader();
    await world.end(person.id);

    const queued = await prepare(world, person);
    await world.settle();

    assert.equal(queued.outcome, 'busy');
    assert.deepEqual(standing(world), []);
    assert.equal(await world.provisioning.accountOf('book', person.id), undefined);
  });

  test('is not made when it ends while it is written down', async () => {
    let ends: (() => Promise<unknown>) | undefined;
    await using world = await startBookWorld({
      wantedOf: async (_target, id) => {
        await ends?.();
        return wants(reader({ id }), 'reader');
      },
    });
    await world.provisioning.prepareTargets();
    const person = reader();
    ends = () => world.end(person.id);

    const queued = await prepare(world, person);
    await world.settle();

    assert.equal(queued.outcome, 'busy');
    assert.deepEqual(standing(world), []);
    assert.equal((await world.provisioning.accountOf('book', person.id))?.ending?.kind, 'ended');
  });
});

test('somebody who was erased gets no row, neither by a sign-in nor ahead nor by work that was left', async () => {
  await using world = await startBookWorld();
  await world.provisioning.prepareTargets();
  const person = reader();
  const { db } = world.database;
  // As an erasure leaves it: no rows, and a key that is gone.
  await sql`insert into keys_data_key (id, owner, wrapped, created_at, destroyed_at)
    values ('key_x', ${person.id}, null, now(), now())`.execute(db);

  const entered = await world.ensure(person);
  const queued = await world.provisioning.queueAccount({
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create: true },
    accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
  });

  assert.deepEqual([entered.outcome, queued.outcome], ['unavailable', 'busy']);
  assert.deepEqual(await rowsOf(db), []);
});

test('work that is left over for somebody who is erased meanwhile makes them no new row', async () => {
  await using world = await startBookWorld();
  const person = reader();
  const { db } = world.database;
  const leases = new AccountLeases(
    { db, clock: world.clock, onStep: () => undefined },
    async () => undefined,
  );

  const done = await leases.run({
    ...{ who: { target: 'book', person: person.id }, makesRow: false, waitMs: () => 0 },
    ...{ skip: async () => undefined, work: async () => assert.fail('there is nothing to work on') },
  });

  assert.equal(done, undefined);
  assert.deepEqual(await rowsOf(db), []);
});

async function rowsOf(db: BookWorld['database']['db']): Promise<readonly unknown[]> {
  return (await sql`select id from provisioning_account`.execute(db)).rows;
}
