import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newId, type PersonId } from '../../src/base/index.ts';
import {
  type BookOptions,
  type BookWorld,
  reader,
  startBookWorld,
  wants,
  wantsNothing,
} from '../provisioning/example/world.ts';

// R5.2: a part of somebody's access is taken away while others are on their way who decided before that, and waited for
// their turn. What is decided last stays.

const only = (world: BookWorld) => [...world.book.entries.values()][0];
const accesses = (...roles: readonly string[]) =>
  roles.map((role) => ({ relyingParty: 'directory-app', role }));

/** Somebody who sells, until policy says otherwise. */
async function openShop(options: BookOptions = {}) {
  const says = { roles: ['seller'], isOver: false };
  const world = await startBookWorld({
    ...options,
    wantedOf: async (_target, id: PersonId) => {
      const person = reader({ id, mail: 'sam@halden.example' });
      return says.isOver ? wantsNothing(person) : wants(person, ...says.roles);
    },
  });
  const person = reader({ mail: 'sam@halden.example' });
  await world.ensure(person, ['seller']);
  const about = { person, target: 'book', trustedMailDomains: [], thread: newId('lgn') };
  return {
    ...{ world, person, says },
    queue: (role: string) =>
      world.provisioning.queueAccount({ ...about, create: false, accesses: accesses(role) }),
    /** Who decided when they still sold. */
    signIn: (role: string, stillHolds: () => Promise<boolean>) =>
      world.provisioning.ensureAccount({ ...about, accesses: accesses(role), stillHolds }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

suite('a role that is taken away', () => {
  test('is not given back by a sign-in that was decided before and comes after', async () => {
    await using shop = await openShop();
    shop.says.roles = ['reader'];
    await shop.queue('reader');

    const entered = await shop.signIn('seller', async () => false);
    await shop.world.settle();

    assert.equal(entered.outcome === 'unavailable' && entered.code, 'provisioning.busy');
    assert.deepEqual(only(shop.world)?.lists, ['news']);
  });

  test('is taken away also while the sign-in is between its question and its requests', async () => {
    await using shop = await openShop();
    const queued: string[] = [];
    const [entered] = await Promise.all([
      shop.signIn('reader', async () => {
        shop.says.roles = ['reader'];
        queued.push((await shop.world.provisioning.queueAccount(await late(shop))).outcome);
        return true;
      }),
    ]);
    if (queued[0] === 'busy') await shop.queue('reader');
    await shop.world.settle();

    assert.equal(entered.outcome, 'ready');
    assert.deepEqual([queued, only(shop.world)?.lists], [['busy'], ['news']]);
  });

  test('is not given back by work for the queue that was decided before and comes after', async () => {
    await using shop = await openShop();
    shop.says.roles = ['reader'];
    await shop.queue('reader');

    await shop.queue('seller');
    await shop.world.settle();

    assert.deepEqual(only(shop.world)?.lists, ['news']);
  });

  test('whole, is asked for again by whoever still knew of a part of it', async () => {
    await using shop = await openShop();
    shop.says.isOver = true;

    const queued = await shop.queue('reader');

    assert.equal(queued.outcome, 'busy');
  });
});

async function late({ person }: Awaited<ReturnType<typeof openShop>>) {
  return {
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create: false, budgetMs: 0 },
    accesses: accesses('reader'),
  };
}
