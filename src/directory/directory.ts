import { type Clock, type IdentityId, type LoginId, newId, type PersonId } from '../base/index.ts';
import type { Identity, Person } from '../model/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { confirm, wasErased } from './known-identity.ts';
import {
  allPeople,
  beside,
  type KnownPerson,
  type KnownView,
  type ViewOf,
  withMail,
} from './known-people.ts';
import { type AttributeTypes, type GroupNames, personOf } from './person-of.ts';
import {
  changedFacts,
  factsHash,
  factsText,
  type LastingFacts,
  openFacts,
  sealFacts,
} from './sealed-facts.ts';
import { disablePerson, forgetPerson, holdPerson } from './standing-store.ts';
import * as store from './store.ts';
import { type DirectoryTask, listOpenTasks, raiseRelinkTask } from './tasks.ts';

/** What the directory needs to know about a connection (R1.2). */
export type ConnectionRules = GroupNames & {
  /** May a subject that nobody knows become a new person? */
  readonly onNoMatch: 'create' | 'refuse';
  /** How long a confirmation of facts stands beside a newer one of another identity (R4.6); 0: never. */
  readonly factsMaxAgeMs: number;
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
  /** One of several identities was confirmed again: others may have been left behind by that. */
  personConfirmed(trx: Transaction, facts: { thread: LoginId; personId: PersonId }): Promise<void>;
}

export interface Directory {
  /** Matches a verified identity to its person. Idempotent; of parallel first sign-ins one creates the person. */
  signIn(identity: Identity, thread: LoginId): Promise<SignInMatch>;
  /** The person behind a session, with what is known now; undefined once the identity is gone, or they are erased. */
  personBehind(identityId: IdentityId): Promise<{ person: Person; facts: LastingFacts } | undefined>;
  /** Everybody, with what was last known about them, page by page: memory does not grow with their number. */
  people(filter?: { readonly ids?: readonly PersonId[] }): AsyncIterable<KnownPerson>;
  /** The same person by other identities that stand beside this one (R4.6); each alone, claims are never merged. */
  beside(personId: PersonId, identityId: IdentityId): Promise<readonly KnownView[]>;
  /** Everybody whom a connection knows by this mail address. */
  peopleWithMail(mail: string): Promise<readonly KnownPerson[]>;
  /** Whom connections know by this login name or mail address, each with the connection. */
  bearersOf(name: string): Promise<readonly { readonly personId: PersonId; readonly connection: string }[]>;
  openTasks(): Promise<readonly DirectoryTask[]>;
  /** From now on nobody comes in as this person: no door is open to them, and their accounts end. */
  disable(personId: PersonId): Promise<void>;
  /** R6.2: the person, their identities and everything under which they could be found. */
  forget(trx: Transaction, personId: PersonId): Promise<void>;
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
  const view: ViewOf = (row, facts) =>
    personOf(
      { id: row.personId, status: row.status },
      facts,
      deps.attributes,
      deps.rulesOf(facts.connection),
    );
  const known = { db, keys, view, rulesOf: deps.rulesOf };

  return {
    async signIn(identity, thread) {
      const subjectKey = keys.lookup('directory.subject', `${identity.connection}\n${identity.subject}`);
      const row = await store.findBySubject(db, identity.connection, subjectKey);
      if (!row || (await wasErased(deps, row))) return addPerson(deps, view, identity, subjectKey, thread);
      const refreshed = await refresh(deps, row, identity, thread);
      if (refreshed === 'erased') return addPerson(deps, view, identity, subjectKey, thread);
      if (refreshed === 'taken') {
        await raiseRelinkTask(deps, identity, { subjectKey, aliases: store.aliasesOf(keys, identity) });
        return { outcome: 'refused', code: 'directory.relink_needed' };
      }
      return { outcome: 'person', person: view(row, identity), identityId: row.id, created: false };
    },
    async personBehind(identityId) {
      const row = await store.findById(db, identityId);
      const facts = row && openFacts(await keys.sealer(row.personId), row.id, row.sealed);
      return facts && { person: view(row, facts), facts };
    },
    people: ({ ids } = {}) => allPeople(known, ids),
    beside: (personId, identityId) => beside(known, personId, identityId),
    peopleWithMail: (mail) => withMail(known, mail),
    bearersOf: (name) => store.findBearers(db, keys, name),
    openTasks: () => listOpenTasks(db),
    disable: (personId) => disablePerson(db, deps.clock, personId),
    forget: forgetPerson,
  };
}

