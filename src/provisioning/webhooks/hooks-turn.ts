import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { addMs, type Clock, SECOND } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { CallFailed } from '../connector/connector.ts';
import { ProvisioningError } from '../errors.ts';
import type { Sleep } from '../sleep.ts';
import type { ProvisioningTables } from '../tables.ts';

/** Each hook is a request. */
export const HOOKS_BUDGET_MS = 60 * SECOND;
/** Nobody calls the target for longer than the budget: whoever still has the turn after this was killed. */
export const TURN_MS = HOOKS_BUDGET_MS + 30 * SECOND;
const PAUSE_MS = SECOND / 4;

export type HooksTurn = { readonly target: string; readonly holder: string };
type Needs = { readonly db: Database; readonly clock: Clock; readonly sleep: Sleep };

const BUSY: CallFailed = { outcome: 'unavailable', code: 'provisioning.busy', maybeApplied: false };

/**
 * Hooks are changed by one at a time, in whatever process: somebody who removes them while a worker puts them right
 * would leave hooks with a secret that nobody knows any more, and two who make them would make them twice. No
 * connection is held meanwhile.
 *
 * @param waitMs how long the turn is worth waiting for.
 * @returns unavailable (`provisioning.busy`) when others had it all the time, or took it over.
 */
export async function inHooksTurn<T>(
  needs: Needs,
  target: string,
  waitMs: number,
  work: (turn: HooksTurn) => Promise<T>,
): Promise<T | CallFailed> {
  const turn = { target, holder: randomUUID() };
  for (let waitedMs = 0; !(await take(needs, turn)); waitedMs += PAUSE_MS) {
    if (waitedMs >= waitMs) return BUSY;
    await needs.sleep(PAUSE_MS);
  }
  try {
    return await work(turn);
  } catch (error) {
    if (error instanceof ProvisioningError && error.code === 'provisioning.lease_lost') return BUSY;
    throw error;
  } finally {
    await giveBack(needs.db, turn);
  }
}

/**
 * Before a registration is changed: the turn is still ours, and stays so until the transaction ends.
 *
 * @throws ProvisioningError `provisioning.lease_lost`.
 */
export async function assertTurn(trx: Transaction, { target, holder }: HooksTurn): Promise<void> {
  const row = await trx
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_webhook_turn')
    .select('target')
    .where('target', '=', target)
    .where('holder', '=', holder)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new ProvisioningError({ code: 'provisioning.lease_lost', detail: `hooks of ${target}` });
}

async function take({ db, clock }: Needs, { target, holder }: HooksTurn): Promise<boolean> {
  const now = clock.now();
  const turn = { holder, until: addMs(now, TURN_MS) };
  const taken = await db
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_webhook_turn')
    .values({ target, ...turn })
    .onConflict((conflict) =>
      conflict
        .column('target')
        .doUpdateSet(turn)
        .where(sql.ref('provisioning_webhook_turn.until'), '<=', now),
    )
    .returning('holder')
    .executeTakeFirst();
  return taken !== undefined;
}

async function giveBack(db: Database, { target, holder }: HooksTurn): Promise<void> {
  await db
    .withTables<ProvisioningTables>()
    .deleteFrom('provisioning_webhook_turn')
    .where('target', '=', target)
    .where('holder', '=', holder)
    .execute();
}
