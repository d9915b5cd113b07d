import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../src/platform/database/index.ts';
import type { IssuingPurpose, MasterKey } from '../../src/platform/keys/index.ts';
import { type Material, makeMaterial } from '../../src/platform/keys/key-material.ts';
import { insertKey } from '../../src/platform/keys/signing-key-store.ts';
import { createKeys, type Keys } from '../../src/sandbox/keys.ts';

/** Folder of the run that holds keys (see global-setup.ts). */
const FOLDER = 'VESTIBULE_TEST_KEYS';
const BROKER = 'broker.json';
const MADE_AT = new Date('2026-01-01T00:00:00Z');
const PURPOSES = [
  'oidc-rs256',
  'saml-identity-provider',
  'saml-service-provider',
] as const satisfies readonly IssuingPurpose[];
const STATES = ['active', 'next'] as const;

type Ready = { readonly purpose: IssuingPurpose; readonly state: 'active' | 'next'; material: Material };
let own: Promise<readonly Ready[]> | undefined;
let simulators: Keys | undefined;

/**
 * Gives a new database the RSA keys that its broker would make, under its master key: to make them would be a third
 * of what a world costs. All databases of a run get the same ones, and no event says that they were made.
 */
export async function insertReadyKeys(db: Database, master: MasterKey, now: Date): Promise<void> {
  own ??= readyKeys();
  const masters = { current: master, previous: [] };
  for (const key of await own) await insertKey(db, masters, { ...key, now });
}

/** Keys of the simulators; the first world that asks for one makes it for all. */
export function simulatorKeys(): Keys {
  const folder = process.env[FOLDER];
  simulators ??= createKeys(folder && join(folder, 'simulators'));
  return simulators;
}

/** Makes the broker's keys of a run. @returns the variable that tells its tests of them. */
export async function writeReadyKeys(folder: string): Promise<Readonly<Record<string, string>>> {
  const keys = (await makeKeys()).map(({ material: { privateKey, publicPart }, ...key }) => ({
    ...key,
    material: { privateKey: privateKey.toString('base64'), publicPart },
  }));
  await writeFile(join(folder, BROKER), JSON.stringify(keys), { mode: 0o600 });
  return { [FOLDER]: folder };
}

async function readyKeys(): Promise<readonly Ready[]> {
  const folder = process.env[FOLDER];
  if (!folder) return makeKeys();
  const keys = JSON.parse(readFileSync(join(folder, BROKER), 'utf8')) as readonly (Omit<Ready, 'material'> & {
    readonly material: { readonly privateKey: string; readonly publicPart: string };
  })[];
  return keys.map(({ material: { privateKey, publicPart }, ...key }) => ({
    ...key,
    material: { privateKey: Buffer.from(privateKey, 'base64'), publicPart },
  }));
}

function makeKeys(): Promise<Ready[]> {
  const wanted = PURPOSES.flatMap((purpose) => STATES.map((state) => ({ purpose, state })));
  return Promise.all(
    wanted.map(async (key) => ({ ...key, material: await makeMaterial(key.purpose, MADE_AT) })),
  );
}