/**
 * Compares by hash first: an unchanged sign-in writes nothing, but now and then that it was one.
 *
 * @returns `taken` when the login or mail is new for this person and known for another: relying parties may know people
 *   by them, so only an admin can say whose it is now (R1.2). `erased` when nobody can be this person any more. Nothing
 *   is changed then.
 */
async function refresh(
  deps: DirectoryDeps,
  row: store.IdentityRow,
  identity: Identity,
  thread: LoginId,
): Promise<'known' | 'taken' | 'erased'> {
  const text = factsText(identity);
  const hash = factsHash(deps.keys, text);
  if (hash === row.factsHash) {
    await confirm(deps, row, thread);
    return 'known';
  }

  const sealer = await deps.keys.sealer(row.personId);
  const before = openFacts(sealer, row.id, row.sealed);
  if (!before) {
    await wasErased(deps, row);
    return 'erased';
  }
  const changed = changedFacts(before, identity);
  const aliases = store.aliasesOf(deps.keys, identity);
  const renamed = aliases.filter(({ kind }) => changed.includes(kind));
  await deps.events.prepare(row.personId);
  return deps.db.transaction().execute(async (trx) => {
    await store.lock(
      trx,
      renamed.map(({ key }) => key),
    );
    if (!(await holdPerson(trx, row.personId))) return 'erased';
    if (await store.isAliasTaken(trx, identity.connection, renamed, row.id)) return 'taken';
    await store.updateFacts(trx, deps.clock, row.id, sealFacts(sealer, row.id, text), hash);
    await store.replaceAliases(trx, identity.connection, row.id, aliases);
    await deps.events.personChanged(trx, { thread, personId: row.personId, identity, changed });
    return 'known';
  });
}

async function addPerson(
  deps: DirectoryDeps,
  view: ViewOf,
  identity: Identity,
  subjectKey: string,
  thread: LoginId,
): Promise<SignInMatch> {
  const { db, keys } = deps;
  const candidate: Candidate = {
    ...{ identity, subjectKey, thread },
    aliases: store.aliasesOf(keys, identity),
    sharedKey: sharedKeyOf(keys, identity),
  };
  const standing = await standingOf(db, candidate);
  if (standing.state === 'known') return matchOf(view, standing.row, identity, false);
  if (standing.state === 'ambiguous') {
    await raiseRelinkTask(deps, identity, candidate);
    return { outcome: 'refused', code: 'directory.relink_needed' };
  }
  const isNew = standing.state === 'new';
  if (isNew && deps.rulesOf(identity.connection).onNoMatch === 'refuse') {
    return { outcome: 'refused', code: 'directory.unknown_person' };
  }

  const personId = isNew ? newId('per') : standing.personId;
  const added = await insert(deps, candidate, standing, personId);
  if (isNew && !added) await keys.destroy(personId);
  const row = added && (await store.findBySubject(db, identity.connection, subjectKey));
  // Somebody was first, and the candidate stands differently now: start over.
  if (!row) return addPerson(deps, view, identity, subjectKey, thread);
  return matchOf(view, row, identity, isNew);
}

function matchOf(view: ViewOf, row: store.IdentityRow, identity: Identity, created: boolean): SignInMatch {
  return { outcome: 'person', person: view(row, identity), identityId: row.id, created };
}

