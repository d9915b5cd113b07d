import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR, MINUTE } from '../../src/base/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { type DirectoryWorld, found, openDirectory } from './world.ts';

// R1.1, R1.5, R4.6: one person, known by two sources that are joined by a shared attribute.

const shared = { sharedKey: ['4711'] };
const OTDS: Partial<Identity> = { subject: 'o1', groups: ['merchandising@staff'], attributes: shared };
const AM: Partial<Identity> = {
  ...{ connection: 'access-manager', issuer: 'https://am.example', subject: 'a1' },
  ...{ groups: ['b2b-sales'], attributes: shared },
};

async function views({ directory }: DirectoryWorld) {
  const people = await Array.fromAsync(directory.people());
  return people.map(({ person, others }) => [person.groups, ...others.map((other) => other.person.groups)]);
}
const MERCHANDISING = ['merchandising@staff'];
const SALES = ['access-manager:b2b-sales'];

suite('a person of two sources', () => {
  test('is seen by each alone, by the one that was confirmed last first', async () => {
    await using world = await openDirectory();
    const first = found(await world.signIn(OTDS));
    world.clock.advance(MINUTE);
    const second = found(await world.signIn(AM));
    const afterAm = await views(world);
    world.clock.advance(MINUTE);
    await world.signIn(OTDS);

    assert.equal(second.person.id, first.person.id);
    assert.deepEqual(afterAm, [[SALES, MERCHANDISING]]);
    assert.deepEqual(await views(world), [[MERCHANDISING, SALES]]);
    const beside = await world.directory.beside(first.person.id, first.identityId);
    assert.deepEqual(
      beside.map(({ person }) => person.groups),
      [SALES],
    );
  });

  test('is left with the facts of one, once those of the other are older than they may be beside them', async () => {
    await using world = await openDirectory();
    await world.signIn(OTDS);
    await world.signIn(AM);
    world.clock.advance(HOUR);
    const unmoved = await views(world);

    await world.signIn(AM);

    assert.equal(unmoved[0]?.length, 2, 'time alone changes nothing');
    assert.deepEqual(await views(world), [[SALES]]);
  });

  test('is reported when one of them is confirmed, so that all targets are looked at', async () => {
    await using world = await openDirectory();
    await world.signIn(OTDS);
    world.clock.advance(MINUTE);
    await world.signIn(AM);
    world.reported.length = 0;

    await world.signIn(AM);
    const young = world.reported.length;
    world.clock.advance(HOUR);
    await world.signIn(AM);
    await world.signIn(AM);

    assert.equal(young, 0);
    assert.deepEqual(
      world.reported.map(({ what }) => what),
      ['confirmed'],
    );
  });

  test('whom somebody finds by the mail address of an identity left behind has nothing by that one', async () => {
    await using world = await openDirectory();
    await world.signIn({ ...OTDS, mail: 'mira@old.example' });
    world.clock.advance(2 * HOUR);
    await world.signIn({ ...AM, mail: 'mira@halden.example' });

    const known = await world.directory.peopleWithMail('mira@old.example');

    assert.deepEqual(
      known.map(({ person, connection, others }) => [person.groups, connection, others.length]),
      [[SALES, 'access-manager', 0]],
    );
  });

  test('who has only one is never reported for a sign-in that changes nothing', async () => {
    await using world = await openDirectory();
    await world.signIn(OTDS);
    world.reported.length = 0;

    world.clock.advance(HOUR);
    await world.signIn(OTDS);

    assert.deepEqual(world.reported, []);
  });
});
