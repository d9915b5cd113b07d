import { accessEvents } from '../access-log/index.ts';
import type { Stores } from '../app/index.ts';
import { newId, systemClock } from '../base/index.ts';
import {
  hasSealedData,
  KEY_PURPOSES,
  type KeyInfo,
  type KeyPurpose,
  loadMasterKey,
  rotateMasterKey,
} from '../platform/keys/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { withStores } from './with-stores.ts';

export const keysListCommand: Command = {
  usage: '',
  async run(args) {
    parse(args, {});
    return withStores(async ({ keys }) => {
      for (const key of await keys.list()) console.log(lineOf(key));
      return 0;
    });
  },
};

function lineOf(key: KeyInfo): string {
  const state = key.destroyedAt ? 'destroyed' : key.state;
  const since = key.destroyedAt ?? key.retiredAt ?? key.activeSince ?? key.createdAt;
  return [
    key.purpose.padEnd(22),
    state.padEnd(9),
    key.keyId,
    `since ${since.toISOString()}`,
    ...(key.publishedUntil ? [`published until ${key.publishedUntil.toISOString()}`] : []),
    ...(key.notAfter ? [`certificate ends ${key.notAfter.toISOString()}`] : []),
  ].join('  ');
}

const ROTATE_OPTIONS = {
  master: { type: 'boolean', default: false, help: 'wraps all keys with the new master key' },
  now: {
    type: 'boolean',
    default: false,
    help: 'also when not everybody can know the next key yet; whoever does not refuses what it signs',
  },
} as const;

export const keysRotateCommand: Command = {
  usage: `PURPOSE [--now] | --master   (PURPOSE: ${KEY_PURPOSES.join(', ')})`,
  options: ROTATE_OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, ROTATE_OPTIONS, true);
    const purpose = KEY_PURPOSES.find((each) => each === positionals[0]);
    if (values.master ? positionals.length > 0 || values.now : !purpose || positionals.length > 1) {
      throw new UsageError(`Name one of ${KEY_PURPOSES.join(', ')}, or --master alone.`);
    }
    return withStores((stores) => (purpose ? rotate(purpose, values.now, stores) : rotateMaster(stores)));
  },
};

async function rotate(purpose: KeyPurpose, force: boolean, { keys }: Stores): Promise<number> {
  const result = await keys.rotate(purpose, { by: { via: 'cli' }, force });
  if (result.outcome === 'rotated') {
    console.log(`The key in use for ${purpose} is now ${result.to}.`);
    return 0;
  }
  console.error(
    `Nothing was changed: the next key for ${purpose}, ${result.next}, is not known to everybody yet. ` +
      `It may be used from ${result.mayFrom.toISOString()} on. With --now it is used at once, and whoever has not ` +
      'learnt it yet refuses what it signs.',
  );
  return 1;
}

async function rotateMaster({ database: { db }, accessLog }: Stores): Promise<number> {
  const { masterKeys } = await loadMasterKey({ env: process.env, hasSealedData: () => hasSealedData(db) });
  const count = await rotateMasterKey({ db, masterKeys, clock: systemClock });
  console.log(
    `${counted(count, 'key is', 'keys are')} wrapped with the new master key; the previous one is not needed any more.`,
  );
  await accessLog.append(
    accessEvents.keyRotated({
      thread: newId('ref'),
      facts: { by: { via: 'cli' }, purpose: 'master', to: masterKeys.current.id },
    }),
  );
  return 0;
}

export const keysWithdrawCommand: Command = {
  usage: 'KEYID',
  async run(args) {
    const { positionals } = parse(args, {}, true);
    const [keyId, ...more] = positionals;
    if (keyId === undefined || more.length > 0) throw new UsageError('Name one key; keys list has the ids.');
    return withStores(async ({ keys }) => {
      const result = await keys.withdraw(keyId, { by: { via: 'cli' } });
      if (result.outcome === 'withdrawn') {
        console.log(`${keyId} is withdrawn. Whatever it signed is refused from now on, ours too.`);
        return 0;
      }
      console.error(`Nothing was changed: ${REASONS[result.outcome]}`);
      return 1;
    });
  },
};

const REASONS = {
  unknown: 'no key that signs for others has this id; keys list has the ids.',
  'in-use':
    'the key is in use or comes next; put another one in its place first, with keys rotate PURPOSE --now.',
  gone: 'the key was withdrawn before.',
} as const;
