import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '../../src/base/index.ts';
import { claimCreation } from '../../src/provisioning/accounts/creation-claim.ts';
import type { OpenStep } from '../../src/provisioning/outbox/record.ts';
import type { Run } from '../../src/provisioning/run.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { allMigrations } from './world.ts';

// R5.3: without the claim on its mail address nothing is sent to a target whose accounts carry no marker.

for (const [state, isClaimed] of [
  ['open', true],
  ['superseded', false],
] as const) {
  test(`a creation that is ${state} ${isClaimed ? 'claims' : 'does not claim'} its address`, async () => {
    await using t = await createTestDatabase(allMigrations);
    const [account, step] = [newId('acc'), newId('stp')];
    await sql`insert into provisioning_account (id, target, person, marker, created_at, updated_at)
      values (${account}, 'book', 'per_a', 'm', now(), now())`.execute(t.db);
    await sql`insert into provisioning_step
      (id, account, kind, call, purpose, fields, payload, idempotency_key, state, thread, created_at, updated_at)
      values (${step}, ${account}, 'create', 'create', 'access', '[]', '', 'k', ${state}, 'lgn_x', now(), now())`.execute(
      t.db,
    );
    const run = {
      ...{ db: t.db, clock: new ManualClock(), keys: { lookup: (_: string, text: string) => text } },
      ...{ target: { id: 'book', open: { keepsNoMarker: true } }, account: { id: account } },
      desired: { image: { mail: 'mira@halden.example' } },
    };

    const claimed = await claimCreation(run as unknown as Run, { id: step } as OpenStep);

    assert.equal(claimed, isClaimed);
  });
}
