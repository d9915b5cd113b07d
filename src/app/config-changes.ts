import { createHash } from 'node:crypto';
import { Secret } from '../base/index.ts';
import type { Configuration } from './config.ts';

/** Objects by their path (`rules/agencies`), for the access log. Never holds a value. */
export type ConfigChanges = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** SHA-256 over the new configuration; a changed secret changes it. */
  readonly hash: string;
};

/** What a new configuration adds, changes and removes. Settings that belong to no object count by their own name. */
export function configChanges(before: Configuration, after: Configuration): ConfigChanges {
  const [old, next] = [hashesOf(before), hashesOf(after)];
  return {
    added: [...next.keys()].filter((path) => !old.has(path)),
    changed: [...next]
      .filter(([path, hash]) => old.has(path) && old.get(path) !== hash)
      .map(([path]) => path),
    removed: [...old.keys()].filter((path) => !next.has(path)),
    hash: hashOf(after),
  };
}

function hashesOf({ absent: _, ...config }: Configuration): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [section, value] of Object.entries(config)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const objects = items.filter(hasId);
    if (objects.length === 0 || objects.length < items.length) hashes.set(section, hashOf(value));
    else for (const item of objects) hashes.set(`${section}/${item.id}`, hashOf(item));
  }
  return hashes;
}

function hasId(value: unknown): value is { readonly id: string } {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

/** Secrets take part by their text, or a rotated one would look unchanged; the hash gives none away. */
function hashOf(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, member: unknown) {
    const original = this[key];
    return original instanceof Secret ? `secret:${original.reveal()}` : member;
  });
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}
