import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPerson, eventsOf } from '../support/evidence.ts';
import { iconikState, iconikUser, probe, run, TARGET, todaysClock, writes } from '../support/iconik.ts';
import { startWorld } from '../support/world.ts';

// S36, the side of iconik: new staff are ready on day one. The broker learns of people at their first sign-in anywhere;
// directory entries of people who never signed in are not read yet, so the time from such an entry is not measured.

const NINA = 'nina@halden.example';
const newcomer = {
  login: 'nina',
  givenName: 'Nina',
  familyName: 'Brandt',
  region: 'EMEA',
  groups: ['media@staff'],
};

test('somebody known to the broker is made before ever coming to iconik, and the first visit finds everything ready', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await addPerson(world, newcomer);
  await world.signIn(world.browser(), 'nina', '/launch/wiki');
  const planned = await run(world, 'plan', TARGET);

  const applied = await run(world, 'apply', TARGET, '--create');
  const user = await iconikUser(world, NINA);
  const seen = await (await probe(world, NINA)).sees();
  const made = await writes(world);
  const page = await world.signIn(world.browser(), 'nina', '/launch/iconik');

  assert.match(planned, /Nina Brandt/);
  assert.match(applied, /: 0 ends begun, 1 account queued, 0 refused/);
  assert.deepEqual([user.status, [...user.groups].sort()], ['ACTIVE', ['Editors', 'Media EMEA']]);
  assert.ok(seen.includes('Harbour at dawn, take 3'), 'the library is there before the person is');
  assert.equal(page.url.hostname, 'iconik.localhost');
  assert.match(page.text, /Wool mill interview/);
  assert.deepEqual(await writes(world), made, 'nothing was left to do at the door');
});

test('without the wish to create, applying makes nobody who never came', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await addPerson(world, newcomer);
  await world.signIn(world.browser(), 'nina', '/launch/wiki');

  await run(world, 'apply', TARGET);

  assert.ok((await iconikState(world)).users.every(({ email }) => email !== NINA));
});

test('at a first login everything is ready within that one sign-in, and the report shows when', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await addPerson(world, newcomer);

  const page = await world.signIn(world.browser(), 'nina', '/launch/iconik');
  const enteredAt = world.clock.now();
  const report = await run(world, 'report', 'provisioning', '--target', TARGET, '--json');

  assert.equal(page.url.hostname, 'iconik.localhost');
  const [known] = await eventsOf(world, { types: ['person.created'] });
  const [created] = await eventsOf(world, { types: ['account.created'] });
  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  assert.deepEqual(
    [created?.thread, issued?.thread],
    [known?.thread, known?.thread],
    'one sign-in did it all',
  );
  const row = JSON.parse(report.trim().split('\n').at(-1) ?? '') as {
    what: string;
    time: string;
    thread: string;
  };
  assert.deepEqual([row.what, row.thread], ['account.created', created?.thread]);
  assert.deepEqual(new Date(row.time), enteredAt);
});
