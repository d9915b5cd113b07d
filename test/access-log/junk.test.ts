import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { openWorld, type World } from './world.ts';

async function junk(world: World): Promise<readonly unknown[]> {
  const { events } = await world.log.searchEvents({ types: ['junk.counted'] }, { limit: 1_000 });
  return events
    .map(({ facts, personal }) => [facts['kind'], facts['minute'], personal['address'], facts['count']])
    .sort();
}

test('junk is one event a minute for each kind and address, however much of it comes', async (t) => {
  const world = await openWorld(t);
  for (let count = 0; count < 1_000; count += 1) world.log.countJunk('bad state', '192.0.2.1');
  world.log.countJunk('bad state', '192.0.2.2');
  world.log.countJunk('bad assertion', '192.0.2.1');
  await world.log.runOnce();
  assert.deepEqual(await junk(world), []);

  world.clock.advance(MINUTE);
  world.log.countJunk('bad state', '192.0.2.1');
  await world.log.runOnce();

  assert.deepEqual(await junk(world), [
    ['bad assertion', '2026-03-02T09:00:00.000Z', '192.0.2.1', 1],
    ['bad state', '2026-03-02T09:00:00.000Z', '192.0.2.1', 1_000],
    ['bad state', '2026-03-02T09:00:00.000Z', '192.0.2.2', 1],
  ]);
});

test('junk of the last minute is written at shutdown', async (t) => {
  const world = await openWorld(t);
  world.log.countJunk('bad state', '192.0.2.1');

  await world.log.stop();

  assert.equal((await junk(world)).length, 1);
});

test('a flood from more addresses than can be remembered is still counted whole', async (t) => {
  const world = await openWorld(t);
  for (let address = 0; address < 1_100; address += 1)
    world.log.countJunk('bad state', `2001:db8::${address}`);
  world.clock.advance(MINUTE);

  await world.log.runOnce();

  const { events } = await world.log.searchEvents({ types: ['junk.counted'] }, { limit: 1 });
  assert.deepEqual(
    [events[0]?.facts['count'], events[0]?.personal['address']],
    [100, 'many other addresses'],
  );
});
