import { type Clock, isId, type PersonId } from '../base/index.ts';
import type { Directory, KnownPerson } from '../directory/index.ts';
import type { Person } from '../model/index.ts';
import type { PeopleLookup, WantedInTarget } from '../provisioning/index.ts';
import type { Reconcile, Wanted } from '../reconcile/index.ts';

export type PeopleFilter = {
  readonly id?: Person['id'];
  /** Called for people who cannot be decided without a sign-in; they are left out. */
  readonly onUndecided?: (person: Person, about: string) => void;
};

/** A person of the directory and what policy wants of them in one target. */
export type Standing = { readonly person: Person; readonly wanted: Wanted };

/** Some people, and what policy wants of each in every target that was asked for. */
export type PeoplePage = {
  readonly people: ReadonlyMap<PersonId, Person>;
  /** People who cannot be decided without a sign-in are not among the wanted. */
  readonly targets: ReadonlyMap<string, PageOfTarget>;
  readonly isLast: boolean;
};
export type PageOfTarget = {
  readonly wanted: readonly WantedInTarget[];
  readonly undecided: readonly { readonly person: PersonId; readonly about: string }[];
};

/** What policy wants of people in targets: for plans, imports and reports, without anybody signing in. */
export interface People {
  in(target: string, filter?: PeopleFilter): AsyncIterable<WantedInTarget>;
  /** The same for several targets, each person decided once for all of them. */
  pages(
    targets: readonly string[],
    filter?: { readonly id?: PersonId | undefined },
  ): AsyncIterable<PeoplePage>;
  /** Everybody the directory knows, or these; those who cannot be decided without a sign-in included. */
  standings(target: string, filter?: { readonly ids?: readonly PersonId[] }): AsyncIterable<Standing>;
  lookup(target: string): PeopleLookup;
  /** Whom the directory knows by this id, login name or mail address. */
  named(name: string): Promise<readonly Person[]>;
  /** Of these, whom the directory knows. */
  byIds(ids: readonly PersonId[]): Promise<ReadonlyMap<PersonId, Person>>;
}

const PAGE = 500;

export function connectPeople(deps: {
  readonly directory: Pick<Directory, 'people' | 'peopleWithMail' | 'bearersOf'>;
  readonly reconcile: Pick<Reconcile, 'wanted' | 'trustedMailDomainsOf'>;
  readonly clock: Clock;
}): People {
  const { directory, reconcile, clock } = deps;
  const wantedOf = (known: KnownPerson, wanted: Wanted | undefined): WantedInTarget | undefined => {
    if (!wanted || wanted.outcome === 'undecided') return undefined;
    const trustedMailDomains = reconcile.trustedMailDomainsOf(known.person, known.connection);
    return { person: known.person, trustedMailDomains, ...wanted };
  };
  const wantedIn = (target: string, known: KnownPerson, filter: PeopleFilter = {}) => {
    const wanted = reconcile.wanted(known, clock.now()).get(target);
    if (wanted?.outcome === 'undecided') filter.onUndecided?.(known.person, wanted.about);
    return wantedOf(known, wanted);
  };
  const pageOf = (targets: readonly string[], known: readonly KnownPerson[], isLast: boolean): PeoplePage => {
    const decided = known.map((each) => ({ each, wanted: reconcile.wanted(each, clock.now()) }));
    const inTarget = (target: string): PageOfTarget => ({
      wanted: decided.flatMap(({ each, wanted }) => wantedOf(each, wanted.get(target)) ?? []),
      undecided: decided.flatMap(({ each, wanted }) => {
        const about = wanted.get(target);
        return about?.outcome === 'undecided' ? [{ person: each.person.id, about: about.about }] : [];
      }),
    });
    return {
      people: new Map(known.map(({ person }) => [person.id, person])),
      targets: new Map(targets.map((target) => [target, inTarget(target)])),
      isLast,
    };
  };
  const byIds: People['byIds'] = async (ids) => {
    const people = new Map<PersonId, Person>();
    if (ids.length === 0) return people;
    for await (const { person } of directory.people({ ids })) people.set(person.id, person);
    return people;
  };
  return {
    async *in(target, filter = {}) {
      for await (const known of directory.people(idsOf(filter.id))) {
        const wanted = wantedIn(target, known, filter);
        if (wanted) yield wanted;
      }
    },
    async *pages(targets, { id } = {}) {
      let page: KnownPerson[] = [];
      for await (const known of directory.people(idsOf(id))) {
        if (page.length === PAGE) {
          yield pageOf(targets, page, false);
          page = [];
        }
        page.push(known);
      }
      yield pageOf(targets, page, true);
    },
    async *standings(target, filter = {}) {
      for await (const known of directory.people(filter)) {
        const wanted = reconcile.wanted(known, clock.now()).get(target);
        if (wanted) yield { person: known.person, wanted };
      }
    },
    lookup: (target) => ({
      idOf: (subject) => (isId('per', subject) ? subject : undefined),
      async byId(id) {
        for await (const known of directory.people({ ids: [id] })) return wantedIn(target, known);
        return undefined;
      },
      async withMail(mail) {
        const known = await directory.peopleWithMail(mail);
        return known.flatMap((each) => wantedIn(target, each) ?? []);
      },
    }),
    async named(name) {
      const ids = isId('per', name)
        ? [name]
        : (await directory.bearersOf(name)).map(({ personId }) => personId);
      return [...(await byIds([...new Set(ids)])).values()];
    },
    byIds,
  };
}

function idsOf(id: PersonId | undefined): { readonly ids?: readonly PersonId[] } {
  return id === undefined ? {} : { ids: [id] };
}
