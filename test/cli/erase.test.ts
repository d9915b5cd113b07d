import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { confirmed } from '../../src/cli/confirmed.ts';
import { customersMade, eventsOf, letTimePass, setFaults, until } from '../support/evidence.ts';
import type { World } from '../support/world.ts';
import { jsonLines, startCommandWorld } from './crowd.ts';

// R6.2 on the command line: `vestibule erase` shows whom it is about, begins what a running broker goes on with, and
// says what is left.

const ERASE = ['erase', 'mira', '--reason', 'request 7'];

const erasures = (world: World) => eventsOf(world, { types: ['person.erased'] });

test('a person is shown, their access ends everywhere, and nothing of them is left', async () => {
  await using world = await startCommandWorld();
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');

  const erased = await world.vestibule([...ERASE, '--yes']);
  const again = await world.vestibule([...ERASE, '--yes']);
  const id = /per_\w+/.exec(erased.out)?.[0] ?? '';
  const byId = await world.vestibule(['erase', id, '--reason', 'request 7', '--yes']);

  assert.equal(erased.code, 0, erased.out + erased.err);
  assert.match(
    erased.out,
    /^Mira \S+ \(mira\) {2}per_\w+\n {2}bc-emea {2}account \d+, .*\n {2}1 session running\nMira \S+ \(mira\) is erased\n$/,
  );
  assert.equal(erased.err, '');
  const [event, ...others] = await erasures(world);
  assert.deepEqual([event?.facts, others], [{ by: 'cli', reason: 'request 7' }, []]);
  const [customer] = await customersMade(world, 'store-emea');
  assert.deepEqual(
    [customer?.force_password_reset, customer?.channel_ids],
    [true, [9]],
    'parked at once, and not after a week',
  );
  assert.equal((await browser.open(`${world.origin}/`)).url.pathname, '/login', 'the session is over');
  assert.deepEqual([again.code, byId.code], [2, 1]);
  assert.match(again.err, /nobody goes by mira/);
  assert.match(byId.err, /nobody has the id per_\w+, or they are erased already/);
});

test('where nobody can be asked, it is shown what would end, and nothing is done without --yes', async () => {
  await using world = await startCommandWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  const asked = await world.vestibule(ERASE);
  const silent = await world.vestibule(['erase', 'mira', '--yes']);

  assert.deepEqual([asked.code, silent.code], [2, 2]);
  assert.match(asked.out, /bc-emea {2}account \d+, as it should be.*\n {2}1 session running\n$/);
  assert.match(asked.err, /say --yes if that is meant/);
  assert.match(silent.err, /Say why, with --reason/);
  assert.deepEqual(
    await eventsOf(world, { types: ['person.erased', 'account.ending', 'session.ended'] }),
    [],
  );
});

test('while a target is away it says what it waits for, and ends when it is asked again', async () => {
  await using world = await startCommandWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500 });

  const begun = await world.vestibule([...ERASE, '--yes', '--json']);
  const told = await world.vestibule(['erase', 'mira', '--reason', 'how does it go?', '--yes']);
  await setFaults(world, 'bigcommerce');
  const waiting = await erasures(world);
  let erased = told;
  // The next try of the account is a few seconds away.
  await until('she is erased', async () => {
    erased = await world.vestibule(['erase', 'mira', '--reason', 'once more', '--yes', '--json']);
    return erased.code !== 3;
  });

  assert.deepEqual([begun.code, told.code, erased.code], [3, 3, 0], begun.out + told.out + erased.out);
  const [{ outcome, held } = {}] = jsonLines(begun.out);
  assert.equal(outcome, 'waiting');
  assert.deepEqual(
    (held as { target: string; state: string }[]).map(({ target, state }) => [target, state]),
    [['bc-emea', 'open']],
  );
  assert.match(told.out, /is not erased yet.*\n {2}bc-emea {2}provisioning\.target_error, .*next /);
  assert.deepEqual(waiting, []);
  assert.equal(jsonLines(erased.out)[0]?.['outcome'], 'erased');
  assert.deepEqual(
    (await erasures(world)).map(({ facts }) => facts['reason']),
    ['request 7'],
    'as it was begun',
  );
});

test('an account in a target that is not configured any more holds it, and that is said', async () => {
  await using world = await startCommandWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await world.apply((config) => {
    for (const section of ['targets', 'relyingParties', 'rules', 'machines']) config[section] = [];
  });

  const begun = await world.vestibule([...ERASE, '--yes']);

  assert.equal(begun.code, 3, begun.out + begun.err);
  assert.match(begun.out, /^ {2}bc-emea {2}the target is not configured any more, /m);
  assert.deepEqual(await erasures(world), []);
});

test('with --no-wait a running broker does it', async () => {
  await using world = await startCommandWorld();
  await world.signIn(world.browser(), 'ines');

  const begun = await world.vestibule(['erase', 'ines', '--reason', 'left', '--yes', '--no-wait']);

  assert.equal(begun.code, 0, begun.err);
  assert.match(begun.out, /no account in any target\n {2}1 session running\n.* is begun; /);
  await letTimePass(world, MINUTE);
  await until('she is erased', async () => (await erasures(world)).length === 1);
});

for (const [answer, isMeant] of [
  ['yes\n', true],
  [' Yes \n', true],
  ['y\n', false],
  ['\n', false],
  ['', false],
] as const) {
  test(`${JSON.stringify(answer)} ${isMeant ? 'confirms' : 'does not confirm'} what is asked`, async () => {
    const input = new PassThrough();
    const asked = confirmed('All of it?', input, new PassThrough());

    input.end(answer);

    assert.equal(await asked, isMeant);
  });
}
