import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { startWorld } from '../support/world.ts';

// What stands in clear in the access log is there for ever, and no erasure reaches it (R6.2).

test('a link to a page of a store that names somebody leaves that name only under the seal', async () => {
  await using world = await startWorld();
  const to = `/account.php?${new URLSearchParams({ search: 'mira@halden.example' })}`;
  const link = `/launch/store-emea?${new URLSearchParams({ to })}`;

  const page = await world.signIn(world.browser(), 'mira', link);

  assert.equal(page.url.hostname, 'store-emea.localhost');
  const { accessLog, database } = await world.stores();
  const { events } = await accessLog.searchEvents({ types: ['login.issued'] }, { limit: 5 });
  const [issued] = events;
  assert.equal(issued?.personal['to'], to);
  const { rows } = await sql<{ body: string }>`select body from access_log_event`.execute(database.db);
  assert.ok(rows.length > 0);
  for (const { body } of rows) assert.doesNotMatch(body, /mira|halden\.example|account\.php/i);
});
