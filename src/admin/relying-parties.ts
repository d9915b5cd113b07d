import { accessEvents } from '../access-log/index.ts';
import type { Problem } from '../base/index.ts';
import type { Transaction } from '../platform/database/index.ts';
import type { ObjectDocument, StoredObject, StoredObjects } from '../relying-parties/index.ts';
import type { Caller } from './authorize.ts';
import type { Body } from './body.ts';
import type { AdminDeps } from './deps.ts';
import { AdminError } from './errors.ts';
import { mergePatch } from './merge-patch.ts';
import { requireVersion } from './preconditions.ts';
import { ofFile, ofStored, type Representation, refOf } from './representation.ts';
import { createRequests } from './requests.ts';
import { secretsToGiveAgain, withStoredSecrets } from './secrets.ts';

/** A change of one object, by somebody who read it before. */
export type Change = { readonly id: string; readonly ifMatch: string | undefined; readonly caller: Caller };

/**
 * Relying parties that live in the database. A change is checked together with everything else that is configured,
 * written with its event in one transaction (R6.1), and answered when it is in force in this process.
 *
 * @throws AdminError for everything that is refused.
 */
export interface RelyingPartyAdmin {
  /** By id, after `after`; those of the configuration file too. */
  list(page: { readonly after: string; readonly limit: number }): Promise<readonly Representation[]>;
  find(id: string): Promise<Representation>;
  /** @param key Idempotency-Key: the same request again gets the same answer and makes nothing. */
  create(body: Body, key: string | undefined, caller: Caller): Promise<Representation>;
  replace(change: Change, body: Body): Promise<Representation>;
  /** RFC 7396. */
  patch(change: Change, patch: Body): Promise<Representation>;
  remove(change: Change): Promise<void>;
}

export function createRelyingPartyAdmin(deps: AdminDeps): RelyingPartyAdmin {
  const { objects, inForce } = deps;
  const requests = createRequests(deps);
  const ofTheFile = (id: string) => inForce.file.relyingParties.find((party) => party.id === id);
  const replaceWith = (change: Change, next: (before: StoredObject) => unknown, sent: Body) =>
    inTransaction(deps, async (trx, stored) => {
      const before = present(change, stored, ofTheFile);
      const { document, problems } = completed(next(before), sent, before, deps);
      requireFit({ id: change.id, document, problems }, stored, deps);
      const after = await objects.put(trx, document);
      await record(trx, 'relying-party.change', change.id, change.caller, deps);
      return after;
    });

  return {
    async list({ after, limit }) {
      const stored = (await objects.read()).objects.filter(({ id }) => !ofTheFile(id));
      const all = [
        ...inForce.file.relyingParties.map((party) => ({ id: party.id, show: () => ofFile(party) })),
        ...stored.map((object) => ({ id: object.id, show: () => ofStored(object, deps) })),
      ];
      return all
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ show }) => show());
    },
    async find(id) {
      const party = ofTheFile(id);
      if (party) return ofFile(party);
      const found = (await objects.read()).objects.find((object) => object.id === id);
      if (!found) throw new AdminError('admin.not_found');
      return ofStored(found, deps);
    },
    async create(body, key, caller) {
      const request = key === undefined ? undefined : { machine: caller.by.name, key, body };
      const outcome = await inTransaction(deps, async (trx, stored) => {
        const answered = request && (await requests.answered(trx, request));
        if (answered) return { answered };
        const id = String(body['id'] ?? '');
        if (ofTheFile(id)) throw new AdminError('admin.owned_by_file');
        if (stored.objects.some((object) => object.id === id)) throw new AdminError('admin.exists');
        requireFit({ id, document: body as ObjectDocument }, stored, deps);
        const made = await objects.put(trx, body as ObjectDocument);
        await record(trx, 'relying-party.create', id, caller, deps);
        if (request) await requests.keep(trx, request, inForceSoon(made, deps));
        return { made };
      });
      return outcome.made ? ofStored(outcome.made, deps) : outcome.answered;
    },
    replace: async (change, body) => ofStored(await replaceWith(change, () => body, body), deps),
    patch: async (change, patch) =>
      ofStored(await replaceWith(change, ({ document }) => mergePatch(document, patch), patch), deps),
    remove: (change) =>
      inTransaction(deps, async (trx, stored) => {
        present(change, stored, ofTheFile);
        requireFit({ id: change.id }, stored, deps);
        await objects.remove(trx, change.id);
        await record(trx, 'relying-party.delete', change.id, change.caller, deps);
      }),
  };
}

