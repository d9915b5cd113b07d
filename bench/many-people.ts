import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { newId, type PersonId } from '../src/base/index.ts';
import { factsHash, factsText, sealFacts } from '../src/directory/sealed-facts.ts';
import type { Identity } from '../src/model/index.ts';
import type { Database } from '../src/platform/database/index.ts';
import { dataKeyPlace } from '../src/platform/keys/data-keys.ts';
import type { Keys, MasterKey } from '../src/platform/keys/index.ts';

const PAGE = 1_000;

/**
 * Puts people into the database as sign-ins would have left them, each sealed under a key of their own: signing in a
 * hundred thousand takes an hour.
 */
export async function makePeople(
  needs: { readonly db: Database; readonly keys: Keys; readonly master: MasterKey },
  count: number,
  factsFor: (serial: number) => Pick<Identity, 'groups' | 'attributes'>,
): Promise<void> {
  for (let from = 0; from < count; from += PAGE) {
    const serials = Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => from + index);
    await makePage(needs, serials, factsFor);
  }
  await sql`analyze`.execute(needs.db);
}

async function makePage(
  { db, keys, master }: { readonly db: Database; readonly keys: Keys; readonly master: MasterKey },
  serials: readonly number[],
  factsFor: (serial: number) => Pick<Identity, 'groups' | 'attributes'>,
): Promise<void> {
  const now = new Date();
  const people = serials.map((serial) => ({
    serial,
    id: newId('per'),
    identity: newId('idn'),
    key: newId('key'),
  }));
  const wrapped = people.map(({ id, key }) => master.wrap(randomBytes(32), dataKeyPlace(key, id)));
  const column = <T>(values: readonly T[]) => sql`${[...values]}::text[]`;
  await sql`insert into keys_data_key (id, owner, wrapped, created_at)
    select i, o, w, ${now} from unnest(${column(people.map(({ key }) => key))},
      ${column(people.map(({ id }) => id))}, ${column(wrapped)}) as t(i, o, w)`.execute(db);
  const sealers = await keys.sealers(people.map(({ id }) => id));
  const rows = people.map(({ serial, id, identity }) => {
    const text = factsText(identityOf(serial, id, factsFor(serial)));
    const sealer = sealers.get(id);
    if (!sealer) throw new Error('a person has no key');
    return {
      ...{ id, identity, hash: factsHash(keys, text), sealed: sealFacts(sealer, identity, text) },
      subject: keys.lookup('directory.subject', `otds\n${id}`),
    };
  });
  await sql`insert into directory_person (id, status, created_at, changed_at)
    select i, 'active', ${now}, ${now} from unnest(${column(rows.map(({ id }) => id))}) as t(i)`.execute(db);
  await sql`insert into directory_identity
      (id, connection, subject_key, person_id, sealed, facts_hash, created_at, changed_at, confirmed_at)
    select i, 'otds', k, p, s, h, ${now}, ${now}, ${now} from unnest(${column(rows.map(({ identity }) => identity))},
      ${column(rows.map(({ subject }) => subject))}, ${column(rows.map(({ id }) => id))},
      ${column(rows.map(({ sealed }) => sealed))}, ${column(rows.map(({ hash }) => hash))})
      as t(i, k, p, s, h)`.execute(db);
}

function identityOf(serial: number, id: PersonId, facts: Pick<Identity, 'groups' | 'attributes'>): Identity {
  const [now, name] = [new Date(), `bench-${serial}-${id.slice(-6)}`];
  return {
    ...{ connection: 'otds', issuer: 'http://otds.localhost', subject: id, login: name },
    ...{ mail: `${name}@halden.example`, givenName: 'Bench', familyName: name, displayName: `Bench ${name}` },
    ...{ authTime: now, verifiedAt: now, amr: [], upstreamSession: {} },
    groups: facts.groups,
    attributes: {
      ...{ department: ['Merchandising'], company: ['Halden Group'], phone: ['+49 40 5550 1000'] },
      ...{ address1: ['Speicherstadt 12'], city: ['Hamburg'], stateOrProvince: ['Hamburg'] },
      ...{ postalCode: ['20457'], countryCode: ['DE'], ...facts.attributes },
    },
  };
}
