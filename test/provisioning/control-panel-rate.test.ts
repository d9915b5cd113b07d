import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR, MINUTE, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { type PanelEngine, signIn, startPanelEngine } from './control-panel-engine-world.ts';
import { accessOf, TARGET } from './control-panel-world.ts';
import { mira } from './world.ts';

const EMEA = accessOf('emea', 'guest');
const QUOTA = 70;
const JOINERS = 200;
/** Jobs that a process runs at once. */
const AT_ONCE = 8;

const joiner = (number: number): Person =>
  mira({ id: newId('per'), login: `joiner-${number}`, mail: `joiner-${number}@halden.example` });

async function queueJoiners(world: PanelEngine, count: number): Promise<readonly Person[]> {
  const people = Array.from({ length: count }, (_, number) => joiner(number));
  for (const person of people) {
    await world.provisioning.queueAccount({ ...signIn(person, [EMEA]), create: true });
  }
  return people;
}

const refusals = (world: PanelEngine): number =>
  world.account.calls().filter((call) => call.endsWith('429')).length;
const joined = (world: PanelEngine, people: readonly Person[]): number =>
  people.filter(({ mail = '' }) => world.account.user(mail)?.stores['haldenemea']).length;

suite('seventy calls an hour', () => {
  test('two hundred joiners and one leaver: the leaver goes first, and nobody is turned away', async () => {
    await using world = await startPanelEngine({ positions: { accountQuota: QUOTA } });
    const leaver = mira();
    assert.equal((await world.ensure(leaver, EMEA)).outcome, 'ready');
    const people = await queueJoiners(world, JOINERS);
    const before = await world.provisioning.forecast(TARGET);
    world.panels.clock.advance(MINUTE);

    await world.end(leaver);
    const urgent = await world.provisioning.forecast(TARGET);
    const from = world.account.calls().length;
    await world.pass(0);

    assert.deepEqual([before.waiting, before.urgent], [JOINERS, 0]);
    assert.deepEqual([urgent.waiting, urgent.urgent], [JOINERS + 1, 1]);
    assert.ok((before.throughAt?.getTime() ?? 0) > world.panels.clock.now().getTime() + 5 * HOUR);
    assert.deepEqual(world.account.storesOf('mira@halden.example'), []);
    const writes = world.account.calls(from).filter((call) => !call.startsWith('query'));
    const first = writes.findIndex((call) => call.startsWith('removeUserFromStore'));
    assert.ok(first !== -1 && first < AT_ONCE, `the removal is among the first that run at once: ${first}`);
    const done = joined(world, people);
    assert.ok(done > 5 && done < JOINERS, `${done} joined in the first hour`);
    assert.equal(refusals(world), 0);
    assert.ok(world.account.calls().length <= QUOTA + 5, 'preparing the world made some of the calls');
  });

  test('a leaver who comes when the queue has used up its share still goes at once', async () => {
    await using world = await startPanelEngine({ positions: { accountQuota: QUOTA } });
    const leaver = mira();
    await world.ensure(leaver, EMEA);
    await queueJoiners(world, JOINERS);
    await world.pass(0);
    await world.pass(MINUTE);
    const spent = world.account.calls().length;

    await world.end(leaver);
    await world.pass(0);

    assert.deepEqual(world.account.storesOf('mira@halden.example'), []);
    assert.deepEqual(world.account.calls(spent), ['query 200', 'removeUserFromStore 200']);
    assert.equal(refusals(world), 0);
  });

  test('hour by hour everybody gets in, within the rate and without a dead letter', async () => {
    await using world = await startPanelEngine({ positions: { accountQuota: QUOTA } });
    const people = await queueJoiners(world, JOINERS);

    let hours = 0;
    // A little more than an hour: calls are forgotten by the minute.
    for (; joined(world, people) < JOINERS && hours < 24; hours += 1) await world.pass(HOUR + 2 * MINUTE);

    assert.equal(joined(world, people), JOINERS);
    // Runs share readings as far as they come at once, which a busy machine decides.
    assert.ok(hours <= 20, `${hours} hours`);
    assert.equal(refusals(world), 0);
    assert.deepEqual(await world.jobs.dead(), []);
    const forecast = await world.provisioning.forecast(TARGET);
    assert.equal(forecast.waiting, 0);
    for (const person of people) {
      assert.equal(await world.linkOf(person), world.account.idOf(person.mail ?? ''));
    }
  });

  test('what other programs use counts too: the queue waits for the hour that the account names', async () => {
    await using world = await startPanelEngine({ positions: { accountQuota: QUOTA } });
    const people = await queueJoiners(world, 3);
    world.account.act('use-account-quota', { calls: QUOTA });

    await world.pass(0);
    const tried = refusals(world);
    await world.pass(MINUTE);
    const again = refusals(world);
    for (let round = 0; round < 12; round += 1) await world.pass(HOUR / 4);

    assert.ok(tried >= 1);
    assert.equal(again, tried, 'not asked again before the hour is over');
    assert.equal(joined(world, people), 3);
  });
});
