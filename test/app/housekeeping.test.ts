import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { keepHouse } from '../../src/app/housekeeping.ts';
import { migrations } from '../../src/app/index.ts';
import { addMs, DAY, HOUR } from '../../src/base/index.ts';
import { type Database, openDatabase } from '../../src/platform/database/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createTestDatabase, eachServer, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();
const ago = (ms: number): Date => addMs(clock.now(), -ms);

function house(t: TestDatabase): Promise<void> {
  return keepHouse({ db: t.db, clock, log: silentLog });
}

async function session(db: Database, id: string, endsAt: Date, endedAt: Date | null = null): Promise<void> {
  await sql`insert into session_index
    (id, token_hash, person_id, connection, sealed, opened_at, ends_at, ended_at)
    values (${id}, ${id}, 'per_a', 'otds', '', ${addMs(endsAt, -HOUR)}, ${endsAt}, ${endedAt})`.execute(db);
  await sql`insert into session_entry (session_id, relying_party, first_at)
    values (${id}, 'store-a', ${endsAt}), (${id}, 'store-b', ${endsAt})`.execute(db);
}

async function step(db: Database, id: string, state: string, updatedAt: Date): Promise<void> {
  await sql`insert into provisioning_step
    (id, account, kind, call, purpose, fields, payload, idempotency_key, state, thread, created_at, updated_at)
    values (${id}, 'acc_a', 'update', 'x', 'detail', '[]', '', ${id}, ${state}, 'lgn_a',
      ${updatedAt}, ${updatedAt})`.execute(db);
}

async function account(db: Database): Promise<void> {
  await sql`insert into provisioning_account (id, target, person, marker, created_at, updated_at)
    values ('acc_a', 'bc', 'per_a', 'm', now(), now())`.execute(db);
}

async function idsIn(db: Database, table: string, column = 'id'): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select ${sql.ref(column)} as id from ${sql.table(table)} order by 1`.execute(db);
  return rows.map(({ id }) => id);
}

eachServer('housekeeping', (server) => {
  test('rows of accounts that a process left without anything in them are forgotten after a day', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const row = (id: string, at: Date, endingKind: string | null = null) =>
      sql`insert into provisioning_account (id, target, person, marker, ending_kind, created_at, updated_at)
        values (${id}, 'bc', ${id}, ${id}, ${endingKind}, ${at}, ${at})`.execute(t.db);
    await row('acc_left', ago(DAY + 1));
    await row('acc_new', ago(DAY - 1));
    await row('acc_ending', ago(9 * DAY), 'ended');
    await row('acc_a', ago(9 * DAY));
    await step(t.db, 'stp_open', 'open', ago(9 * DAY));

    await house(t);

    assert.deepEqual(await idsIn(t.db, 'provisioning_account'), ['acc_a', 'acc_ending', 'acc_new']);
  });

  test('sessions that ended 90 days ago are forgotten with what was entered from them; others stay', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await session(t.db, 'ses_expired', ago(90 * DAY + 1));
    await session(t.db, 'ses_signed_out', ago(89 * DAY), ago(90 * DAY + 1));
    await session(t.db, 'ses_recent', ago(90 * DAY));
    await session(t.db, 'ses_running', addMs(clock.now(), HOUR));

    await house(t);

    assert.deepEqual(await idsIn(t.db, 'session_index'), ['ses_recent', 'ses_running']);
    assert.deepEqual(
      [...new Set(await idsIn(t.db, 'session_entry', 'session_id'))],
      ['ses_recent', 'ses_running'],
    );
  });

  test('settled steps are forgotten after 90 days; an open one never, because it may have been sent', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await account(t.db);
    for (const state of ['done', 'rejected', 'superseded', 'open']) {
      await step(t.db, `old_${state}`, state, ago(90 * DAY + 1));
      await step(t.db, `young_${state}`, state, ago(90 * DAY));
    }

    await house(t);

    assert.deepEqual(await idsIn(t.db, 'provisioning_step'), [
      ...['old_open', 'young_done', 'young_open', 'young_rejected', 'young_superseded'],
    ]);
  });

  test('one-time ids are forgotten when nothing could use them any more', async () => {
    await using t = await createTestDatabase(migrations, { server });
    for (const [connection, until] of [
      ['gone', ago(1)],
      ['usable', clock.now()],
    ] as const) {
      await sql`insert into federation_one_time_id values (${connection}, '\\x01', ${until})`.execute(t.db);
    }

    await house(t);

    assert.deepEqual(await idsIn(t.db, 'federation_one_time_id', 'connection'), ['usable']);
  });

  test('a backlog larger than one batch is worked off', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await sql`insert into session_index (id, token_hash, person_id, connection, sealed, opened_at, ends_at)
      select 'ses_' || n, '', 'per_a', 'otds', '', ${ago(91 * DAY)}, ${ago(91 * DAY)}
      from generate_series(1, 2500) n`.execute(t.db);

    await house(t);

    assert.deepEqual(await idsIn(t.db, 'session_index'), []);
  });

  test('while another process works, this one leaves it alone and does not wait', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await using other = openDatabase({ url: t.url, log: silentLog });
    await session(t.db, 'ses_old', ago(91 * DAY));

    await other.db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtext('app_housekeeping'))`.execute(trx);
      await house(t);
    });
    const meanwhile = await idsIn(t.db, 'session_index');
    await house(t);

    assert.deepEqual(meanwhile, ['ses_old']);
    assert.deepEqual(await idsIn(t.db, 'session_index'), []);
  });
});
