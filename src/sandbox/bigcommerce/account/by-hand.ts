import { DEMO_PASSWORD } from '../../cast.ts';
import type { Account, Membership, PanelUser } from './account.ts';
import { HIGH_RISK, PERMISSIONS } from './permissions.ts';

/** Why the control panel does not take these permissions from this person; undefined when it does. */
export function refusePermissions(
  by: Membership | 'sandbox',
  of: Membership,
  permissions: readonly string[],
): string | undefined {
  const unknown = permissions.find((code) => !(PERMISSIONS as readonly string[]).includes(code));
  if (unknown !== undefined) return `There is no permission "${unknown}".`;
  if (of.isOwner) return 'The owner of the store always has all permissions.';
  if (by === 'sandbox' || by.isOwner) return undefined;
  const risky = permissions.find((code) => HIGH_RISK.includes(code) && !of.permissions.includes(code));
  return risky === undefined ? undefined : `Only the owner of the store grants "${risky}".`;
}

/** Ticks exactly these boxes; boxes are kept in the order of the page. */
export function setPermissions(account: Account, of: Membership, permissions: readonly string[]): void {
  of.permissions = PERMISSIONS.filter((code) => permissions.includes(code));
  of.updatedAt = account.now();
}

/** Somebody follows the link of their invitation and says who they are. */
export function acceptInvitation(user: PanelUser, names: { firstName: string; lastName: string }): void {
  user.firstName = names.firstName;
  user.lastName = names.lastName;
  user.password = DEMO_PASSWORD;
}

/** Somebody enters the control panel of a store. */
export function noteEntry(account: Account, membership: Membership): void {
  membership.lastLoginAt = account.now();
}
