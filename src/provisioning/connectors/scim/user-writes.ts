import { randomText } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, Refs } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { Dialects } from './dialects.ts';
import type { Objection } from './failures.ts';
import { sendPatch } from './patch.ts';
import type { Raw, Resource } from './resource.ts';
import type { ResourceAnswer, ScimServer } from './scim-server.ts';
import { changedUser, type Dialect, isPlain, newUser, userOperations } from './user-body.ts';
import { fieldShown, isOffered, isShown } from './user-image.ts';
import { isOutOfDate, type Refusal, refusalOf } from './write-outcome.ts';

/** As the server shows it afterwards; without a resource it was done and could not be looked at. */
type Looked = { readonly outcome: 'done'; readonly resource?: Resource };
export type UserWritten = Looked | Refusal;

export type UserCreated =
  | { readonly outcome: 'created'; readonly resource: Resource; readonly isNew: boolean }
  | Refusal;

const MOST_ATTEMPTS = 4;
/** Fields of which a server may hold each value once. */
const UNIQUE = ['userName', 'externalId', 'mail'];

/** Accounts of one service provider, written by whatever it takes: POST, PATCH, PUT, DELETE. */
export class UserWrites {
  readonly #server: ScimServer;
  readonly #dialects: Dialects;

  constructor(server: ScimServer, dialects: Dialects) {
    this.#server = server;
    this.#dialects = dialects;
  }

  async create(image: AccountImage, budget: CallBudget): Promise<UserCreated> {
    const sent = this.#offered(image);
    const answer = await this.#server.create('users', newUser(sent), budget);
    if (answer.outcome !== 'resource' && answer.outcome !== 'silent') return refusalOf(answer, true);
    const { resource } =
      answer.outcome === 'resource'
        ? await this.#lookedAt(answer.resource, sent, budget)
        : await this.#lookWhere(answer.location, budget);
    if (!resource) return { outcome: 'unavailable', code: 'provisioning.reply_lost', maybeApplied: true };
    return { outcome: 'created', resource, isNew: answer.isNew };
  }

