import { type Clock, type IdentityId, type LoginId, newId, type PersonId } from '../base/index.ts';
import type { Identity, Person } from '../model/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { type AttributeTypes, personOf } from './person-of.ts';
import {
  changedFacts,
  factsHash,
  factsText,
  type LastingFacts,
  openFacts,
  sealFacts,
} from './sealed-facts.ts';
import * as store from './store.ts';
import { type DirectoryTask, listOpenTasks, raiseRelinkTask } from './tasks.ts';

/** What the directory needs to know about a connection (R1.2). */
export type ConnectionRules = {
  /** Groups of the primary connection carry their own names. */
  readonly primary: boolean;
  /** May a subject that nobody knows become a new person? */
  readonly onNoMatch: 'create' | 'refuse';
};

export type SignInMatch =
  | {
      readonly outcome: 'person';
      readonly person: Person;
      readonly identityId: IdentityId;
      readonly created: boolean;
    }
  | {
      readonly outcome: 'refused';
      readonly code: 'directory.relink_needed' | 'directory.unknown_person';
    };

/** Events this room causes; each is written in the transaction of the change itself (R6.1). */
export interface DirectoryEvents {
  /** Called before the transaction opens, so that recording in it needs no second connection. */
  prepare(personId: PersonId): Promise<void>;
  personCreated(
    trx: Transaction,
    facts: { thread: LoginId; personId: PersonId; identity: Identity },
  ): Promise<void>;
  personChanged(
    trx: Transaction,
    facts: { thread: LoginId; personId: PersonId; identity: Identity; changed: readonly string[] },
  ): Promise<void>;
}

export interface Directory {
  /** Matches a verified identity to its person. Idempotent; of parallel first sign-ins one creates the person. */
  signIn(identity: Identity, thread: LoginId): Promise<SignInMatch>;
  /** The person behind a session, with what is known now; undefined once the identity is gone. */
  personBehind(identityId: IdentityId): Promise<{ person: Person; facts: LastingFacts } | undefined>;
  openTasks(): Promise<readonly DirectoryTask[]>;
}

export type DirectoryDeps = {
  readonly db: Database;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly events: DirectoryEvents;
  readonly attributes: AttributeTypes;
  readonly rulesOf: (connection: string) => ConnectionRules;
};

export function createDirectory(deps: DirectoryDeps): Directory {
  const { db, keys } = deps;
  const view = (row: { personId: PersonId; status: Person['status'] }, facts: LastingFacts): Person =>
    personOf(
      { id: row.personId, status: row.status },
      facts,
      deps.attributes,
      deps.rulesOf(facts.connection).primary,
    );

  return {
    async signIn(identity, thread) {
      const subjectKey = keys.lookup('directory.subject', `${identity.connection}\n${identity.subject}`);
      const known = await store.findBySubject(db, identity.connection, subjectKey);
      if (!known) return addPerson(deps, view, identity, subjectKey, thread);
      await refresh(deps, known, identity, thread);
      return { outcome: 'person', person: view(known, identity), identityId: known.id, created: false };
    },
    async personBehind(identityId) {
      const row = await store.findById(db, identityId);
      if (!row) return undefined;
      const facts = openFacts(await keys.sealer(row.personId), row.id, row.sealed);
      return { person: view(row, facts), facts };
    },
    openTasks: () => listOpenTasks(db),
  };
}

type View = (row: { personId: PersonId; status: Person['status'] }, facts: LastingFacts) => Person;

/** Compares by hash first: an unchanged sign-in writes nothing. */
async function refresh(
  deps: DirectoryDeps,
  row: store.IdentityRow,
  identity: Identity,
  thread: LoginId,
): Promise<void> {
  const text = factsText(identity);
  const hash = factsHash(deps.keys, text);
  if (hash === row.factsHash) return;

  const sealer = await deps.keys.sealer(row.personId);
  const changed = changedFacts(openFacts(sealer, row.id, row.sealed), identity);
  await deps.events.prepare(row.personId);
  await deps.db.transaction().execute(async (trx) => {
    await store.updateFacts(trx, deps.clock, row.id, sealFacts(sealer, row.id, text), hash);
    await store.replaceAliases(trx, identity.connection, row.id, store.aliasesOf(deps.keys, identity));
    await deps.events.personChanged(trx, { thread, personId: row.personId, identity, changed });
  });
}

