import type { PeopleLookup, WantedInTarget } from '../../../src/provisioning/index.ts';

/** The directory as an import asks it: these people and nobody else. */
export function lookup(...people: readonly WantedInTarget[]): PeopleLookup {
  return {
    idOf: (subject) => people.find(({ person }) => person.id === subject)?.person.id,
    byId: async (id) => people.find(({ person }) => person.id === id),
    withMail: async (mail) => people.filter(({ person }) => person.mail === mail),
  };
}
