import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomText } from '../base/index.ts';

/**
 * RSA keys of the simulators by name (`otds-1`, `am-signing`), made when first asked for, so that the start
 * is quick. With a folder they survive a restart, so that a broker's cached keys and metadata stay right and
 * tests need not make new ones.
 */
export interface Keys {
  /** RSA 2048 private key. The same name gives the same key. */
  rsa(name: string): Promise<KeyObject>;
}

export function createKeys(folder: string | undefined): Keys {
  const keys = new Map<string, Promise<KeyObject>>();
  return {
    rsa: (name) => {
      const known = keys.get(name);
      if (known !== undefined) return known;
      const key = folder === undefined ? makeKey() : keepKey(folder, name);
      keys.set(name, key);
      return key;
    },
  };
}

async function keepKey(folder: string, name: string): Promise<KeyObject> {
  const file = join(folder, `${name}.pem`);
  try {
    return createPrivateKey(await readFile(file));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const key = await makeKey();
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomText(8)}`;
  await writeFile(draft, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await rename(draft, file);
  return key;
}

function makeKey(): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2048 }, (error, _publicKey, privateKey) =>
      error ? reject(error) : resolve(privateKey),
    );
  });
}
