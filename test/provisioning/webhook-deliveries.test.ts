import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMs, DAY } from '../../src/base/index.ts';
import { migrations, purgeDeliveries } from '../../src/provisioning/index.ts';
import { latestDelivery, noteDelivery } from '../../src/provisioning/webhooks/delivery-store.ts';
import { createTestDatabase } from '../support/database.ts';

const NOW = new Date('2026-03-02T09:00:00Z');

test('messages are forgotten after three days, but for the newest of each target', async () => {
  await using database = await createTestDatabase(migrations);
  const note = (target: string, messageId: string, daysAgo: number) =>
    database.db
      .transaction()
      .execute((trx) =>
        noteDelivery(
          trx,
          { target, messageId, event: messageId, externalId: undefined },
          addMs(NOW, -daysAgo * DAY),
        ),
      );
  await note('quiet', 'first', 9);
  await note('quiet', 'last', 8);
  for (const [messageId, daysAgo] of [
    ['old', 4],
    ['young', 2],
    ['newest', 1],
  ] as const) {
    await note('busy', messageId, daysAgo);
  }

  const removed = await purgeDeliveries(database.db, NOW, 100);
  const isNewAgain = [await note('busy', 'old', 0), await note('busy', 'young', 0)];

  assert.equal(removed, 2);
  assert.equal((await latestDelivery(database.db, 'quiet'))?.event, 'last');
  assert.deepEqual(isNewAgain, [true, false]);
});

test('a message whose effect was not written down is new when it comes again', async () => {
  await using database = await createTestDatabase(migrations);
  const delivery = { target: 'store', messageId: 'msg_1', event: 'updated', externalId: '104' };

  await assert.rejects(
    database.db.transaction().execute(async (trx) => {
      await noteDelivery(trx, delivery, NOW);
      throw new Error('killed');
    }),
  );
  const again = await database.db.transaction().execute((trx) => noteDelivery(trx, delivery, NOW));

  assert.equal(again, true);
});
