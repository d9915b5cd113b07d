import { z } from 'zod';
import { may } from '../acl.ts';
import { ACL_TYPES, PERMISSIONS, PROPAGATING } from '../content.ts';
import type { Iconik } from '../server.ts';
import type { Caller } from './call.ts';

export const Permissions = z.array(
  z.enum(PERMISSIONS, `Must be one of: ${PERMISSIONS.join(', ')}`),
  'Not a valid list of permissions',
);

export const isAclType = (type: string): boolean => (ACL_TYPES as readonly string[]).includes(type);

/** Only collections and assets are simulated; objects of other types are taken to exist. */
export function hasObject({ store }: Iconik, type: string, key: string): boolean {
  if (type === 'collections' || type === PROPAGATING) return store.collections.has(key);
  return type === 'assets' ? store.assets.has(key) : true;
}

/** Whether the caller may change who sees the object. */
export function mayChangeAcl(iconik: Iconik, { user }: Caller, type: string, key: string): boolean {
  if (iconik.switches.positions.aclWriteNeeds === 'role-only') return true;
  return may(iconik, user, 'change-acl', type === PROPAGATING ? 'collections' : type, key);
}
