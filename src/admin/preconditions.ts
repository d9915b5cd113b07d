import { AdminError } from './errors.ts';

/** The version of an object, as a strong entity tag (RFC 9110 8.8.3). */
export function entityTag(version: number): string {
  return `"v${version}"`;
}

/**
 * A change says which version it changes, or two people overwrite each other unseen (RFC 6585 3). `*` is any.
 *
 * @throws AdminError `admin.version_missing`, `admin.version_mismatch`
 */
export function requireVersion(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined) throw new AdminError('admin.version_missing');
  // Weak tags never match here (RFC 9110 13.1.1), and ours has no comma in it.
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes('*') || tags.includes(entityTag(version))) return;
  throw new AdminError('admin.version_mismatch', { headers: { ETag: entityTag(version) } });
}
