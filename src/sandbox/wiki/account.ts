import type { Directory, Entry } from './scim/index.ts';
import type { WebSession } from './store.ts';
import type { WikiSwitches } from './switches.ts';

/** What of the wiki is looked at here. */
type Wiki = { readonly switches: WikiSwitches; readonly directory: Directory };

/** The account of whoever signs in: its externalId is the broker's subject. Names and mail addresses join nobody. */
export function accountOf({ directory }: Wiki, sub: string): Entry | undefined {
  return directory.byExternalId(sub);
}

/** @returns why the wiki does not let this subject in, though the broker did. */
export function refuseAccount(wiki: Wiki, sub: string): string | undefined {
  const { inactiveAccount, unknownAccount } = wiki.switches.positions;
  const account = accountOf(wiki, sub);
  if (!account) return unknownAccount === 'refused' ? 'You have no account in the wiki.' : undefined;
  const isRefused = isInactive(account) && inactiveAccount === 'refused';
  return isRefused ? 'Your account in the wiki is not active.' : undefined;
}

/** Whether the account of a running session was taken away meanwhile, and the wiki looks. */
export function isOver(wiki: Wiki, { sub, hadAccount }: WebSession): boolean {
  const { sessionOfInactive, inactiveAccount } = wiki.switches.positions;
  if (sessionOfInactive === 'survives') return false;
  const account = accountOf(wiki, sub);
  return account ? isInactive(account) && inactiveAccount === 'refused' : hadAccount;
}

function isInactive({ attributes }: Entry): boolean {
  return attributes['active'] === false;
}
