import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '../../src/base/index.ts';
import { migrations } from '../../src/issuing/index.ts';
import { type Migrations, migrate } from '../../src/platform/database/index.ts';
import { createTestDatabase, eachServer } from '../support/database.ts';

// R3.5: a database of before, with people who were ended and with grants that stand, is brought up to date.

const before: Migrations = Object.fromEntries(
  Object.entries(migrations).filter(([name]) => name < 'issuing_0004'),
);

eachServer('gates of a database of before', (server) => {
  test('close what they closed, and nothing that was made since', async () => {
    await using t = await createTestDatabase(before, { server });
    const [ended, other] = [newId('per'), newId('per')];
    const grant = (id: string, person: string, at: string) =>
      sql`
      insert into issuing_oidc_grant
        (id, session_id, person_id, client, store, thread, sealed, created_at, expires_at)
      values (${id}, 's', ${person}, 'c', '', 'lgn_x', 'x', ${at}, '2027-01-01')`.execute(t.db);
    await sql`insert into issuing_person_gate values (${ended}, '2026-03-02T09:00:00Z')`.execute(t.db);
    await grant('of before', ended, '2026-03-02T08:59:00Z');
    await grant('of the same instant', ended, '2026-03-02T09:00:00Z');
    await grant('made since', ended, '2026-03-02T09:01:00Z');
    await grant('of another', other, '2026-03-01T09:00:00Z');
    await sql`insert into issuing_oidc_refresh_token (id, grant_id, person_id, sealed, expires_at)
      values ('t', 'of before', ${ended}, 'x', '2027-01-01')`.execute(t.db);

    await migrate(t.db, migrations);

    const { rows } = await sql<{ id: string }>`
      select held.id from issuing_oidc_grant held
      left join issuing_person_gate gate on gate.person_id = held.person_id
      where gate.ordinal is null or gate.ordinal < held.ordinal order by held.id`.execute(t.db);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['made since', 'of another'],
    );
    const tokens = await sql`select id from issuing_oidc_refresh_token`.execute(t.db);
    assert.deepEqual(tokens.rows, []);
  });
});