async function addPerson(
  deps: DirectoryDeps,
  view: View,
  identity: Identity,
  subjectKey: string,
  thread: LoginId,
): Promise<SignInMatch> {
  const { db, keys } = deps;
  const aliases = store.aliasesOf(keys, identity);
  // R1.2: mail and login name never link; known ones with another subject stop the sign-in for an admin to look.
  if (await store.isAliasTaken(db, identity.connection, aliases)) {
    const row = await store.findBySubject(db, identity.connection, subjectKey);
    if (row) return { outcome: 'person', person: view(row, identity), identityId: row.id, created: false };
    await raiseRelinkTask(deps, identity, subjectKey);
    return { outcome: 'refused', code: 'directory.relink_needed' };
  }
  const sharedKey = sharedKeyOf(keys, identity);
  const linked = sharedKey === undefined ? undefined : await store.findSharedKey(db, sharedKey);
  if (!linked && deps.rulesOf(identity.connection).onNoMatch === 'refuse') {
    return { outcome: 'refused', code: 'directory.unknown_person' };
  }

  const personId = linked ?? newId('per');
  const added = await insert(deps, {
    identity,
    subjectKey,
    sharedKey,
    aliases,
    personId,
    isNew: !linked,
    thread,
  });
  if (!linked && !added) await keys.destroy(personId);
  const row = await store.findBySubject(db, identity.connection, subjectKey);
  // Another process won the race for the shared attribute but not for this subject: start over, now it is known.
  if (!row) return addPerson(deps, view, identity, subjectKey, thread);
  return { outcome: 'person', person: view(row, identity), identityId: row.id, created: added && !linked };
}

type NewIdentity = {
  readonly identity: Identity;
  readonly subjectKey: string;
  readonly sharedKey: string | undefined;
  readonly aliases: ReturnType<typeof store.aliasesOf>;
  readonly personId: PersonId;
  readonly isNew: boolean;
  readonly thread: LoginId;
};

/** @returns false when somebody else was first; nothing is left behind then. */
async function insert(deps: DirectoryDeps, wanted: NewIdentity): Promise<boolean> {
  const { identity, personId } = wanted;
  const sealer = await deps.keys.sealer(personId);
  const text = factsText(identity);
  const id = newId('idn');
  await deps.events.prepare(personId);
  try {
    await deps.db.transaction().execute(async (trx) => {
      const sealed = sealFacts(sealer, id, text);
      const row = { id, connection: identity.connection, subjectKey: wanted.subjectKey, personId, sealed };
      const added = await store.addIdentity(trx, deps.clock, {
        ...row,
        factsHash: factsHash(deps.keys, text),
      });
      if (!added) throw new SomebodyWasFirst();
      if (wanted.isNew) await store.addPerson(trx, deps.clock, personId);
      if (wanted.isNew && wanted.sharedKey && !(await store.addSharedKey(trx, wanted.sharedKey, personId))) {
        throw new SomebodyWasFirst();
      }
      await store.replaceAliases(trx, identity.connection, id, wanted.aliases);
      if (wanted.isNew) await deps.events.personCreated(trx, { thread: wanted.thread, personId, identity });
      else
        await deps.events.personChanged(trx, {
          thread: wanted.thread,
          personId,
          identity,
          changed: ['identities'],
        });
    });
    return true;
  } catch (error) {
    if (error instanceof SomebodyWasFirst) return false;
    throw error;
  }
}

/** Rolls the transaction back; never leaves this file. */
class SomebodyWasFirst extends Error {}

/** The declared shared stable attribute (R1.1), if this connection has one and upstream sent it. */
function sharedKeyOf(keys: Keys, identity: Identity): string | undefined {
  const values = identity.attributes['sharedKey'];
  const [value] = values ?? [];
  return value !== undefined && values?.length === 1 ? keys.lookup('directory.shared', value) : undefined;
}
