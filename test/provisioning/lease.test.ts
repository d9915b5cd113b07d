import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '../../src/base/index.ts';
import { AccountLeases } from '../../src/provisioning/accounts/lease.ts';
import { claimAccount } from '../../src/provisioning/accounts/lease-store.ts';
import { migrations } from '../../src/provisioning/migrations.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

const LEASE_MS = 20_000;

test('a lease that cannot be given back while the database is away is given back when it returns', async () => {
  await using database = await createTestDatabase(migrations);
  const { db } = database;
  const clock = new ManualClock('2026-03-02T08:00:00Z');
  const who = { target: 'shop', person: newId('per') };
  const turn = {
    ...{
      who,
      makesRow: true,
      waitMs: () => 0,
      workMs: () => LEASE_MS,
      skip: () => Promise.resolve(undefined),
    },
    work: async () => {
      await sql`alter table provisioning_account rename to away`.execute(db);
      return 'worked';
    },
  };
  const retried = Promise.withResolvers<void>();
  let pauses = 0;
  const sleep = async (): Promise<void> => {
    pauses += 1;
    if (pauses === 2) await sql`alter table away rename to provisioning_account`.execute(db);
    if (pauses === 2) retried.resolve();
  };
  using leases = new AccountLeases({ db, clock, onStep: () => undefined }, sleep);

  await assert.rejects(leases.run(turn), /provisioning_account/);
  await retried.promise;

  let lease = await claimAccount(db, who, clock.now(), LEASE_MS);
  // The clock stands still, so only a lease that was given back can be had; the retry may still be on its way.
  for (let tries = 0; !lease && tries < 5_000; tries += 1)
    lease = await claimAccount(db, who, clock.now(), LEASE_MS);
  assert.ok(lease, 'free again although no time has passed');
  assert.equal(pauses, 2, 'and left alone from then on');
});
