import { type Clock, isId, type PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { Keys } from '../../platform/keys/index.ts';

/** A name for one person at one relying party, and the connection that the person came through. */
export type BorneName = {
  readonly relyingParty: string;
  readonly name: string;
  readonly personId: PersonId;
  readonly connection: string;
  /** The connection does not vouch for the person's mail address, whatever it is trusted with. */
  readonly isMailUnverified?: boolean;
};

/** Says who may be called what. Names that we make ourselves are never asked about. */
export interface SamlNames {
  /** Of any number of people who want one name at once, one bears it. */
  mayBear(wanted: BorneName): Promise<boolean>;
}

/** Who bears which name; names are keyed hashes. */
export type SamlNameTables = {
  issuing_saml_name: {
    relying_party: string;
    name_key: string;
    person_id: PersonId;
    connection: string;
    given_at: Date;
  };
};

export type SamlNamesNeeds = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'lookup'>;
  readonly clock: Clock;
  /** Connections that are trusted to give out addresses of a mail domain. */
  readonly trustedWith: (domain: string) => readonly string[];
  /** Whom connections know by this login name or mail address. */
  readonly knownBy: (name: string) => Promise<readonly Bearer[]>;
};

type Bearer = { readonly personId: PersonId; readonly connection: string };

/** R6.2: the names of a person who is erased. */
export async function forgetSamlNames(trx: Transaction, personId: PersonId): Promise<void> {
  await trx
    .withTables<SamlNameTables>()
    .deleteFrom('issuing_saml_name')
    .where('person_id', '=', personId)
    .execute();
}

/**
 * Whoever says a mail address or login name at an application is let into its account, and every connection can say
 * any. As mail never links people (R1.3), it does not make one person another's heir either:
 *
 *   domain trusted to connections ▶ only to people whom one of these knows by the address
 *   borne before at this relying party ▶ only to the same person, or to one of the same connection (R1.2 is asked there)
 *   neither ▶ only if no other connection knows somebody by it
 */
export function createSamlNames({ db, keys, clock, trustedWith, knownBy }: SamlNamesNeeds): SamlNames {
  const tables = db.withTables<SamlNameTables>();
  return {
    async mayBear({ relyingParty, name, personId, connection, isMailUnverified = false }) {
      const plain = plainName(name);
      // An application may fall back on our own ids where a person has no such name.
      if (isId('per', plain)) return plain === personId;
      const domain = domainOf(plain);
      const trusted = domain === undefined ? [] : trustedWith(domain);
      const known = await knownBy(plain);
      const isVouched =
        !isMailUnverified &&
        (trusted.includes(connection) ||
          known.some((each) => each.personId === personId && trusted.includes(each.connection)));
      if (trusted.length > 0 && !isVouched) return false;

      const row = { relying_party: relyingParty, name_key: nameKey(keys, plain) };
      const bearer = await tables
        .selectFrom('issuing_saml_name')
        .select('person_id')
        .where('relying_party', '=', row.relying_party)
        .where('name_key', '=', row.name_key)
        .executeTakeFirst();
      if (bearer?.person_id === personId) return true;
      const isOfOthers = (each: Bearer): boolean =>
        each.personId !== personId && each.connection !== connection;
      if (!bearer && !isVouched && known.some(isOfOthers)) return false;

      const now = { person_id: personId, connection, given_at: clock.now() };
      const borne = await tables
        .insertInto('issuing_saml_name')
        .values({ ...row, ...now })
        .onConflict((conflict) =>
          conflict
            .columns(['relying_party', 'name_key'])
            .doUpdateSet(now)
            .where((eb) =>
              eb.or([
                eb.val(isVouched),
                eb('issuing_saml_name.person_id', '=', personId),
                eb('issuing_saml_name.connection', '=', connection),
              ]),
            ),
        )
        .returning('person_id')
        .executeTakeFirst();
      return borne !== undefined;
    },
  };
}

export function nameKey(keys: Pick<Keys, 'lookup'>, plain: string): string {
  return keys.lookup('saml name', plain);
}

/** As the most careless application would compare it. */
export function plainName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().replace(/\.+$/, '');
}

export function domainOf(plain: string): string | undefined {
  const at = plain.lastIndexOf('@');
  return at < 0 ? undefined : plain.slice(at + 1);
}
