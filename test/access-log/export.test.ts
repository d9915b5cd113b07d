import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCell } from '../../src/access-log/csv.ts';
import {
  type Checkpoint,
  type ExportRequest,
  type Verification,
  type VerifyOptions,
  verifyLog,
} from '../../src/access-log/index.ts';
import { MINUTE, newId, type PersonId } from '../../src/base/index.ts';
import { openWorld, someEvent, type World } from './world.ts';

const by = { via: 'cli', name: 'abel' } as const;

async function linesOf(world: World, request: Partial<ExportRequest> = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of world.log.exportLog({ format: 'jsonl', by, ...request })) lines.push(line);
  return lines;
}

async function fill(world: World, events: number, personId?: PersonId): Promise<void> {
  await Promise.all(
    Array.from({ length: events }, () => world.log.append(someEvent(personId ? { personId } : {}))),
  );
}

/** Chains all and hands back the checkpoint, as an outside sink would have it. */
async function checkpointNow(world: World): Promise<Checkpoint> {
  await world.log.runOnce({ checkpoint: 'now' });
  const checkpoint = await world.log.latestCheckpoint();
  assert.ok(checkpoint);
  return checkpoint;
}

async function verify(
  world: World,
  lines: readonly string[],
  checkpoint: Checkpoint,
  more: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const { publicKey } = await world.keys.checkpointSigner();
  return await verifyLog(lines, { publicKey, checkpoint, ...more });
}

test('an export verifies offline against a checkpoint and key from outside', async (t) => {
  const world = await openWorld(t);
  await fill(world, 30);
  const checkpoint = await checkpointNow(world);

  const result = await verify(world, await linesOf(world), checkpoint);

  assert.deepEqual(result.findings, []);
  assert.equal(result.outcome, 'intact');
  assert.equal(result.anchoredTo, 30);
  assert.equal(result.events, 30);
});

test('exporting is an event with who, what and whether personal values were shown', async (t) => {
  const world = await openWorld(t);
  await fill(world, 3);
  await checkpointNow(world);

  await linesOf(world, { reveal: true, reason: 'case 12' });

  const { events } = await world.log.searchEvents({ types: ['log.exported'] }, { limit: 10 });
  assert.deepEqual(events[0]?.facts, {
    by,
    format: 'jsonl',
    from: 1,
    to: 3,
    reason: 'case 12',
    reveal: true,
  });
});

test('reading other people is an event before anything is shown', async (t) => {
  const world = await openWorld(t);
  const personId = newId('per');
  await fill(world, 2, personId);

  const page = await world.log.readPersonEvents(personId, { limit: 10 }, { by, reason: 'audit' });

  assert.equal(page.events.length, 2);
  const { events } = await world.log.searchEvents({ types: ['log.read'] }, { limit: 10 });
  assert.deepEqual(events[0]?.facts, { by, reason: 'audit', what: `person ${personId}` });
});

test('an export shows no personal value unless asked to, and what it shows is provably what was recorded', async (t) => {
  const world = await openWorld(t);
  await world.log.append(someEvent({ personal: { mail: 'mira@halden.example' } }));
  const checkpoint = await checkpointNow(world);

  const sealed = await linesOf(world);
  const revealed = await linesOf(world, { reveal: true });

  assert.ok(!sealed.join().includes('mira@'));
  assert.ok(revealed.join().includes('mira@halden.example'));
  const honest = await verify(world, revealed.slice(0, 1), checkpoint);
  const lying = await verify(
    world,
    revealed.slice(0, 1).map((line) => line.replace('mira@', 'noah@')),
    checkpoint,
  );
  assert.equal(honest.outcome, 'intact');
  assert.equal(lying.findings[0]?.kind, 'revealed_changed');
});

test('a part of the log is verifiable by itself: digests lead on to the next checkpoint', async (t) => {
  const world = await openWorld(t);
  await fill(world, 20);
  const checkpoint = await checkpointNow(world);

  const lines = await linesOf(world, { from: 5, to: 8 });
  const result = await verify(world, lines, checkpoint, { from: 5, to: 8 });

  assert.deepEqual(result.findings, []);
  assert.equal(result.outcome, 'intact');
  assert.equal(result.events, 4);
  assert.equal(result.withheld, 12);
});

test('one person can be shown without the others, and the chain still verifies', async (t) => {
  const world = await openWorld(t);
  const personId = newId('per');
  await fill(world, 3);
  await fill(world, 1, personId);
  await fill(world, 3);
  await fill(world, 1, personId);
  const checkpoint = await checkpointNow(world);

  const lines = await linesOf(world, { person: personId, reveal: true });
  const result = await verify(world, lines, checkpoint, { from: 4, allowWithheld: true });

  assert.equal(result.outcome, 'intact');
  assert.equal(result.events, 2);
  assert.equal(result.withheld, 3);
  assert.equal((await verify(world, lines, checkpoint, { from: 4 })).outcome, 'broken');
});