/** An identity whose subject was not known a moment ago, with every key under which it may touch others. */
type Candidate = {
  readonly identity: Identity;
  readonly subjectKey: string;
  readonly aliases: ReturnType<typeof store.aliasesOf>;
  readonly sharedKey: string | undefined;
  readonly thread: LoginId;
};

type Standing =
  | { readonly state: 'known'; readonly row: store.IdentityRow }
  /** Only an admin can say whether it is the same person (R1.2). */
  | { readonly state: 'ambiguous' }
  | { readonly state: 'joins'; readonly personId: PersonId }
  | { readonly state: 'new' };

async function standingOf(db: Database | Transaction, candidate: Candidate): Promise<Standing> {
  const standing = await standingByNames(db, candidate);
  // Last: what the names say may come from this very subject, added a moment ago.
  const row = await store.findBySubject(db, candidate.identity.connection, candidate.subjectKey);
  return row ? { state: 'known', row } : standing;
}

async function standingByNames(
  db: Database | Transaction,
  { identity, aliases, sharedKey }: Candidate,
): Promise<Standing> {
  // R1.2: mail and login name never link; known ones with another subject stop the sign-in for an admin to look.
  if (await store.isAliasTaken(db, identity.connection, aliases)) return { state: 'ambiguous' };
  const personId = sharedKey === undefined ? undefined : await store.findSharedKey(db, sharedKey);
  if (!personId) return { state: 'new' };
  // Two entries of one directory with one shared attribute: whoever made the second must not become the first.
  if (await store.hasIdentityAt(db, personId, identity.connection)) return { state: 'ambiguous' };
  return { state: 'joins', personId };
}

/**
 * Under locks on every key concerned, so that what was found still holds when it is written.
 *
 * @returns false when it does not hold any more; nothing is left behind then.
 */
async function insert(
  deps: DirectoryDeps,
  candidate: Candidate,
  found: Standing,
  personId: PersonId,
): Promise<boolean> {
  const { identity, subjectKey, aliases, sharedKey, thread } = candidate;
  const sealer = await deps.keys.sealer(personId);
  if (sealer.isDestroyed) {
    // Rows that somebody left: whoever has the shared attribute now joins nobody (R1.4).
    await deps.db.transaction().execute((trx) => forgetPerson(trx, personId));
    return false;
  }
  const text = factsText(identity);
  const id = newId('idn');
  await deps.events.prepare(personId);
  return deps.db.transaction().execute(async (trx) => {
    await store.lock(trx, [subjectKey, ...aliases.map(({ key }) => key), ...(sharedKey ? [sharedKey] : [])]);
    const standing = await standingOf(trx, candidate);
    if (standing.state !== found.state) return false;
    if (standing.state === 'joins' && !(await holdPerson(trx, personId))) return false;

    await store.addIdentity(trx, deps.clock, {
      ...{ id, connection: identity.connection, subjectKey, personId },
      sealed: sealFacts(sealer, id, text),
      factsHash: factsHash(deps.keys, text),
    });
    await store.replaceAliases(trx, identity.connection, id, aliases);
    if (standing.state === 'new') {
      await store.addPerson(trx, deps.clock, personId);
      if (sharedKey) await store.addSharedKey(trx, sharedKey, personId);
      await deps.events.personCreated(trx, { thread, personId, identity });
    } else {
      await deps.events.personChanged(trx, { thread, personId, identity, changed: ['identities'] });
    }
    return true;
  });
}

/**
 * The declared shared stable attribute (R1.1), if this connection has one and upstream sent it: one printable
 * value. What directories write for "none", such as a space, would make one person of many.
 */
function sharedKeyOf(keys: Keys, identity: Identity): string | undefined {
  const [value, ...others] = identity.attributes['sharedKey'] ?? [];
  if (value === undefined || others.length > 0) return undefined;
  const isUsable = value !== '' && value.trim() === value && !/\p{Cc}/u.test(value);
  return isUsable ? keys.lookup('directory.shared', value) : undefined;
}
