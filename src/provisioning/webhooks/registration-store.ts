import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { addMs, type Clock, HOUR, Secret } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { Keys, Sealer } from '../../platform/keys/index.ts';
import type { ProvisioningTables, WebhookTable } from '../tables.ts';
import { assertTurn, type HooksTurn } from './hooks-turn.ts';

/** Messages under way when the secret changes, and their first repetitions, still carry the former one. */
const FORMER_MS = HOUR;
const OWNER = 'system:webhooks';

/** That a target tells us of changes, and by which secret it is known. */
export type Registration = {
  readonly destination: URL;
  /** What the hooks must carry. */
  readonly secret: Secret;
  /** What they carried before, while that is still good. */
  readonly former: Secret | undefined;
  /** When all hooks were last made right; absent while the first registration, or their removal, is not complete. */
  readonly registeredAt: Date | undefined;
};

/**
 * Secrets of hooks, sealed (R7.1). A new one is written down before any hook carries it, and the former one stays good until
 * an hour after all of them do: whatever is interrupted, no message of the target is refused. Only whoever has the turn of
 * the target changes anything here.
 *
 * @throws ProvisioningError `provisioning.lease_lost` from whatever changes something when the turn is somebody else's.
 */
export class RegistrationStore {
  readonly #db: Database;
  readonly #keys: Pick<Keys, 'sealer'>;
  readonly #clock: Clock;

  constructor({
    db,
    keys,
    clock,
  }: {
    readonly db: Database;
    readonly keys: Pick<Keys, 'sealer'>;
    readonly clock: Clock;
  }) {
    this.#db = db;
    this.#keys = keys;
    this.#clock = clock;
  }

  async read(target: string): Promise<Registration | undefined> {
    const row = await this.#db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_webhook')
      .selectAll()
      .where('target', '=', target)
      .executeTakeFirst();
    return row && this.#open(await this.#keys.sealer(OWNER), row);
  }

  /** Targets whose hooks were made. */
  async targets(): Promise<readonly string[]> {
    const rows = await this.#db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_webhook')
      .select('target')
      .where('registered_at', 'is not', null)
      .orderBy('target')
      .execute();
    return rows.map(({ target }) => target);
  }

  /** The registration to be made so: with a secret of its own when it is the first, or when a new one is asked for. */
  async begin(turn: HooksTurn, destination: URL, isNewSecret: boolean): Promise<Registration> {
    const { target } = turn;
    const sealer = await this.#keys.sealer(OWNER);
    const fresh = randomBytes(32).toString('base64url');
    return this.#db.transaction().execute(async (trx) => {
      await assertTurn(trx, turn);
      const known = await this.#insert(trx, sealer, { target, destination, secret: fresh });
      // A rotation that was interrupted goes on with the secret that some hooks may carry already.
      const isUnderWay = known.former !== null && known.former_until === null;
      if (!isNewSecret || known.isNew || isUnderWay) return this.#open(sealer, known);
      const change = {
        secret: sealer.seal(fresh, place(target, 'secret')),
        former: sealer.seal(this.#open(sealer, known).secret.reveal(), place(target, 'former')),
        former_until: null,
      };
      await this.#update(trx, target, change);
      return this.#open(sealer, { ...known, ...change });
    });
  }

  /** All hooks lead here and carry the secret. */
  async complete(trx: Transaction, turn: HooksTurn, destination: URL): Promise<void> {
    await assertTurn(trx, turn);
    const { target } = turn;
    const now = this.#clock.now();
    await this.#update(trx, target, { destination: destination.href, registered_at: now });
    await trx
      .withTables<ProvisioningTables>()
      .updateTable('provisioning_webhook')
      .set({ former_until: addMs(now, FORMER_MS) })
      .where('target', '=', target)
      .where('former', 'is not', null)
      .where('former_until', 'is', null)
      .execute();
  }

  /**
   * They are to go: from now on nobody puts them right. The secret stays known while hooks may carry it.
   */
  async leave(turn: HooksTurn): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await assertTurn(trx, turn);
      await this.#update(trx, turn.target, { registered_at: null });
    });
  }

  /** No hook carries the secret any more. */
  async forget(trx: Transaction, turn: HooksTurn): Promise<void> {
    await assertTurn(trx, turn);
    await trx
      .withTables<ProvisioningTables>()
      .deleteFrom('provisioning_webhook')
      .where('target', '=', turn.target)
      .execute();
  }

  /** The row, made if there was none. */
  async #insert(
    trx: Transaction,
    sealer: Sealer,
    wanted: { readonly target: string; readonly destination: URL; readonly secret: string },
  ): Promise<Selectable<WebhookTable> & { readonly isNew: boolean }> {
    const { target, destination, secret } = wanted;
    const tables = trx.withTables<ProvisioningTables>();
    const made = await tables
      .insertInto('provisioning_webhook')
      .values({
        ...{ target, destination: destination.href, former: null, former_until: null },
        secret: sealer.seal(secret, place(target, 'secret')),
        registered_at: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    const row = await tables
      .selectFrom('provisioning_webhook')
      .selectAll()
      .where('target', '=', target)
      .executeTakeFirstOrThrow();
    return { ...row, isNew: made.numInsertedOrUpdatedRows === 1n };
  }

  async #update(
    trx: Transaction,
    target: string,
    change: Partial<Omit<Selectable<WebhookTable>, 'target'>>,
  ): Promise<void> {
    await trx
      .withTables<ProvisioningTables>()
      .updateTable('provisioning_webhook')
      .set(change)
      .where('target', '=', target)
      .execute();
  }

  #open(sealer: Sealer, row: Selectable<WebhookTable>): Registration {
    const { target, destination, secret, former, former_until: until, registered_at: registeredAt } = row;
    const isGood = former !== null && (until === null || until > this.#clock.now());
    return {
      destination: new URL(destination),
      secret: new Secret(sealer.open(secret, place(target, 'secret'))),
      former: isGood ? new Secret(sealer.open(former, place(target, 'former'))) : undefined,
      registeredAt: registeredAt ?? undefined,
    };
  }
}

function place(target: string, column: 'secret' | 'former'): string {
  return `provisioning_webhook/${target}/${column}`;
}
