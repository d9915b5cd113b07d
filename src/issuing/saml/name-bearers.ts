import { type AccessLog, accessEvents } from '../../access-log/index.ts';
import { isId, type PersonId } from '../../base/index.ts';
import { domainOf, nameKey, plainName, type SamlNamesNeeds, type SamlNameTables } from './names.ts';

/** Who bears a name at a relying party; the name itself is kept as a keyed hash alone. */
export type NameBearer = {
  readonly relyingParty: string;
  readonly personId: PersonId;
  /** Through which they came; empty when somebody gave them the name. */
  readonly connection: string;
  readonly since: Date;
};

export type GiveName = {
  readonly relyingParty: string;
  readonly name: string;
  readonly personId: PersonId;
  /** Who decided it. */
  readonly by: string;
  readonly thread: string;
};

export type GivenName =
  | { readonly outcome: 'given'; readonly former?: PersonId }
  | { readonly outcome: 'borne' }
  /** Its mail domain is trusted to these connections, and none of them knows the person by it. */
  | { readonly outcome: 'not-vouched'; readonly trusted: readonly string[] }
  /** It has the shape of an id of ours, which is nobody else's. */
  | { readonly outcome: 'an-id' };

/** For those who run the broker: who bears names at applications, and another one for a name. */
export interface NameBearers {
  list(relyingParty?: string): Promise<readonly NameBearer[]>;
  bearerOf(relyingParty: string, name: string): Promise<NameBearer | undefined>;
  /**
   * Whoever bore the name is refused from here on, and this person is let into its account. What a connection is
   * trusted with stands above it. Twice changes nothing.
   */
  give(wanted: GiveName): Promise<GivenName>;
}

type Needs = SamlNamesNeeds & { readonly accessLog: Pick<AccessLog, 'appendIn' | 'warmUp'> };

export function createNameBearers(needs: Needs): NameBearers {
  const { db, keys } = needs;
  const all = () =>
    db
      .withTables<SamlNameTables>()
      .selectFrom('issuing_saml_name')
      .select([
        'relying_party as relyingParty',
        'person_id as personId',
        'connection',
        'given_at as since',
      ] as const);
  return {
    list: (relyingParty) =>
      all()
        .$if(relyingParty !== undefined, (query) => query.where('relying_party', '=', relyingParty ?? ''))
        .orderBy('relying_party')
        .orderBy('given_at')
        .execute(),
    bearerOf: (relyingParty, name) =>
      all()
        .where('relying_party', '=', relyingParty)
        .where('name_key', '=', nameKey(keys, plainName(name)))
        .executeTakeFirst(),
    give: (wanted) => give(needs, wanted),
  };
}

async function give(
  { db, keys, clock, trustedWith, knownBy, accessLog }: Needs,
  { relyingParty, name, personId, by, thread }: GiveName,
): Promise<GivenName> {
  const plain = plainName(name);
  if (isId('per', plain)) return { outcome: 'an-id' };
  const own = (await knownBy(plain)).filter((each) => each.personId === personId);
  const trusted = trustedWith(domainOf(plain) ?? '');
  const isVouched = own.some(({ connection }) => trusted.includes(connection));
  if (trusted.length > 0 && !isVouched) return { outcome: 'not-vouched', trusted };

  const key = { relying_party: relyingParty, name_key: nameKey(keys, plain) };
  await accessLog.warmUp([personId]);
  return db.transaction().execute(async (trx) => {
    const tables = trx.withTables<SamlNameTables>();
    const former = await tables
      .selectFrom('issuing_saml_name')
      .select('person_id')
      .where('relying_party', '=', key.relying_party)
      .where('name_key', '=', key.name_key)
      .forUpdate()
      .executeTakeFirst();
    if (former?.person_id === personId) return { outcome: 'borne' };
    // Where no connection knows them by it, nobody else of that connection comes into it later.
    const now = { person_id: personId, connection: own[0]?.connection ?? '', given_at: clock.now() };
    await tables
      .insertInto('issuing_saml_name')
      .values({ ...key, ...now })
      .onConflict((conflict) => conflict.columns(['relying_party', 'name_key']).doUpdateSet(now))
      .execute();
    const facts = { by, ...(former && { former: former.person_id }) };
    await accessLog.appendIn(trx, [
      accessEvents.nameGiven({ thread, personId, relyingParty, facts, personal: { name: plain } }),
    ]);
    return { outcome: 'given', ...(former && { former: former.person_id }) };
  });
}
