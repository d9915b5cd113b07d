import { canonicalJson, type IdentityId, type Json } from '../base/index.ts';
import { Identity } from '../model/index.ts';
import type { Keys, Sealer } from '../platform/keys/index.ts';

/**
 * The lasting part of an identity: who the person is and what they belong to. When and how they signed in differs
 * with every session and lives there, so that an unchanged sign-in writes nothing here.
 */
export const LastingFacts = Identity.pick({
  connection: true,
  issuer: true,
  subject: true,
  login: true,
  mail: true,
  mailVerified: true,
  givenName: true,
  familyName: true,
  displayName: true,
  groups: true,
  attributes: true,
});
export type LastingFacts = Pick<Identity, keyof typeof LastingFacts.shape>;

/** Canonical text, with groups sorted: upstreams list them in any order. */
export function factsText(identity: Identity): string {
  const { groups, ...rest } = LastingFacts.parse(identity);
  return canonicalJson({ ...rest, groups: [...new Set(groups)].sort() } as Json);
}

/** Keyed, because an unkeyed hash of a few personal values can be guessed. */
export function factsHash(keys: Keys, text: string): string {
  return keys.lookup('directory.facts', text);
}

export function sealFacts(sealer: Sealer, id: IdentityId, text: string): string {
  return sealer.seal(text, aad(id));
}

/** Undefined for a person who is erased: nobody is behind the row any more. */
export function openFacts(sealer: Sealer, id: IdentityId, sealed: string): LastingFacts | undefined {
  if (sealer.isDestroyed) return undefined;
  return LastingFacts.parse(JSON.parse(sealer.open(sealed, aad(id)))) as LastingFacts;
}

function aad(id: IdentityId): string {
  return `directory_identity/${id}/sealed`;
}

/** Names of the facts that differ, for the access log; values stay sealed. */
export function changedFacts(before: LastingFacts, after: LastingFacts): string[] {
  const names = Object.keys(LastingFacts.shape) as (keyof LastingFacts)[];
  return names.filter((name) => textOf(before[name]) !== textOf(after[name])).sort();
}

function textOf(value: LastingFacts[keyof LastingFacts]): string {
  if (value === undefined) return '';
  return canonicalJson((Array.isArray(value) ? [...value].sort() : value) as Json);
}
