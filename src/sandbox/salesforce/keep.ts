import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Changed } from './api/records.ts';
import type { ClientApp, SalesforceStore } from './store.ts';

/** What else outlives a restart, beside records. Sessions, tokens and Login History begin anew. */
type Settings = {
  readonly apps: readonly ClientApp[];
  readonly blockers: readonly (readonly [string, readonly string[]])[];
  readonly takenElsewhere: readonly string[];
  readonly madeAtSignOn: readonly string[];
  readonly passwords?: readonly (readonly [string, string])[];
};
type Line = { readonly changed: Changed } | { readonly settings: Settings };

/** Keeps the organization over restarts, as the real one outlives the broker. */
export interface Keep {
  /** Takes on a fresh store: fills it with what was kept, or forgets what was kept. */
  begin(store: SalesforceStore, how: 'as-kept' | 'anew'): void;
  /** Writes down what changed since the last time. */
  save(store: SalesforceStore): void;
}

export const keepNothing: Keep = { begin: () => undefined, save: () => undefined };

/**
 * A file with one line for each change since the start of the world, complete before the answer leaves. A last
 * line that was cut short belongs to an answer that never left.
 */
export function keepInFile(path: string): Keep {
  let known = '';
  return {
    begin: (store, how) => {
      if (how === 'anew') rmSync(path, { force: true });
      for (const line of readLines(path)) apply(store, line);
      known = JSON.stringify(settingsOf(store));
      store.records.track();
    },
    save: (store) => {
      const lines: string[] = store.records.takeChanged().map((changed) => JSON.stringify({ changed }));
      const settings = JSON.stringify(settingsOf(store));
      if (settings !== known) lines.push(`{"settings":${settings}}`);
      if (lines.length === 0) return;
      mkdirSync(dirname(path), { recursive: true });
      // The line end comes first, so that a line after one that was cut short is whole.
      appendFileSync(path, lines.map((line) => `\n${line}`).join(''), { mode: 0o600 });
      known = settings;
    },
  };
}

/** Saves before the end of the answer is sent, so that a lost reply loses nothing else. */
export function saveBeforeEnd(res: ServerResponse, save: () => void): void {
  const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
  res.end = ((...args: unknown[]) => {
    save();
    return end(...args);
  }) as typeof res.end;
}

function settingsOf(store: SalesforceStore): Settings {
  const { apps, blockers, takenElsewhere, madeAtSignOn, passwords } = store;
  return {
    ...{ apps, blockers: [...blockers], passwords: [...passwords] },
    ...{ takenElsewhere: [...takenElsewhere], madeAtSignOn: [...madeAtSignOn] },
  };
}

function apply(store: SalesforceStore, line: Line): void {
  if ('changed' in line) {
    store.records.restore(line.changed);
    return;
  }
  const { apps, blockers, takenElsewhere, madeAtSignOn, passwords = [] } = line.settings;
  store.apps.splice(0, store.apps.length, ...apps);
  store.blockers.clear();
  for (const [id, reasons] of blockers) store.blockers.set(id, reasons);
  for (const name of takenElsewhere) store.takenElsewhere.add(name);
  for (const [id, password] of passwords) store.passwords.set(id, password);
  for (const id of madeAtSignOn) store.madeAtSignOn.add(id);
}

function readLines(path: string): readonly Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return []; // cut short when the process was killed
    }
  });
}
