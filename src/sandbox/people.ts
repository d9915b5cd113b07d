import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createCast, DEMO_PASSWORD, type DirectoryPerson } from './cast.ts';

const Address = z.strictObject({
  street: z.string(),
  city: z.string(),
  state: z.string(),
  postalCode: z.string(),
  country: z.string().length(2),
});

/** What a test may change about a person; `region: null` and `contractEnd: null` take the value away. */
export const PersonChange = z
  .strictObject({
    login: z.string().min(1).meta({ description: 'A rename; the uuid stays.' }),
    partition: z.string().min(1),
    password: z.string().min(1),
    mail: z.string(),
    givenName: z.string(),
    familyName: z.string(),
    department: z.string(),
    company: z.string(),
    phone: z.string(),
    address: Address,
    employeeNumber: z.string(),
    region: z.string().nullable(),
    contractEnd: z.iso.datetime({ offset: true }).nullable(),
    more: z
      .record(z.string().regex(/^[A-Za-z]\w*$/), z.string())
      .meta({ description: 'What else a site keeps, by the name of the claim: manager, sponsor, locale.' }),
    groups: z.array(z.string().min(1)),
    disabled: z.boolean(),
    locked: z.boolean(),
    inAccessManager: z.boolean(),
    uuid: z.uuid().meta({ description: 'A rebuilt partition gives the same person a new uuid.' }),
  })
  .partial();
export type PersonChange = z.infer<typeof PersonChange>;

/** A new person needs a login; the rest has believable defaults. */
export const NewPerson = PersonChange.required({ login: true });
export type NewPerson = z.infer<typeof NewPerson>;

export type PersonEvent = {
  readonly kind: 'created' | 'changed' | 'deleted';
  readonly person: DirectoryPerson;
  readonly before?: DirectoryPerson;
};

/** The directory behind OTDS and Access Manager: one set of people that both products look at. */
export interface People {
  all(): readonly DirectoryPerson[];
  /** By login, `login@partition` or mail; case does not matter. The first match wins. */
  find(name: string): DirectoryPerson | undefined;
  byUuid(uuid: string): DirectoryPerson | undefined;
  add(person: NewPerson): DirectoryPerson;
  /** @returns undefined when there is no such person. */
  change(login: string, change: PersonChange): DirectoryPerson | undefined;
  remove(login: string): boolean;
  /** The listener runs after each change, in order; the returned function removes it. */
  onChange(listener: (event: PersonEvent) => void): () => void;
  /** The cast as it was at the start. */
  reset(): void;
}

export function createPeople(now: () => Date): People {
  let people: DirectoryPerson[] = [...createCast(now())];
  const listeners = new Set<(event: PersonEvent) => void>();
  const tell = (event: PersonEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const find = (name: string): DirectoryPerson | undefined => {
    const wanted = name.trim().toLowerCase();
    return people.find((person) => namesOf(person).includes(wanted));
  };
  return {
    all: () => people,
    find,
    byUuid: (uuid) => people.find((person) => person.uuid === uuid),
    add: (fields) => {
      const person = apply(newPerson(fields.login), fields);
      people = [...people, person];
      tell({ kind: 'created', person });
      return person;
    },
    change: (login, change) => {
      const before = find(login);
      if (!before) return undefined;
      const person = apply(before, change);
      people = people.map((each) => (each === before ? person : each));
      tell({ kind: 'changed', person, before });
      return person;
    },
    remove: (login) => {
      const person = find(login);
      if (!person) return false;
      people = people.filter((each) => each !== person);
      tell({ kind: 'deleted', person });
      return true;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reset: () => {
      people = [...createCast(now())];
    },
  };
}

function namesOf(person: DirectoryPerson): string[] {
  return [person.login, `${person.login}@${person.partition}`, person.mail].map((name) => name.toLowerCase());
}

function apply(person: DirectoryPerson, change: PersonChange): DirectoryPerson {
  const { region, contractEnd, ...rest } = change;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...person,
    ...given,
    ...(region !== undefined && { region: region ?? undefined }),
    ...(contractEnd !== undefined && { contractEnd: contractEnd ?? undefined }),
  };
}

function newPerson(login: string): DirectoryPerson {
  return {
    uuid: randomUUID(),
    login,
    partition: 'staff',
    password: DEMO_PASSWORD,
    mail: `${login}@halden.example`,
    givenName: login,
    familyName: 'Example',
    department: '',
    company: 'Halden Group',
    phone: '',
    address: { street: '', city: '', state: '', postalCode: '', country: 'DE' },
    employeeNumber: '',
    groups: [],
    disabled: false,
    locked: false,
    inAccessManager: false,
    shows: 'Added through the control API.',
  };
}
