import { randomUUID } from 'node:crypto';
import {
  type Group,
  iconikDate,
  type NewUser,
  newUser,
  type User,
  type UserStatus,
  type UserType,
} from './model.ts';
import type { Iconik } from './server.ts';

/** What happens to users whoever does it: sign-on, the API, or somebody in the product's own pages. */

export function now({ needs }: Iconik): string {
  return iconikDate(needs.clock.now());
}

/** The user with this address. Whether case matters, and whether deleted users count, are switches. */
export function userByEmail(iconik: Iconik, email: string): User | undefined {
  const { deletedMail } = iconik.switches.positions;
  const isExact = iconik.switches.positions.mailComparison === 'exact';
  const wanted = isExact ? email : email.toLowerCase();
  const found = [...iconik.store.users.values()].filter(
    (user) => (isExact ? user.email : user.email.toLowerCase()) === wanted,
  );
  return (
    found.find(({ status }) => status !== 'DELETED') ?? (deletedMail === 'stays-taken' ? found[0] : undefined)
  );
}

export function isSameMail({ switches }: Iconik, one: string, other: string): boolean {
  return switches.positions.mailComparison === 'exact'
    ? one === other
    : one.toLowerCase() === other.toLowerCase();
}

export function addUser(iconik: Iconik, fields: NewUser): User {
  const user = newUser(fields, now(iconik), randomUUID());
  iconik.store.users.set(user.id, user);
  putIntoIndex(iconik, 'users', user);
  return user;
}

/** To be called after each change to a user. */
export function userChanged(iconik: Iconik, user: User): void {
  user.date_modified = now(iconik);
  putIntoIndex(iconik, 'users', user);
}

export function groupChanged(iconik: Iconik, group: Group): void {
  group.date_modified = now(iconik);
  putIntoIndex(iconik, 'groups', group);
}

export function putIntoIndex(
  { store, needs, switches }: Iconik,
  kind: 'users' | 'groups',
  record: User | Group,
): void {
  const due = needs.clock.now().getTime() + switches.positions.indexLagSeconds * 1_000;
  const present = kind === 'users' ? store.users.has(record.id) : store.groups.has(record.id);
  store.index.put(kind, record.id, present ? record : undefined, due);
}

/** Whoever is not active loses every token, those of storage gateways too. */
export function setStatus(iconik: Iconik, user: User, status: UserStatus): void {
  user.status = status;
  if (status === 'ACTIVE') return;
  for (const token of iconik.store.tokens.values()) {
    if (token.user_id === user.id) iconik.store.tokens.delete(token.id);
  }
}

/** The record goes or stays as DELETED, by switch; comments lose the name, and tokens end. */
export function deleteUser(iconik: Iconik, user: User): void {
  const { deletedUser, listsOfRemoved } = iconik.switches.positions;
  setStatus(iconik, user, 'DELETED');
  if (deletedUser === 'gone' && iconik.switches.positions.deletedMail === 'is-free') {
    iconik.store.users.delete(user.id);
  }
  if (listsOfRemoved === 'go') dropRows(iconik, user.id);
  userChanged(iconik, user);
}

export function deleteGroup(iconik: Iconik, group: Group): void {
  const { store, switches } = iconik;
  store.groups.delete(group.id);
  putIntoIndex(iconik, 'groups', group);
  for (const user of store.users.values()) {
    if (!user.groups.includes(group.id)) continue;
    user.groups = user.groups.filter((id) => id !== group.id);
    if (user.primary_group === group.id) user.primary_group = null;
    userChanged(iconik, user);
  }
  if (switches.positions.listsOfRemoved === 'go') dropRows(iconik, group.id);
}

function dropRows({ store }: Iconik, who: string): void {
  store.acl = store.acl.filter((row) => row.who !== who);
}

/** From now on sign-on gives and takes these groups. */
export function claimGroups(iconik: Iconik, groups: readonly Group[]): void {
  for (const group of groups.filter((each) => !each.is_saml_group)) {
    group.is_saml_group = true;
    groupChanged(iconik, group);
  }
}

/** A name that the identity provider sends means this group. */
export function mapGroup(iconik: Iconik, name: string, group_id: string): void {
  const { store, switches } = iconik;
  store.mappings = [...store.mappings.filter((each) => each.name !== name), { name, group_id }];
  const group = store.groups.get(group_id);
  if (group && switches.positions.mappedGroups === 'managed-at-once') claimGroups(iconik, [group]);
}

/** Whether the seats of a type are all taken. */
export function isFull({ store, switches }: Iconik, type: UserType): boolean {
  const { maxPowerUsers, maxStandardUsers, maxBrowseUsers } = switches.positions;
  const seats = {
    POWER: maxPowerUsers,
    STANDARD: maxStandardUsers,
    BROWSE_ONLY: maxBrowseUsers,
    BROWSE_API_ONLY: 0,
  };
  const taken = [...store.users.values()].filter((user) => user.type === type && user.status === 'ACTIVE');
  return seats[type] > 0 && taken.length >= seats[type];
}
