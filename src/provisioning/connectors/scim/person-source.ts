import type { Person } from '../../../model/index.ts';
import { PERSON_SOURCES, personValue, tidy } from '../../connector/person-values.ts';

/** Beside what every connector knows. */
const OWN_SOURCES = ['mail', 'givenName', 'familyName', 'id'] as const;
export const SOURCES: readonly string[] = [...OWN_SOURCES, ...PERSON_SOURCES];

const PLACEHOLDER = /\{([^{}]+)\}/g;

/** The sources that a mapping names: itself, or those of its placeholders. */
export function sourcesIn(mapping: string): readonly string[] {
  if (!/[{}]/.test(mapping)) return [mapping];
  return [...mapping.matchAll(PLACEHOLDER)].map(([, source = '']) => source);
}

/** Text of a mapping; empty when the person lacks any of its values, so that no half text is ever written. */
export function mappedText(person: Person, mapping: string): string {
  if (!/[{}]/.test(mapping)) return sourceText(person, mapping);
  const isWhole = sourcesIn(mapping).every((source) => sourceText(person, source) !== '');
  if (!isWhole) return '';
  return tidy(mapping.replaceAll(PLACEHOLDER, (_all, source: string) => sourceText(person, source)));
}

function sourceText(person: Person, source: string): string {
  switch (source) {
    case 'mail':
    case 'givenName':
    case 'familyName':
    case 'id':
      return tidy(person[source]);
    case 'displayName':
      return tidy(person.displayName) || tidy(`${person.givenName ?? ''} ${person.familyName ?? ''}`);
    default:
      return personValue(person, source);
  }
}
