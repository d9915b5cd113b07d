import { randomBytes } from 'node:crypto';

/** Kinds of ids that Vestibule makes itself; the kind is readable in every log line and table. */
export type IdKind =
  | 'per'
  | 'idn'
  | 'acc'
  | 'lgn'
  | 'ses'
  | 'evt'
  | 'job'
  | 'key'
  | 'ref'
  | 'stp'
  | 'tsk'
  | 'brk';
export type Id<K extends IdKind> = `${K}_${string}`;

export type PersonId = Id<'per'>;
export type IdentityId = Id<'idn'>;
export type AccountId = Id<'acc'>;
export type LoginId = Id<'lgn'>;
export type SessionId = Id<'ses'>;
export type EventId = Id<'evt'>;
export type JobId = Id<'job'>;

// Crockford's alphabet in lower case: no i, l, o, u, so ids survive being read aloud.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 26 characters, 130 random bits. Random throughout: an id reveals neither time nor order (R6.2). */
export function randomText(length = 26): string {
  let text = '';
  for (const byte of randomBytes(length)) text += ALPHABET[byte & 31];
  return text;
}

export function newId<K extends IdKind>(kind: K): Id<K> {
  return `${kind}_${randomText()}`;
}

/** Says whether a text from outside has the shape of an id of this kind; it may still not exist. */
export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  return (
    text.length === kind.length + 27 && text.startsWith(`${kind}_`) && /^[0-9a-z]{26}$/.test(text.slice(-26))
  );
}
