import type { Person } from '../../../model/index.ts';
import { tidy } from '../../connector/person-values.ts';

const LONGEST = 80;
const ALIAS = 8;
const PLACEHOLDERS = ['mail', 'mail.local', 'mail.domain', 'login', 'id'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What is wrong with a template, in a sentence; undefined when nothing is. */
export function templateProblem(template: string): string | undefined {
  for (const [, name = ''] of template.matchAll(PLACEHOLDER)) {
    if (isPlaceholder(name)) continue;
    const known = PLACEHOLDERS.map((each) => `{${each}}`).join(', ');
    return `unknown placeholder {${name}}; use ${known}`;
  }
  const rest = template.replace(PLACEHOLDER, '');
  if (/[{}]/.test(rest)) return 'a brace is not closed';
  const sample = fill(template, {
    ...{ mail: 'a@b.example', 'mail.local': 'a', 'mail.domain': 'b.example', login: 'a', id: 'a' },
  });
  if (!isUsername(sample))
    return 'does not give a name in the form of a mail address, such as {login}@example.com';
  return template === rest ? 'gives everybody the same name; add a placeholder' : undefined;
}

/** The username that this person should get; undefined when the template gives none. */
export function usernameFor(template: string, person: Person): string | undefined {
  const mail = tidy(person.mail);
  const at = mail.lastIndexOf('@');
  const name = fill(template, {
    ...{ mail, login: tidy(person.login), id: person.id },
    'mail.local': at > 0 ? mail.slice(0, at) : '',
    'mail.domain': at > 0 ? mail.slice(at + 1) : '',
  });
  return isUsername(name) ? name : undefined;
}

/** The n-th name to try, from 1: somebody in another organization of the world may have the ones before. */
export function usernameCandidate(username: string, attempt: number): string {
  if (attempt <= 1) return username;
  const at = username.lastIndexOf('@');
  const rest = `${attempt}${username.slice(at)}`;
  return username.slice(0, Math.min(at, LONGEST - rest.length)) + rest;
}

/** Eight characters, not unique: the first letter of the given name and the family name. */
export function aliasFor(firstName: string, lastName: string): string {
  const letters = plain(`${firstName.slice(0, 1)}${lastName}`).replace(/[^a-z0-9]/gi, '');
  return (letters || 'user').slice(0, ALIAS).toLowerCase();
}

function fill(template: string, values: Readonly<Record<Placeholder, string>>): string {
  const text = template.replace(PLACEHOLDER, (_whole, name: string) =>
    isPlaceholder(name) ? values[name] : '',
  );
  return plain(text)
    .toLowerCase()
    .replace(/[^a-z0-9._+'@-]/g, '-');
}

function isPlaceholder(name: string): name is Placeholder {
  return PLACEHOLDERS.some((known) => known === name);
}

/** Letters without their accents: usernames take no others. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss').replaceAll('ø', 'o');
}

function isUsername(text: string): boolean {
  return text.length <= LONGEST && /^[a-z0-9._+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text);
}
