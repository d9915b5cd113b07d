import type { AttributeValue, Person } from '../../../model/index.ts';

/** Values of a person that a customer attribute may be taken from, beside declared attributes. */
export const PERSON_SOURCES = ['login', 'displayName', 'department', 'company', 'phone'] as const;
type PersonSource = (typeof PERSON_SOURCES)[number];

const MAX_NAME = 100;
/** The store requires both names; the second word stands in when the directory gives only one. */
const FALLBACK_NAME = 'User';

/** Text for a mapped attribute; empty when the person has no value. */
export function personValue(person: Person, source: string): string {
  if (source.startsWith('attributes.')) {
    return attributeText(person.attributes[source.slice('attributes.'.length)]);
  }
  const known = PERSON_SOURCES.find((name): name is PersonSource => name === source);
  return tidy(known ? person[known] : undefined);
}

function attributeText(value: AttributeValue | undefined): string {
  if (value === undefined) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return Array.isArray(value) ? [...value].sort().join(', ') : tidy(String(value));
}

/** Composed form, no control characters, single spaces: what the store keeps unchanged. */
export function tidy(text: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here.
  const plain = (text ?? '').normalize('NFC').replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return plain.toWellFormed().replace(/\s+/g, ' ').trim();
}

/** First and last name, both non-empty and at most 100 characters, whatever the directory lacks. */
export function customerNames(person: Person): { readonly firstName: string; readonly lastName: string } {
  const words = tidy(person.displayName).split(' ').filter(Boolean);
  const given = tidy(person.givenName) || words.slice(0, Math.max(1, words.length - 1)).join(' ');
  const family = tidy(person.familyName) || (words.length > 1 ? (words.at(-1) ?? '') : '');
  return {
    firstName: cut(given || tidy(person.login) || FALLBACK_NAME),
    lastName: cut(family || FALLBACK_NAME),
  };
}

function cut(text: string): string {
  return text.slice(0, MAX_NAME).toWellFormed().trim();
}

/**
 * A mail address that can be sent as a filter and an address: one `@`, no separators, at most 250 characters.
 *
 * @returns undefined when it is not.
 */
export function customerMail(person: Person): string | undefined {
  const mail = tidy(person.mail);
  return mail.length <= 250 && /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(mail) ? mail : undefined;
}