test('a part can be asked for by time', async (t) => {
  const world = await openWorld(t);
  await fill(world, 2);
  world.clock.advance(10 * MINUTE);
  const since = world.clock.now();
  await fill(world, 3);
  world.clock.advance(10 * MINUTE);
  const until = world.clock.now();
  await fill(world, 1);
  await world.log.runOnce();

  const lines = await linesOf(world, { from: since, to: until });
  const shown = lines.map((line) => JSON.parse(line)).filter((line) => line.event);

  assert.deepEqual(
    shown.map(({ seq }) => seq),
    [3, 4, 5],
  );
  assert.deepEqual(await linesOf(world, { from: world.clock.now(), to: since }), []);
});

test('an export longer than a page has no seam', async (t) => {
  const world = await openWorld(t);
  await fill(world, 1_234);
  const checkpoint = await checkpointNow(world);

  const result = await verify(world, await linesOf(world), checkpoint);

  assert.equal(result.outcome, 'intact');
  assert.equal(result.events, 1_234);
});

test('an empty log exports nothing', async (t) => {
  const world = await openWorld(t);

  assert.deepEqual(await linesOf(world), []);
});

test('after a person is erased the chain is valid and readers see that something was erased', async (t) => {
  const world = await openWorld(t);
  const personId = newId('per');
  const personal = { mail: 'lena@halden.example' };
  const other = await openedMail(world, newId('per'), personal);
  await world.log.append(someEvent({ personId, personal }));
  assert.deepEqual((await world.log.readPersonEvents(personId, { limit: 1 })).events[0]?.personal, personal);

  await world.log.erasePerson(personId, { by: newId('per'), thread: newId('ref'), reason: 'request 7' });

  const [erased, before] = (await world.log.readPersonEvents(personId, { limit: 10 })).events;
  assert.equal(erased?.type, 'person.erased');
  assert.deepEqual([before?.personalState, before?.personal], ['erased', {}]);
  assert.deepEqual(await other(), personal);
  const checkpoint = await checkpointNow(world);
  const lines = await linesOf(world, { reveal: true });
  assert.ok(lines[1]?.includes('"revealed":"erased"'));
  assert.equal((await verify(world, lines, checkpoint)).outcome, 'intact');
});

/** Records something about somebody; the result reads it back. */
async function openedMail(
  world: World,
  personId: PersonId,
  personal: { readonly mail: string },
): Promise<() => Promise<unknown>> {
  await world.log.append(someEvent({ personId, personal }));
  return async () => (await world.log.readPersonEvents(personId, { limit: 1 })).events[0]?.personal;
}

test('about an erased person nothing personal is written any more', async (t) => {
  const world = await openWorld(t);
  const personId = newId('per');
  await world.log.erasePerson(personId, { by: 'system', thread: newId('ref') });

  await world.log.append(someEvent({ personId, personal: { mail: 'lena@halden.example' } }));

  const [event] = (await world.log.readPersonEvents(personId, { limit: 1 })).events;
  assert.equal(event?.personalState, 'dropped');
});

test('erasure and its event stand or fall together', async (t) => {
  const world = await openWorld(t);
  const personId = newId('per');
  await world.log.append(someEvent({ personId }));

  await assert.rejects(
    world.db.transaction().execute(async (trx) => {
      await world.log.erasePerson(personId, { by: 'system', thread: newId('ref') }, trx);
      throw new Error('changed our mind');
    }),
  );

  const { events } = await world.log.readPersonEvents(personId, { limit: 10 });
  assert.deepEqual(
    events.map(({ personalState }) => personalState),
    ['open'],
  );
});

test('a thread reads in order from the first event to the last', async (t) => {
  const world = await openWorld(t);
  const thread = newId('lgn');
  await world.log.append(someEvent({ thread }));
  await world.log.append(someEvent());
  await world.log.append(someEvent({ thread, type: 'login.issued' }));
  await world.log.runOnce();

  const events = await world.log.readThread(thread);

  assert.deepEqual(
    events.map(({ type, seq }) => [type, seq]),
    [
      ['login.started', 1],
      ['login.issued', 3],
    ],
  );
});

test('a search pages from the newest to the oldest', async (t) => {
  const world = await openWorld(t);
  for (const target of ['a', 'b', 'a', 'a']) await world.log.append(someEvent({ target, facts: { target } }));

  const first = await world.log.searchEvents({ target: 'a' }, { limit: 2 });
  const second = await world.log.searchEvents({ target: 'a' }, { limit: 2, before: first.next ?? 0 });

  assert.equal(first.events.length + second.events.length, 3);
  assert.equal(second.next, undefined);
});

test('CSV says that it cannot be verified and carries no formula', async (t) => {
  const world = await openWorld(t);
  await world.log.append(someEvent({ facts: { text: 'a "quoted", one' }, code: '=1+1' }));
  await world.log.runOnce();

  const [note, head, row] = await linesOf(world, { format: 'csv' });

  assert.match(note ?? '', /^# .*CANNOT BE VERIFIED/);
  assert.match(head ?? '', /^seq,time,type/);
  assert.ok(row?.includes(`"'=1+1"`));
  assert.ok(row?.includes('"{""text"":""a \\""quoted\\"", one""}"'));
  assert.ok(row?.includes('sealed'));
});

test('cells that a spreadsheet would run are defused', () => {
  for (const hostile of ['=1', '+1', '-1', '@x', '\tx', '\r=1', '\n=1', '＝1']) {
    assert.ok(csvCell(hostile).startsWith(`"'`), JSON.stringify(hostile));
  }
  assert.equal(csvCell('plain'), 'plain');
});