  /** Safe to repeat: values are set, never added to. */
  async update(id: string, changes: AccountImage, refs: Refs, budget: CallBudget): Promise<UserWritten> {
    let sent = this.#offered(changes);
    if (Object.keys(sent).length === 0) return { outcome: 'done' };
    const writesUnique = Object.keys(sent).some((field) => UNIQUE.includes(field));
    let known: Resource | undefined;
    let version = refs['version'];
    let refused: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      if (!known && this.#mustSee(sent, attempt)) {
        const seen = await this.#server.get('users', id, {}, budget);
        if (seen.outcome !== 'resource')
          return seen.outcome === 'silent' ? UNREADABLE : refusalOf(seen, false);
        known = seen.resource;
        // The server does not know its own version again: it is no version.
        if (refused !== undefined && refused === known.version) this.#server.traits.learn({ noEtags: true });
        version = known.version;
        sent = stillDue(known.raw, sent);
        if (Object.keys(sent).length === 0) return { outcome: 'done', resource: known };
      }
      const ifMatch = this.#server.traits.sendsEtags ? version : undefined;
      const patches = this.#server.traits.patches;
      const answer = patches
        ? await this.#patch(id, known, sent, ifMatch, budget)
        : await this.#put(id, known, sent, ifMatch, budget);
      if (answer.outcome === 'resource') return this.#lookedAt(answer.resource, sent, budget);
      if (answer.outcome === 'silent') return this.#lookAt(id, budget);
      if (attempt >= MOST_ATTEMPTS || !this.#mayTryAgain(answer, patches, known)) {
        return refusalOf(answer, writesUnique);
      }
      refused = isOutOfDate(answer) ? ifMatch : undefined;
      known = undefined;
    }
  }

  async remove(id: string, budget: CallBudget): Promise<UserWritten> {
    const answer = await this.#server.write('DELETE', 'users', id, {}, budget);
    if (answer.outcome === 'resource' || answer.outcome === 'silent') return { outcome: 'done' };
    return refusalOf(answer, false);
  }

  /** A password that nobody knows, where the server takes one. */
  lockout(): AccountImage {
    const { changePassword, attributes } = this.#server.traits.facts;
    const takes = changePassword === true && (attributes?.includes('password') ?? true);
    return takes ? { password: `${randomText(40)}-A9` } : {};
  }

  #offered(image: AccountImage): AccountImage {
    const { traits } = this.#server;
    return Object.fromEntries(Object.entries(image).filter(([field]) => isOffered(traits, field)));
  }

  /** A PUT needs the whole, lists need their neighbours, and after a refusal somebody else may have changed it. */
  #mustSee(sent: AccountImage, attempt: number): boolean {
    return attempt > 1 || !this.#server.traits.patches || !Object.keys(sent).every(isPlain);
  }

  /** @returns whether the next attempt can go better than this one. */
  #mayTryAgain(answer: Objection | CallFailed, patched: boolean, known: Resource | undefined): boolean {
    if (answer.outcome === 'unavailable') return false;
    if (isOutOfDate(answer)) return true;
    switch (answer.status) {
      case 405:
      case 501:
        if (!patched) return false;
        this.#server.traits.learn({ noPatch: true });
        return !this.#server.traits.patches;
      case 404:
        // The account, or the method? A look tells; only what was there a moment ago speaks against PATCH.
        if (!patched) return false;
        if (known) this.#server.traits.learn({ noPatch: true });
        return true;
      default:
        return false;
    }
  }

  #put(
    id: string,
    known: Resource | undefined,
    sent: AccountImage,
    ifMatch: string | undefined,
    budget: CallBudget,
  ): Promise<ResourceAnswer> {
    const body = changedUser(known?.raw ?? {}, sent, this.#server.traits.facts.readOnly);
    return this.#server.write('PUT', 'users', id, { body, ifMatch }, budget);
  }

  #patch(
    id: string,
    known: Resource | undefined,
    sent: AccountImage,
    ifMatch: string | undefined,
    budget: CallBudget,
  ): Promise<ResourceAnswer> {
    const operations = (dialect: Dialect) => userOperations(known?.raw ?? {}, sent, dialect);
    const patch = { kind: 'users', id, operations, matters: mattersIn(sent), ifMatch } as const;
    return sendPatch(this.#server, this.#dialects, patch, budget);
  }

  /** An answer may show a part only, such as an id; then the account is read. */
  #lookedAt(resource: Resource, sent: AccountImage, budget: CallBudget): Promise<Looked> | Looked {
    const isWhole = Object.entries(sent).every(
      ([field, value]) => field === 'password' || isShown(resource.raw, field, value),
    );
    return isWhole ? { outcome: 'done', resource } : this.#lookAt(resource.id, budget);
  }

  /** Made, and nobody said as what: the address tells the id, else it is looked for like after a lost reply. */
  async #lookWhere(location: string | undefined, budget: CallBudget): Promise<Looked> {
    const id = idFromLocation(location);
    return id === undefined ? { outcome: 'done' } : this.#lookAt(id, budget);
  }

  async #lookAt(id: string, budget: CallBudget): Promise<Looked> {
    const seen = await this.#server.get('users', id, {}, budget);
    return seen.outcome === 'resource' ? { outcome: 'done', resource: seen.resource } : { outcome: 'done' };
  }
}

const UNREADABLE: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.bad_answer',
  maybeApplied: false,
};

/** Removing what is not there is an error to some (RFC 7644 3.5.2.2, noTarget). */
function stillDue(raw: Raw, sent: AccountImage): AccountImage {
  return Object.fromEntries(
    Object.entries(sent).filter(([field, value]) => value !== '' || fieldShown(raw, field) !== ''),
  );
}

function mattersIn(sent: AccountImage): readonly (keyof Dialect)[] {
  const fields = Object.keys(sent);
  return [
    ...(fields.every(isPlain) ? [] : (['wholeLists'] as const)),
    ...('active' in sent ? (['textActive'] as const) : []),
    'capitalised',
  ];
}

/** The last part of the address alone: the server's word for where its resources are does not count. */
function idFromLocation(location: string | undefined): string | undefined {
  const last = /\/Users\/([^/?#]+)\/?$/i.exec(location ?? '')?.[1];
  if (last === undefined) return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    return undefined;
  }
}
