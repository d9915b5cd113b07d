import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { eventsOf, setFaults, until, untilJobsEnded } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S27: what provisioning did, by person, target and time, as the auditor's command line shows it.

type Row = {
  readonly event: string;
  readonly time: string;
  readonly thread: string;
  readonly person: string;
  readonly target: string;
  readonly what: string;
  readonly fields: readonly string[];
  readonly outcome: string;
  readonly code?: string;
  readonly nextTry?: string;
};

/** Mira enters Europe at nine; Noah enters North America at ten, where details cannot be written. */
async function twoSignIns(world: World): Promise<void> {
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  world.clock.advance(HOUR);
  const match = { method: 'PUT', path: '/stores/haldenna/v3/customers/attribute-values' };
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match });
  await world.signIn(world.browser(), 'noah', '/launch/store-na');
  await until(
    'a failure is recorded',
    async () => (await eventsOf(world, { types: ['provisioning.failed'] })).length > 0,
  );
}

async function rowsOf(world: World, ...filter: string[]): Promise<readonly Row[]> {
  const { code, out, err } = await world.vestibule(['report', 'provisioning', '--json', ...filter]);
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const MIRAS = ['account.updated', 'account.updated', 'account.created'];

test('filters by person, target and time give what happened there, and nothing else', async () => {
  await using world = await startWorld();
  await twoSignIns(world);
  const all = await rowsOf(world);
  const noahs = all.filter(({ target }) => target === 'bc-na');
  const mira = all.at(-1)?.person ?? '';
  const half = '2026-03-02T09:30Z';

  const [byTarget, since, before, both] = await Promise.all([
    rowsOf(world, '--target', 'bc-na'),
    rowsOf(world, '--from', half),
    rowsOf(world, '--to', half),
    rowsOf(world, '--person', mira, '--target', 'bc-emea', '--to', '2026-03-02'),
  ]);

  assert.deepEqual(
    both.map(({ what }) => what),
    MIRAS,
  );
  assert.deepEqual(before, both);
  assert.deepEqual(byTarget, noahs);
  assert.deepEqual(since, noahs);
  assert.deepEqual(noahs.at(-1)?.what, 'account.created');
  assert.equal(all.length, both.length + byTarget.length);
});

test('a failure has its reason and next try, exports have the same rows, and every row leads to its thread', async () => {
  await using world = await startWorld();
  await twoSignIns(world);

  const rows = await rowsOf(world);
  const { out: text } = await world.vestibule(['report', 'provisioning']);
  const { out: csv } = await world.vestibule(['report', 'provisioning', '--csv']);
  const threads = new Map(
    await Promise.all(
      [...new Set(rows.map(({ thread }) => thread))].map(async (thread) => {
        const { out } = await world.vestibule(['report', 'thread', thread, '--json']);
        const events = out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { id: string; type: string });
        return [thread, events] as const;
      }),
    ),
  );

  const [failure, ...others] = rows.filter(({ outcome }) => outcome === 'failed');
  assert.deepEqual(others, []);
  assert.deepEqual([failure?.what, failure?.target], ['provisioning.failed', 'bc-na']);
  assert.equal(failure?.code, 'provisioning.target_error');
  assert.ok(new Date(failure?.nextTry ?? 0) > world.clock.now());
  assert.match(text, /provisioning\.failed .*failed provisioning\.target_error {2}next try 2026-03-02T10:00/);
  const [head = '', ...lines] = csv.trim().split('\n');
  const cells = lines.map((line) => line.split(','));
  const column = (name: string) => cells.map((row) => row[head.split(',').indexOf(name)]);
  assert.deepEqual(
    column('event'),
    rows.map(({ event }) => event),
  );
  assert.deepEqual(
    column('thread'),
    rows.map(({ thread }) => thread),
  );
  assert.deepEqual(
    column('what'),
    rows.map(({ what }) => what),
  );
  for (const { event, thread } of rows) {
    const events = threads.get(thread) ?? [];
    assert.ok(
      events.some(({ id }) => id === event),
      `${event} under ${thread}`,
    );
    assert.ok(
      events.some(({ type }) => type === 'decision.allowed'),
      'the thread holds the decision',
    );
    assert.ok(
      events.some(({ type }) => type === 'login.issued'),
      'and the sign-in',
    );
  }
  const reads = await eventsOf(world, { types: ['log.read'] });
  assert.equal(reads.length, 3 + threads.size, 'each look is an event');
});
