import type { Json } from '../../../base/index.ts';
import type { AccountImage, Field } from '../../connector/account-image.ts';
import type { ListedAccount, ReadAccount, Refs } from '../../connector/connector.ts';
import type { AccountSnapshot, PanelUser } from './snapshot.ts';

/** Everybody has it, it allows nothing, and the API shows it once, twice or not at all. */
export const NOTHING_ALLOWED = 'No_Permission_Required';
/** Only the owner of a store gives permissions of high risk, so whoever holds this owns one. */
const OF_OWNERS = 'Grant_High_Risk_Store_Permissions';

export const STORES_CALL = 'stores';

export const permissionsField = (storeHash: string): string => `permissions.${storeHash}`;

/** Fields of a user's image; permissions are one field a store, so that a task names the store. */
export function userFields(stores: readonly string[]): Readonly<Record<string, Field>> {
  const permissions = stores.map((hash): [string, Field] => [
    permissionsField(hash),
    { kind: 'set', call: STORES_CALL, title: `permissions in the store ${hash}`, byHand: true },
  ]);
  return {
    // Nothing in the API changes an address: people do it in the control panel.
    mail: {
      ...{ kind: 'detail', call: STORES_CALL, title: 'mail address' },
      ...{ caseless: true, atCreation: true, byHand: true },
    },
    stores: { kind: 'set', call: STORES_CALL, title: 'stores', splits: true },
    ...Object.fromEntries(permissions),
  };
}

/** Why somebody is never ours to change. */
export type Untouchable = 'owner' | 'listed';

export type MembershipRules = {
  /** Store hashes that relying parties name. */
  readonly named: readonly string[];
  /** Mail addresses in lower case. */
  readonly untouchable: ReadonlySet<string>;
};

export function untouchableOf(rules: MembershipRules, user: PanelUser): Untouchable | undefined {
  if (user.stores.some(({ permissions }) => permissions.includes(OF_OWNERS))) return 'owner';
  return rules.untouchable.has(user.mail.toLowerCase()) ? 'listed' : undefined;
}

/**
 * One user as we manage them: in stores that relying parties name or once named. Memberships elsewhere are other
 * people's; `refs.others` remembers that there are some.
 */
export function accountOf(rules: MembershipRules, user: PanelUser, refs: Refs): ReadAccount {
  const managed = new Set([...rules.named, ...splitRef(refs['stores'])]);
  const ours = user.stores.filter(({ hash }) => managed.has(hash));
  const others = user.stores.filter(({ hash }) => !managed.has(hash));
  return {
    externalId: user.id,
    // As a creation leaves it: whoever has such an account can do nothing with it yet.
    fresh: user.stores.length === 0,
    image: imageOf(user.mail, ours),
    refs: {
      stores: joinRef(ours.map(({ hash }) => hash)),
      others: joinRef(others.map(({ hash }) => hash)),
      untouchable: untouchableOf(rules, user) ?? '',
    },
  };
}

/** For reports: every store of the account, named or not. */
export function listedAccount(rules: MembershipRules, user: PanelUser): ListedAccount {
  const signIns = user.stores.flatMap(({ lastSignIn }) => (lastSignIn ? [lastSignIn.getTime()] : []));
  return {
    ...accountOf(rules, user, {}),
    image: imageOf(user.mail, user.stores),
    isActive: user.stores.some(({ isActive }) => isActive),
    ...(signIns.length > 0 && { lastSignIn: new Date(Math.max(...signIns)) }),
    ...(untouchableOf(rules, user) && { untouchable: true }),
  };
}

function imageOf(mail: string, stores: PanelUser['stores']): AccountImage {
  const permissions = stores.map(({ hash, permissions: codes }): [string, Json] => [
    permissionsField(hash),
    [...new Set(codes)].filter((code) => code !== NOTHING_ALLOWED).sort(),
  ]);
  return {
    mail,
    stores: stores.map(({ hash }) => hash).sort(),
    ...Object.fromEntries(permissions),
  };
}

export function findUser(snapshot: AccountSnapshot, externalId: string): PanelUser | undefined {
  return snapshot.users.find(({ id }) => id === externalId);
}

export function withMail(snapshot: AccountSnapshot, mail: string): PanelUser | undefined {
  return snapshot.users.find((user) => user.mail.toLowerCase() === mail.toLowerCase());
}

export function splitRef(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

export function joinRef(hashes: readonly string[]): string {
  return [...hashes].sort().join(',');
}
