import { createHmac } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import type { Database, DatabaseHandle } from '../database/index.ts';
import { KeysConfig } from './config.ts';
import { DataKeys, DESTROYED_CHANNEL } from './data-keys.ts';
import { keepFresh } from './keep-fresh.ts';
import { type KeyEvents, noKeyEvents } from './key-events.ts';
import type { KeyRing } from './keys.ts';
import { checkMasterKeys } from './master-check.ts';
import type { MasterKeys } from './master-key.ts';
import { type RotationNeeds, rotate } from './rotate.ts';
import { settingsOf } from './rotation-settings.ts';
import { SIGNING_CHANNEL } from './signing-key-store.ts';
import { SigningKeys } from './signing-keys.ts';
import { withdraw } from './withdraw.ts';

export type KeysOptions = {
  readonly db: Database;
  /** Of the database handle: hears from other processes that a key was destroyed or replaced. */
  readonly listen: DatabaseHandle['listen'];
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
  /** Data keys held in memory. Default 10,000 (about 5 MB). */
  readonly maxCached?: number;
  /** How signing keys take turns. Default: that of an empty `keys` section. */
  readonly rotation?: KeysConfig;
  /** Where changes of signing keys are recorded, in their own transaction. Default: nowhere. */
  readonly events?: KeyEvents;
};

/**
 * Opens the keys of this database: checks the master key and starts to listen.
 *
 * @throws KeysError `keys.master_key_wrong`; Unavailable `database.unavailable`.
 */
export async function openKeys(options: KeysOptions): Promise<KeyRing> {
  await checkMasterKeys(options.db, options.clock, options.masterKeys);
  const dataKeys = new DataKeys({ ...options, maxCached: options.maxCached ?? 10_000 });
  const config = options.rotation ?? KeysConfig.parse({});
  const needs: RotationNeeds = {
    ...options,
    events: options.events ?? noKeyEvents,
    settingsOf: (purpose) => settingsOf(config, purpose),
  };
  const signingKeys = new SigningKeys(needs);
  // A random key of its own and not derived from the master key: look-ups outlive a rotation.
  const lookupKey = await dataKeys.secret('system:lookup');
  const listening = new AsyncDisposableStack();
  listening.use(await options.listen(DESTROYED_CHANNEL, (owner) => dataKeys.forget(owner)));
  listening.use(await options.listen(SIGNING_CHANNEL, (purpose) => signingKeys.changed(purpose)));
  return {
    sealer: (owner) => dataKeys.sealer(owner),
    sealers: (owners) => dataKeys.sealers(owners),
    destroy: (owner, within) => dataKeys.destroy(owner, within),
    // The length keeps ('a', 'b:c') and ('a:b', 'c') apart.
    lookup: (purpose, value) =>
      createHmac('sha256', lookupKey).update(`${purpose.length}:${purpose}:${value}`).digest('hex'),
    checkpointSigner: () => signingKeys.checkpointSigner(),
    issuingKeys: (purpose) => signingKeys.issuingKeys(purpose),
    onIssuingKeysChange: (listener) => signingKeys.onChange(listener),
    samlServiceProviderKeys: () => signingKeys.samlServiceProviderKeys(),
    async rotate(purpose, asked) {
      const rotated = await rotate(purpose, asked, needs);
      // The notification reaches this process too, but later than the caller's next line.
      signingKeys.forget(purpose);
      return rotated;
    },
    async withdraw(keyId, { by }) {
      const withdrawn = await withdraw(keyId, by, needs);
      signingKeys.forget(undefined);
      return withdrawn;
    },
    async keepFresh(others = []) {
      const kept = await keepFresh(others, needs);
      signingKeys.forget(undefined);
      return kept;
    },
    list: () => signingKeys.list(needs.settingsOf),
    [Symbol.asyncDispose]: () => listening.disposeAsync(),
  };
}
