import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR, MINUTE, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { AnyConnector } from '../../src/provisioning/connector/connector.ts';
import type { WantedInTarget } from '../../src/provisioning/index.ts';
import { addressBook } from './example/address-book.ts';
import { type BookWorld, reader, startBookWorld, wants } from './example/world.ts';

// What is queued while the target cannot say what the names in it mean is decided anew before it is written.

/** A book whose list `staff` is for employees: it refuses the list to everybody, once it knows it. */
const careful: AnyConnector = {
  ...addressBook,
  open(settings, deps) {
    const book = addressBook.open(settings, deps);
    const desire = book.desire.bind(book);
    return Object.assign(book, {
      desire: (...request: Parameters<typeof desire>): ReturnType<typeof desire> => {
        const answer = desire(...request);
        const lists = answer.outcome === 'desired' ? answer.image['lists'] : [];
        const isStaff = Array.isArray(lists) && lists.includes('staff');
        if (!isStaff || book.unresolved({ lists: ['staff'] }).length > 0) return answer;
        return { outcome: 'refused', code: 'provisioning.role_unmapped', detail: 'a list of employees' };
      },
    });
  },
};

const ROLES = { reader: { lists: ['news'] }, partner: { lists: ['news', 'staff'] } };

/** The list is new, the book does not answer, and somebody's new role is queued. */
async function queueInTheDark(world: BookWorld, person: Person): Promise<void> {
  world.book.lists.delete('staff');
  await world.ensure(person);
  world.book.lists.add('staff');
  world.clock.advance(MINUTE);
  world.book.react = (call) => (call === 'GET /lists' ? { status: 500 } : undefined);
  const queued = await world.provisioning.queueAccount({
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create: false },
    accesses: [{ relyingParty: 'directory-app', role: 'partner' }],
    budgetMs: 2_000,
  });
  assert.equal(queued.outcome, 'queued');
  world.book.react = undefined;
}

/** The book answers again, perhaps asked by somebody else first. */
async function settle(world: BookWorld): Promise<void> {
  await world.provisioning.prepareTargets({ force: true });
  for (let round = 0; round < 3; round += 1) {
    world.clock.advance(HOUR);
    await world.settle();
  }
}

const only = (world: BookWorld) => [...world.book.entries.values()][0];

suite('what was queued before its names were known', () => {
  let answer: WantedInTarget | undefined;
  const start = () => startBookWorld({ connector: careful, roles: ROLES, wantedOf: async () => answer });

  test('is refused when the target has told what they mean, and the account is paused', async () => {
    await using world = await start();
    const person = reader();
    answer = wants(person, 'partner');
    await queueInTheDark(world, person);

    await settle(world);

    assert.deepEqual([only(world)?.lists, only(world)?.state], [['news'], 'suspended']);
  });

  test('is what policy wants then', async () => {
    await using world = await start();
    const person = reader({ displayName: 'Before' });
    answer = wants({ ...person, displayName: 'After' }, 'reader');
    await queueInTheDark(world, person);

    await settle(world);

    assert.deepEqual([only(world)?.lists, only(world)?.name], [['news'], 'After']);
  });

  test('is an end, if policy says so then', async () => {
    await using world = await start();
    const person = reader();
    answer = wants(person, 'partner');
    await queueInTheDark(world, person);
    answer = {
      ...{ person, trustedMailDomains: [], outcome: 'end', kind: 'ended' },
      ...{ because: 'policy.no_rule', isInferred: true },
    };

    await settle(world);

    assert.equal(only(world)?.state, 'suspended');
  });

  test('is not written where nobody can say, and an end goes through all the same', async () => {
    await using world = await start();
    const person = reader();
    answer = wants(person, 'partner');
    await queueInTheDark(world, person);
    answer = undefined;

    await settle(world);
    const kept = structuredClone(only(world));
    await world.end(person.id);
    await settle(world);

    assert.deepEqual([kept?.lists, kept?.state], [['news'], 'in-use']);
    assert.equal(only(world)?.state, 'suspended');
  });
});
