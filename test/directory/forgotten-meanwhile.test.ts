import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import type { Identity } from '../../src/model/index.ts';
import { type DirectoryWorld, found, openDirectory } from './world.ts';

// R6.2: a person may be erased while one of their sign-ins is being written. Nothing of them is left then that keeps
// whoever has their name out for good.

const SHARED = { sharedKey: ['4711'] };
const SECOND_SOURCE: Partial<Identity> = {
  ...{ connection: 'access-manager', issuer: 'https://am.example', subject: 'a1', attributes: SHARED },
};
const CASES: readonly (readonly [what: string, late: Partial<Identity>])[] = [
  ['with a new mail address', { mail: 'mira.l@halden.example', attributes: SHARED }],
  ['by a second source', { ...SECOND_SOURCE, mail: 'mira.l@halden.example' }],
];

suite('a person who is erased while they sign in', () => {
  for (const [what, late] of CASES) {
    test(`${what} is somebody new afterwards`, async () => {
      let forget: (() => Promise<unknown>) | undefined;
      let forgotten: Promise<unknown> = Promise.resolve();
      await using world = await openDirectory({
        onReport: async () => {
          if (!forget) return;
          forgotten = forget();
          forget = undefined;
          await doneOrWaiting(world.db, forgotten);
        },
      });
      const mira = found(await world.signIn({ mail: 'mira@halden.example', attributes: SHARED })).person;
      forget = () => world.db.transaction().execute((trx) => world.directory.forget(trx, mira.id));

      await world.signIn(late).catch(() => undefined);
      await forgotten;
      const rows = await leftOf(world.db);
      const back = await world.signIn(late);

      assert.deepEqual(rows, [], 'nothing is left under which they could be found');
      assert.equal(back.outcome, 'person');
      assert.notEqual(found(back).person.id, mira.id);
    });
  }
});

/** Either nothing makes it wait, or it waits for whoever asks. */
async function doneOrWaiting(db: DirectoryWorld['db'], work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows.length > 0) return;
  }
}

async function leftOf(db: DirectoryWorld['db']): Promise<readonly unknown[]> {
  const tables = db.withTables<{
    directory_alias: { kind: string };
    directory_identity: { connection: string };
  }>();
  return [
    ...(await tables.selectFrom('directory_alias').select('kind').execute()),
    ...(await tables.selectFrom('directory_identity').select('connection').execute()),
  ];
}
