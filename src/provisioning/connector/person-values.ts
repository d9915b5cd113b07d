import type { AttributeValue, Person } from '../../model/index.ts';

/** Values of a person that a field of an account may be taken from, beside declared attributes. */
export const PERSON_SOURCES = ['login', 'displayName', 'department', 'company', 'phone'] as const;
type PersonSource = (typeof PERSON_SOURCES)[number];

/** Text for a mapped field; empty when the person has no value. */
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

/** Composed form, no control characters, single spaces: what targets keep unchanged. */
export function tidy(text: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here.
  const plain = (text ?? '').normalize('NFC').replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return plain.toWellFormed().replace(/\s+/g, ' ').trim();
}
