import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account, Membership, PanelUser } from './account.ts';

/** Keeps the control-panel users over restarts, in one small file that is written as a whole. */
export interface KeepAccount {
  restore(account: Account): void;
  save(account: Account): void;
}

export const keepNoAccount: KeepAccount = { restore: () => undefined, save: () => undefined };

export function keepAccountInFile(path: string): KeepAccount {
  let known: string | undefined;
  return {
    restore: (account) => {
      const text = read(path);
      if (text !== undefined) fill(account, JSON.parse(text, reviveDate) as readonly KeptUser[]);
      known = textOf(account);
    },
    save: (account) => {
      const text = textOf(account);
      if (text === known) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      known = text;
    },
  };
}

type KeptUser = Omit<PanelUser, 'stores'> & { readonly stores: readonly (readonly [string, Membership])[] };

function textOf(account: Account): string {
  const users = [...account.users.values()].map((user): KeptUser => ({ ...user, stores: [...user.stores] }));
  return JSON.stringify(users);
}

function fill(account: Account, users: readonly KeptUser[]): void {
  account.users.clear();
  for (const user of users) {
    account.keepIdsAbove(user.id);
    account.users.set(user.id, { ...user, stores: new Map(user.stores) });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function reviveDate(name: string, value: unknown): unknown {
  const isDate = name === 'lastLoginAt' || name === 'updatedAt';
  return isDate && typeof value === 'string' ? new Date(value) : value;
}
