import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { parseCheckpoints, renderCheckpoint, verifyLog } from '../../src/access-log/index.ts';
import type { Stores } from '../../src/app/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Seen } from './person.ts';

type Customer = {
  readonly id: number;
  readonly email: string;
  readonly customer_group_id: number;
  readonly registration_ip_address: string;
};
type StoreState = {
  readonly customers: readonly Customer[];
  readonly groups: readonly { readonly id: number; readonly name: string }[];
  readonly attributes: readonly { readonly id: number; readonly name: string }[];
  readonly attributeValues: readonly {
    readonly attribute_id: number;
    readonly customer_id: number;
    readonly value: string;
  }[];
  readonly logins: readonly {
    readonly outcome: string;
    readonly reason?: string;
    readonly jti?: string;
    readonly customerId?: number;
  }[];
};

export function storeState(sandbox: Sandbox, store: string): StoreState {
  const { stores } = sandbox.system('bigcommerce').state() as { stores: Record<string, StoreState> };
  return stores[store] ?? assert.fail(`no store ${store}`);
}

type AccountRow = {
  readonly target: string;
  readonly person: string;
  readonly external_id: string | null;
  readonly marker: string;
  readonly open_steps: number;
  readonly finished: boolean;
};

export async function accounts({ database }: Stores): Promise<readonly AccountRow[]> {
  const { rows } = await sql<AccountRow>`
    select a.target, a.person, a.external_id, a.marker, a.desired_hash is not distinct from a.confirmed_hash as finished,
           (select count(*) from provisioning_step s where s.account = a.id and s.state = 'open') as open_steps
    from provisioning_account a order by a.target, a.person`.execute(database.db);
  return rows;
}

/** DESIGN §1.5: one customer in the store for each of these people, in the right group, with the marker written down. */
export async function assertOneCustomerEach(
  stores: Stores,
  sandbox: Sandbox,
  where: { readonly store: string; readonly target: string; readonly groupOf: ReadonlyMap<string, string> },
): Promise<void> {
  const { customers, groups, attributes, attributeValues } = storeState(sandbox, where.store);
  const made = customers.filter(({ registration_ip_address: address }) => address === '');
  const mails = made.map(({ email }) => email).sort();
  assert.deepEqual(mails, [...where.groupOf.keys()].sort(), `customers of ${where.store}`);
  const ours = new Map(
    (await accounts(stores))
      .filter(({ target }) => target === where.target)
      .map((row) => [row.external_id, row]),
  );
  const markerId = attributes.find(({ name }) => name === 'vestibule_id')?.id;
  for (const { id, email, customer_group_id: group } of made) {
    const markers = attributeValues.filter(
      (value) => value.customer_id === id && value.attribute_id === markerId,
    );
    assert.deepEqual(
      markers.map(({ value }) => value),
      [ours.get(String(id))?.marker],
      `vestibule_id of ${email}`,
    );
    assert.equal(
      groups.find((each) => each.id === group)?.name,
      where.groupOf.get(email),
      `group of ${email}`,
    );
  }
  assert.equal(ours.size, made.length);
}

/** One person for each subject that ever signed in, and nobody without one. */
export async function assertOnePersonEach({ database }: Stores, subjects: number): Promise<void> {
  const { rows } = await sql<{ identities: number; people: number; joined: number }>`
    select (select count(*) from directory_identity) as identities, (select count(*) from directory_person) as people,
           (select count(distinct person_id) from directory_identity) as joined`.execute(database.db);
  assert.deepEqual(rows[0], { identities: subjects, people: subjects, joined: subjects });
}

/**
 * What is half-made: accounts that are not linked, not as they should be or with an open step, and dead letters.
 * A job that waits beside a finished account is the safety net of a run that ended well.
 */
export async function unsettled(stores: Stores): Promise<readonly unknown[]> {
  const { rows: dead } = await sql`select kind, key, failure from jobs_job where state = 'dead'`.execute(
    stores.database.db,
  );
  const open = (await accounts(stores)).filter(
    (row) => row.external_id === null || row.open_steps > 0 || !row.finished,
  );
  return [...open, ...dead];
}

/** DESIGN §1.7: what a store accepted is in the log, by the number that the store itself shows. */
export async function assertEveryLoginRecorded(
  { database }: Stores,
  sandbox: Sandbox,
  store: string,
): Promise<number> {
  const { rows } = await sql<{
    body: string;
  }>`select body from access_log_event where type = 'login.issued'`.execute(database.db);
  const issued = new Set(
    rows.map(({ body }) => (JSON.parse(body) as { facts: { artefactId: string } }).facts.artefactId),
  );
  const { logins } = storeState(sandbox, store);
  const missing = logins.filter(({ jti }) => jti === undefined || !issued.has(jti));
  assert.deepEqual(missing, [], 'tokens that no event tells of');
  assert.deepEqual(
    logins.filter(({ outcome }) => outcome !== 'signed-in'),
    [],
    'tokens that the store refused',
  );
  return logins.length;
}

/** As an auditor does: an export, a checkpoint and the public key, and nothing else. */
export async function assertLogVerifies(stores: Stores): Promise<number> {
  const { accessLog, keys } = stores;
  await accessLog.runOnce({ checkpoint: 'now' });
  const checkpoint = await accessLog.latestCheckpoint();
  assert.ok(checkpoint);
  const { publicKey } = await keys.checkpointSigner();
  const lines: string[] = [];
  for await (const line of accessLog.exportLog({ format: 'jsonl', by: { via: 'cli' } })) lines.push(line);
  const result = await verifyLog(lines, {
    publicKey,
    checkpoint: parseCheckpoints(renderCheckpoint(checkpoint)),
  });
  assert.equal(result.outcome, 'intact', JSON.stringify(result));
  assert.equal(result.notAnchored, 0);
  const { rows } = await sql<{ events: number; links: number; last: number }>`
    select (select count(*) from access_log_event where type <> 'log.exported') as events,
           (select count(*) from access_log_link) as links, (select max(seq) from access_log_link) as last`.execute(
    stores.database.db,
  );
  assert.equal(rows[0]?.links, rows[0]?.last, 'gapless');
  return result.events;
}

/** Whoever sees a fault can name it to the help desk. */
export function assertFaultsHaveReferences(seen: readonly Seen[]): void {
  const faults = seen.flatMap((each) => each.faults);
  const nameless = faults.filter(({ text }) => !/\b(lgn|ref)_[0-9a-z]{26}\b/.test(text));
  assert.deepEqual(nameless, []);
  const unforeseen = faults.filter(({ status }) => status !== 503 && status !== 502);
  assert.deepEqual(unforeseen, []);
}
