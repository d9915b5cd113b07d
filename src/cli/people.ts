import { isId, type PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { UsageError } from './command.ts';
import type { CommandBroker } from './with-broker.ts';

/** `Mira Lindqvist (mira)`, or what else is known of a person; at last the id. */
export function nameOf({ id, displayName, login, mail }: Person): string {
  const handle = login ?? mail ?? id;
  return displayName === undefined || displayName === handle ? handle : `${displayName} (${handle})`;
}

/** The name of whoever the id stands for; the id itself when the directory does not know them any more. */
export function nameIn(people: ReadonlyMap<PersonId, Person>, id: PersonId): string {
  const person = people.get(id);
  return person ? nameOf(person) : id;
}

/**
 * Whom a command was asked about: by login name, mail address or id. An id is taken as it is, also when nobody has it
 * any more.
 *
 * @throws UsageError for nobody, and for several: then it lists them.
 */
export async function choosePerson(
  { broker }: Pick<CommandBroker, 'broker'>,
  name: string,
): Promise<PersonId> {
  if (isId('per', name)) return name;
  const [person, ...others] = await broker.people.named(name);
  if (!person) {
    throw new UsageError(
      `nobody goes by ${name}: give the login name, the mail address or the id (per_…) of somebody who signed in before`,
    );
  }
  if (others.length === 0) return person.id;
  const candidates = [person, ...others].map((each) => `  ${each.id}  ${nameOf(each)}`);
  throw new UsageError(`${name} may be several people; give the id:\n${candidates.join('\n')}`);
}

/** The same where nobody needs to be named. */
export async function maybePerson(
  command: Pick<CommandBroker, 'broker'>,
  name: string | undefined,
): Promise<PersonId | undefined> {
  return name === undefined ? undefined : choosePerson(command, name);
}
