import { type Clock, isId } from '../base/index.ts';
import type { Directory, KnownPerson } from '../directory/index.ts';
import type { Person } from '../model/index.ts';
import type { PeopleLookup, WantedInTarget } from '../provisioning/index.ts';
import type { Reconcile, Wanted } from '../reconcile/index.ts';

export type PeopleFilter = {
  readonly id?: Person['id'];
  /** Called for people who cannot be decided without a sign-in; they are left out. */
  readonly onUndecided?: (person: Person, about: string) => void;
  /** Called for everybody who is in, so that a report can name people. */
  readonly onPerson?: (person: Person) => void;
};

/** A person of the directory and what policy wants of them in one target. */
export type Standing = { readonly person: Person; readonly wanted: Wanted };

/** What policy wants of people in one target: for plans, imports and reports, without anybody signing in. */
export interface People {
  in(target: string, filter?: PeopleFilter): AsyncIterable<WantedInTarget>;
  /** Everybody the directory knows, those who cannot be decided without a sign-in included. */
  standings(target: string): AsyncIterable<Standing>;
  lookup(target: string): PeopleLookup;
}

export function connectPeople(deps: {
  readonly directory: Pick<Directory, 'people' | 'peopleWithMail'>;
  readonly reconcile: Pick<Reconcile, 'wanted' | 'trustedMailDomainsOf'>;
  readonly clock: Clock;
}): People {
  const { directory, reconcile, clock } = deps;
  const wantedIn = (
    target: string,
    known: KnownPerson,
    filter: PeopleFilter = {},
  ): WantedInTarget | undefined => {
    const wanted = reconcile.wanted(known, clock.now()).get(target);
    if (!wanted) return undefined;
    if (wanted.outcome === 'undecided') {
      filter.onUndecided?.(known.person, wanted.about);
      return undefined;
    }
    filter.onPerson?.(known.person);
    const trustedMailDomains = reconcile.trustedMailDomainsOf(known.connection);
    return { person: known.person, trustedMailDomains, ...wanted };
  };
  return {
    async *in(target, filter = {}) {
      for await (const known of directory.people(filter.id === undefined ? {} : { id: filter.id })) {
        const wanted = wantedIn(target, known, filter);
        if (wanted) yield wanted;
      }
    },
    async *standings(target) {
      for await (const known of directory.people()) {
        const wanted = reconcile.wanted(known, clock.now()).get(target);
        if (wanted) yield { person: known.person, wanted };
      }
    },
    lookup: (target) => ({
      idOf: (subject) => (isId('per', subject) ? subject : undefined),
      async byId(id) {
        for await (const known of directory.people({ id })) return wantedIn(target, known);
        return undefined;
      },
      async withMail(mail) {
        const known = await directory.peopleWithMail(mail);
        return known.flatMap((each) => wantedIn(target, each) ?? []);
      },
    }),
  };
}
