import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { MINUTE } from '../../src/base/index.ts';
import { createObjectStore, migrations, OBJECTS_CHANNEL } from '../../src/relying-parties/index.ts';
import { createTestDatabase, eachServer } from '../support/database.ts';
import { until } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';

// Relying parties in the database, below the API.

/** Opens only in the place that it was sealed for. */
const keys = {
  sealer: async () => ({
    isDestroyed: false,
    seal: (plain: string, aad: string) => Buffer.from(`${aad}\n${plain}`).toString('base64'),
    open(sealed: string, aad: string) {
      const text = Buffer.from(sealed, 'base64').toString();
      if (!text.startsWith(`${aad}\n`)) throw new Error('not its place');
      return text.slice(aad.length + 1);
    },
  }),
};

eachServer('stored relying parties', (server) => {
  async function openStore() {
    const database = await createTestDatabase(migrations, { server });
    const clock = new ManualClock();
    const store = createObjectStore({ db: database.db, keys, clock });
    return {
      ...{ database, clock, store },
      put: (id: string, title = 'x') =>
        database.db.transaction().execute((trx) => store.put(trx, { id, kind: 'oidc', title })),
      remove: (id: string) => database.db.transaction().execute((trx) => store.remove(trx, id)),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }

  test('come back as they were written, oldest first, sealed in between', async () => {
    await using world = await openStore();
    await world.put('second');
    world.clock.advance(-MINUTE);
    await world.put('first', 'in clear nowhere');

    const { objects } = await world.store.read();

    assert.deepEqual(
      objects.map(({ document, version }) => ({ ...document, version })),
      [
        { id: 'first', kind: 'oidc', title: 'in clear nowhere', version: 1 },
        { id: 'second', kind: 'oidc', title: 'x', version: 1 },
      ],
    );
    const { rows } = await sql`select * from relying_party_object`.execute(world.database.db);
    assert.ok(!JSON.stringify(rows).includes('in clear nowhere'));
  });

  test('count their versions over deletion, and change their mark each time', async () => {
    await using world = await openStore();
    const marks = [await world.store.mark()];
    for (const step of [world.put, world.put, world.remove, world.put]) {
      await step('catalog');
      marks.push(await world.store.mark());
    }

    assert.equal(new Set(marks).size, marks.length);
    const { objects, deleted, mark } = await world.store.read();
    assert.equal(objects[0]?.version, 4);
    assert.deepEqual(deleted, []);
    assert.equal(mark, marks.at(-1));
  });

  test('are remembered by their id alone when they are deleted', async () => {
    await using world = await openStore();
    await world.put('catalog');
    await world.remove('catalog');

    const { objects, deleted } = await world.store.read();

    assert.deepEqual([objects, deleted], [[], ['catalog']]);
    const { rows } = await sql`select sealed from relying_party_object`.execute(world.database.db);
    assert.deepEqual(rows, [{ sealed: null }]);
  });

  test('that were moved to another row do not open, and the others do', async () => {
    await using world = await openStore();
    await world.put('catalog');
    await world.put('handbook');
    await sql`update relying_party_object set sealed =
      (select sealed from relying_party_object where id = 'handbook') where id = 'catalog'`.execute(
      world.database.db,
    );

    const { objects } = await world.store.read();

    assert.deepEqual(
      objects.map(({ id, document }) => [id, document?.id]),
      [
        ['catalog', undefined],
        ['handbook', 'handbook'],
      ],
    );
  });

  test('tell every process of a change when it is committed, and of none that is not', async () => {
    await using world = await openStore();
    let told = 0;
    await using _listening = await world.database.listen(OBJECTS_CHANNEL, () => {
      told += 1;
    });
    await assert.rejects(
      world.database.db.transaction().execute(async (trx) => {
        await world.store.put(trx, { id: 'never', kind: 'oidc' });
        throw new Error('changed my mind');
      }),
    );
    await world.put('catalog');
    await until('it is told', () => told > 0);

    assert.equal(told, 1);
  });

  test('are changed by one transaction at a time', async () => {
    await using world = await openStore();
    await world.put('counter', '0');
    const count = () =>
      world.database.db.transaction().execute(async (trx) => {
        await world.store.lock(trx);
        const { objects } = await world.store.read(trx);
        const title = String(Number(objects[0]?.document?.['title']) + 1);
        await world.store.put(trx, { id: 'counter', kind: 'oidc', title });
      });

    await Promise.all(Array.from({ length: 8 }, count));

    assert.equal((await world.store.read()).objects[0]?.document?.['title'], '8');
  });
});
