import type { Person } from '../../model/index.ts';
import { tidy } from '../connector/person-values.ts';

const MAX_NAME = 100;
/** The store requires both names; the second word stands in when the directory gives only one. */
const FALLBACK_NAME = 'User';

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
