import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Directory, type Entry } from './directory.ts';

/** Keeps accounts and groups over restarts, as a real application outlives the broker. */
export interface Keep {
  /** @returns undefined when nothing was kept. */
  restore(): Directory | undefined;
  save(directory: Directory): void;
}

export const keepNothing: Keep = { restore: () => undefined, save: () => undefined };

/** One file, written anew with each change and moved into place: a process that is killed forgets nothing that it said. */
export function keepInFile(path: string): Keep {
  return {
    restore: () => {
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
      const directory = new Directory();
      // The file was written by this very file.
      for (const entry of JSON.parse(text, reviveDate) as Entry[]) directory.restore(entry);
      return directory;
    },
    save: (directory) => {
      mkdirSync(dirname(path), { recursive: true });
      const entries = [...directory.all('User'), ...directory.all('Group')];
      writeFileSync(`${path}.new`, JSON.stringify(entries), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

function reviveDate(name: string, value: unknown): unknown {
  const isDate = (name === 'created' || name === 'lastModified') && typeof value === 'string';
  return isDate ? new Date(value) : value;
}
