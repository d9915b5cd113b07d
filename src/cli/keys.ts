import { accessEvents } from '../access-log/index.ts';
import type { Stores } from '../app/index.ts';
import { newId, systemClock } from '../base/index.ts';
import { hasSealedData, loadMasterKey, rotateMasterKey } from '../platform/keys/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { withStores } from './with-stores.ts';

const PURPOSES = ['checkpoint', 'saml-service-provider'] as const;

export const keysListCommand: Command = {
  summary: 'Lists the signing keys: purpose, id, since when, and until when if retired.',
  usage: '',
  async run(args) {
    parse(args, {});
    return withStores(async ({ keys }) => {
      for (const { purpose, keyId, createdAt, retiredAt } of await keys.list()) {
        const until = retiredAt ? `retired ${retiredAt.toISOString()}` : 'in use';
        console.log(`${purpose.padEnd(22)} ${keyId}  since ${createdAt.toISOString()}  ${until}`);
      }
      return 0;
    });
  },
};

export const keysRotateCommand: Command = {
  summary: 'Makes a new signing key, or with --master wraps all data keys with the new master key.',
  usage: `${PURPOSES.join(' | ')} | --master`,
  async run(args) {
    const { values, positionals } = parse(args, { master: { type: 'boolean', default: false } }, true);
    const purpose = PURPOSES.find((each) => each === positionals[0]);
    if (values.master ? positionals.length > 0 : !purpose || positionals.length > 1) {
      throw new UsageError(`Name one of ${PURPOSES.join(', ')}, or --master alone.`);
    }
    return withStores(async (stores) => {
      const to = purpose ? await rotateSigningKey(purpose, stores) : await rotateMaster(stores);
      await stores.accessLog.append(
        accessEvents.keyRotated({
          thread: newId('ref'),
          facts: { by: { via: 'cli' }, purpose: purpose ?? 'master', to },
        }),
      );
      return 0;
    });
  },
};

async function rotateSigningKey(purpose: (typeof PURPOSES)[number], { keys }: Stores): Promise<string> {
  await keys.rotate(purpose, { by: { via: 'cli' } });
  const current = (await keys.list()).findLast((key) => key.purpose === purpose && !key.retiredAt);
  console.log(`The key in use for ${purpose} is now ${current?.keyId ?? 'made when first needed'}.`);
  return current?.keyId ?? 'made when first needed';
}

async function rotateMaster({ database: { db } }: Stores): Promise<string> {
  const { masterKeys } = await loadMasterKey({ env: process.env, hasSealedData: () => hasSealedData(db) });
  const count = await rotateMasterKey({ db, masterKeys, clock: systemClock });
  console.log(`${count} keys are wrapped with the new master key; the previous one is not needed any more.`);
  return masterKeys.current.id;
}
