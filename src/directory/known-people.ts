import type { IdentityId, PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Keys, Sealer } from '../platform/keys/index.ts';
import { type LastingFacts, openFacts } from './sealed-facts.ts';
import * as store from './store.ts';

/** A person by the facts of one identity. */
export type KnownView = {
  readonly person: Person;
  /** Through which these facts came. */
  readonly connection: string;
};

/** A person as the directory last knew them, without a sign-in that vouches for it now. */
export type KnownPerson = KnownView & {
  /** The same person by other identities that stand beside this one; each is alone, claims are never merged (R1.5). */
  readonly others: readonly KnownView[];
};

export type ViewOf = (row: { personId: PersonId; status: Person['status'] }, facts: LastingFacts) => Person;

type Needs = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer' | 'sealers' | 'lookup'>;
  readonly view: ViewOf;
  readonly rulesOf: (connection: string) => { readonly factsMaxAgeMs: number };
};

const PAGE = 500;

/** Everybody, by the identity that was confirmed last. */
export async function* allPeople(
  needs: Needs,
  ids: readonly PersonId[] | undefined,
): AsyncGenerator<KnownPerson> {
  let after = '';
  for (;;) {
    const people = await store.listPeople(needs.db, after, PAGE, ids);
    const sealers = await needs.keys.sealers(people.map(({ personId }) => personId));
    for (const { personId, identities } of people) {
      const known = byFirst(needs, standing(needs, identities), sealers.get(personId));
      if (known) yield known;
    }
    const last = people.at(-1);
    if (!last || people.length < PAGE) return;
    after = last.personId;
  }
}

/** Whom a connection knows by this mail address, by the identity that has it, or by the last one if that was left behind. */
export async function withMail(needs: Needs, mail: string): Promise<readonly KnownPerson[]> {
  const bearers = await store.findByMail(needs.db, needs.keys, mail);
  const people = new Map<PersonId, KnownPerson>();
  for (const { id, personId } of bearers) {
    const rows = standing(needs, await store.identitiesOf(needs.db, personId));
    const first = rows.filter((row) => row.id === id);
    const known = byFirst(
      needs,
      [...first, ...rows.filter((row) => row.id !== id)],
      await needs.keys.sealer(personId),
    );
    if (known) people.set(personId, known);
  }
  return [...people.values()];
}

/** The person by the identities that stand beside this one. */
export async function beside(
  needs: Needs,
  personId: PersonId,
  identity: IdentityId,
): Promise<readonly KnownView[]> {
  const rows = await store.identitiesOf(needs.db, personId);
  if (rows.length < 2) return [];
  const sealer = await needs.keys.sealer(personId);
  const others = standing(needs, rows).filter(({ id }) => id !== identity);
  return others.flatMap((row) => viewOf(needs, row, sealer) ?? []);
}

/** @param rows that stand beside each other. */
function byFirst(
  needs: Needs,
  rows: readonly store.IdentityRow[],
  sealer: Sealer | undefined,
): KnownPerson | undefined {
  const [lead, ...others] = rows.flatMap((row) => viewOf(needs, row, sealer) ?? []);
  return lead && { ...lead, others };
}

/**
 * R4.6: identities whose facts were confirmed when the last one was, or not longer before than their connection allows.
 * Time that passes changes nothing about it: only a confirmation says that another identity was left behind. Facts of
 * a connection that is not configured any more count only if there are no others.
 *
 * @param rows of one person, the one that was confirmed last first.
 */
function standing(needs: Needs, rows: readonly store.IdentityRow[]): readonly store.IdentityRow[] {
  const maxAgeMs = ({ connection }: store.IdentityRow): number => needs.rulesOf(connection).factsMaxAgeMs;
  const trusted = rows.filter((row) => maxAgeMs(row) > 0);
  const [lead] = trusted;
  if (!lead) return rows.slice(0, 1);
  return trusted.filter((row) => lead.confirmedAt.getTime() - row.confirmedAt.getTime() < maxAgeMs(row));
}

/** Undefined for a person who is erased: nobody is behind the row any more. */
function viewOf({ view }: Needs, row: store.IdentityRow, sealer: Sealer | undefined): KnownView | undefined {
  const facts = sealer && openFacts(sealer, row.id, row.sealed);
  return facts && { person: view(row, facts), connection: facts.connection };
}