/** Nobody else changes anything meanwhile. Afterwards it is in force here, before anybody hears that it is written. */
async function inTransaction<T>(
  { db, objects, accessLog, inForce, log }: AdminDeps,
  work: (trx: Transaction, stored: StoredObjects) => Promise<T>,
): Promise<T> {
  // Keys first: a transaction must not wait for a second connection.
  await Promise.all([objects.warmUp(), accessLog.warmUp([])]);
  const result = await db.transaction().execute(async (trx) => {
    await objects.lock(trx);
    return work(trx, await objects.read(trx));
  });
  await inForce.refresh().catch((cause: unknown) => {
    log.error('a change over the API is saved and not in force', { error: cause });
    throw new AdminError('admin.not_in_force', { cause });
  });
  return result;
}

/** The stored object that is to be changed, in the version that was read. */
function present(
  { id, ifMatch }: Change,
  { objects }: StoredObjects,
  ofTheFile: (id: string) => unknown,
): StoredObject {
  if (ofTheFile(id)) throw new AdminError('admin.owned_by_file');
  const found = objects.find((object) => object.id === id);
  if (!found) throw new AdminError('admin.not_found');
  requireVersion(ifMatch, found.version);
  return found;
}

type Candidate = {
  readonly id: string;
  /** Absent: it goes. */
  readonly document?: ObjectDocument;
  /** What is wrong with it already. */
  readonly problems?: readonly Problem[];
};

/** With the secrets that stay, and what a change may not do, whatever it changes to. */
function completed(
  next: unknown,
  sent: Body,
  { id, document: before = { id, kind: '' } }: StoredObject,
  deps: AdminDeps,
): Required<Omit<Candidate, 'id'>> {
  const { schema } = deps;
  const found = withStoredSecrets(schema, next, { stored: before, refOf: refOf(deps, id) });
  const document = found.document as ObjectDocument;
  const fixed = [
    ...(document.id === id ? [] : [{ path: 'id', message: `never changes; it is ${id}` }]),
    ...(before.kind === '' || document.kind === before.kind
      ? []
      : [{ path: 'kind', message: 'never changes; delete this one and make another' }]),
  ];
  // Another object than the one that was read: what else is wrong with it does not matter here.
  if (fixed.length > 0) throw new AdminError('admin.invalid', { problems: fixed });
  // What was sent may be a part alone; its kind says where its secrets are.
  const mine = { ...sent, kind: document.kind };
  const again = secretsToGiveAgain(schema, { before, after: document, sent: mine });
  return { document, problems: [...found.problems, ...again] };
}

/**
 * It fits, and everything that worked before works beside it.
 *
 * @param candidate is tried last, so that what two objects cannot both have stays with the elder.
 * @throws AdminError `admin.invalid`, `admin.still_needed`
 */
function requireFit(candidate: Candidate, stored: StoredObjects, { inForce }: AdminDeps): void {
  const { id, document, problems = [] } = candidate;
  const others = stored.objects.filter((object) => object.id !== id);
  const { leftOut } = inForce.tryOut({
    objects: document ? [...others, { id, document }] : others,
    // Rules may name one that is going.
    deleted: [...stored.deleted, id],
  });
  const own = [...problems, ...(leftOut.get(id) ?? [])].filter(
    ({ path }, index, all) => all.findIndex((each) => each.path === path) === index,
  );
  if (own.length > 0) throw new AdminError('admin.invalid', { problems: own });
  const broken = [...leftOut]
    .filter(([other]) => !inForce.leftOut.has(other))
    .flatMap(([other, of]) => of.map(({ path, message }) => ({ path: `${other}: ${path}`, message })));
  if (broken.length > 0) throw new AdminError('admin.still_needed', { problems: broken });
}

/** R6.1: in the transaction of the change itself. Never a value: the object alone says what it is now. */
async function record(
  trx: Transaction,
  action: string,
  id: string,
  { by, thread }: Caller,
  { accessLog }: AdminDeps,
): Promise<void> {
  await accessLog.appendIn(trx, [
    accessEvents.adminActed({
      thread,
      relyingParty: id,
      facts: { by, action, object: `relyingParties/${id}` },
    }),
  ]);
}

/** What is answered when this is committed and in force. */
function inForceSoon(made: StoredObject, deps: AdminDeps): Representation {
  const { body, etag } = ofStored(made, deps);
  const status = { ...(body['status'] as object), inForce: true };
  return { body: { ...body, status }, ...(etag !== undefined && { etag }) };
}
