import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError, randomText } from '../../base/index.ts';
import { KeysError } from './errors.ts';
import { MasterKey, type MasterKeys } from './master-key.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type MasterKeyOptions = {
  /** Reads VESTIBULE_MASTER_KEY or …_FILE, and VESTIBULE_MASTER_KEY_PREVIOUS or …_FILE during a rotation. */
  readonly env: Environment;
  /** Embedded mode only: where the key is kept when the environment gives none; beside the configuration. */
  readonly keyFile?: string;
  /** Whether the database holds sealed data: then a new key would be the loss of all of it. */
  readonly hasSealedData: () => Promise<boolean>;
};

/**
 * Finds the master key (R7.1): the environment first, then, in embedded mode, a file made at the first start.
 *
 * @returns `made` when the file was made by this call: tell the operator to back it up apart from the database.
 * @throws ConfigurationError when none is given in server mode or what is given is not 32 bytes of base64;
 *   KeysError `keys.master_key_missing` when the database holds sealed data and the key file is gone,
 *   `keys.master_key_file` when others may read the file.
 */
export async function loadMasterKey(
  options: MasterKeyOptions,
): Promise<{ readonly masterKeys: MasterKeys; readonly made: boolean }> {
  const previous = await fromEnvironment(options.env, 'VESTIBULE_MASTER_KEY_PREVIOUS');
  const given = await fromEnvironment(options.env, 'VESTIBULE_MASTER_KEY');
  const accepted = previous ? [previous] : [];
  if (given) return { masterKeys: { current: given, previous: accepted }, made: false };
  if (options.keyFile === undefined) {
    throw problem(
      'VESTIBULE_MASTER_KEY',
      'missing; make one with `openssl rand -base64 32` and set it or …_FILE',
    );
  }
  const { key, made } = await fromOwnFile(options.keyFile, options.hasSealedData);
  return { masterKeys: { current: key, previous: accepted }, made };
}

async function fromEnvironment(env: Environment, name: string): Promise<MasterKey | undefined> {
  const text = env[name];
  const file = env[`${name}_FILE`];
  if (text && file) throw problem(name, `set either ${name} or ${name}_FILE, not both`);
  if (text) return parseMasterKey(text, name);
  if (!file) return undefined;
  try {
    return parseMasterKey(await readFile(file, 'utf8'), `${name}_FILE`);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw problem(`${name}_FILE`, 'cannot be read; point it at a readable file');
  }
}

function parseMasterKey(text: string, path: string): MasterKey {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(trimmed)) {
    throw problem(path, 'is not 32 bytes in base64; make one with `openssl rand -base64 32`');
  }
  return new MasterKey(Buffer.from(trimmed, 'base64'));
}

async function fromOwnFile(
  file: string,
  hasSealedData: () => Promise<boolean>,
): Promise<{ key: MasterKey; made: boolean }> {
  const there = await readOwnFile(file);
  if (there) return { key: there, made: false };
  if (await hasSealedData()) {
    throw new KeysError({
      code: 'keys.master_key_missing',
      detail: `the database holds sealed data but ${file} is gone; put its backup there, a new key cannot open the data`,
    });
  }
  const made = await makeOwnFile(file);
  const key = await readOwnFile(file);
  if (!key)
    throw new KeysError({ code: 'keys.master_key_file', detail: `${file} vanished while it was made` });
  return { key, made };
}

async function readOwnFile(file: string): Promise<MasterKey | undefined> {
  const info = await stat(file).catch(() => undefined);
  if (!info) return undefined;
  if ((info.mode & 0o077) !== 0) {
    throw new KeysError({
      code: 'keys.master_key_file',
      detail: `others may read ${file}; run chmod 600 on it, and replace the key if the machine has other users`,
    });
  }
  return parseMasterKey(await readFile(file, 'utf8'), file);
}

/** Complete and on disk before it gets its name; of several processes one wins and the others read its key. */
async function makeOwnFile(file: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${randomText(8)}`;
  const handle = await open(partial, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(partial, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

function problem(path: string, message: string): ConfigurationError {
  return new ConfigurationError([{ path, message }]);
}
