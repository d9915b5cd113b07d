import { randomUUID } from 'node:crypto';
import type { Attributes } from './read.ts';
import { isObject } from './read.ts';
import type { Kind } from './resource-type.ts';

/** One account or group as it is stored. */
export type Entry = {
  readonly kind: Kind;
  readonly id: string;
  attributes: Attributes;
  readonly created: Date;
  lastModified: Date;
  /** Counts changes; the ETag is made of it. */
  revision: number;
};

/** What a client sent, without values: for tests that look at how a connector behaves. */
export type ScimRequest = {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly ifMatch?: string;
  /** Of a PATCH: `replace active`. */
  readonly operations?: readonly string[];
  readonly status: number;
};

/** Accounts and groups of the wiki. Changes go through `put` and `remove`, which keep the look-ups right. */
export class Directory {
  readonly #entries: Readonly<Record<Kind, Map<string, Entry>>> = { User: new Map(), Group: new Map() };
  readonly #userNames = new Map<string, string>();
  #memberships: ReadonlyMap<string, readonly Entry[]> | undefined;
  /** Tokens that were issued, with their end. */
  readonly tokens = new Map<string, Date>();
  readonly requests: ScimRequest[] = [];
  window = { endsAt: 0, used: 0 };

  all(kind: Kind): readonly Entry[] {
    return [...this.#entries[kind].values()];
  }

  get(kind: Kind, id: string): Entry | undefined {
    return this.#entries[kind].get(id);
  }

  byUserName(userName: string): Entry | undefined {
    return this.get('User', this.#userNames.get(userName.toLowerCase()) ?? '');
  }

  /** The account that signs in as this subject. */
  byExternalId(externalId: string): Entry | undefined {
    return this.all('User').find(({ attributes }) => attributes['externalId'] === externalId);
  }

  add(kind: Kind, attributes: Attributes, now: Date, id: string = randomUUID()): Entry {
    const entry: Entry = { kind, id, attributes, created: now, lastModified: now, revision: 1 };
    this.#entries[kind].set(id, entry);
    this.#reindex(entry, undefined);
    return entry;
  }

  change(entry: Entry, attributes: Attributes, now: Date): void {
    const before = entry.attributes;
    entry.attributes = attributes;
    entry.lastModified = now;
    entry.revision += 1;
    this.#reindex(entry, before);
  }

  /** Memberships of it end too. */
  remove(entry: Entry, now: Date): void {
    this.#entries[entry.kind].delete(entry.id);
    if (entry.kind === 'User') this.#userNames.delete(userNameOf(entry.attributes));
    for (const group of this.groupsOf(entry.id)) {
      const members = membersOf(group).filter(({ value }) => value !== entry.id);
      this.change(group, { ...group.attributes, members }, now);
    }
    this.#memberships = undefined;
  }

  /** Groups that name this account or group as a member. */
  groupsOf(id: string): readonly Entry[] {
    this.#memberships ??= this.#readMemberships();
    return this.#memberships.get(id) ?? [];
  }

  /** For the file that outlives the process. */
  restore(entry: Entry): void {
    this.#entries[entry.kind].set(entry.id, entry);
    this.#reindex(entry, undefined);
  }

  #reindex({ kind, id, attributes }: Entry, before: Attributes | undefined): void {
    if (kind === 'Group') this.#memberships = undefined;
    if (kind === 'Group') return;
    if (before) this.#userNames.delete(userNameOf(before));
    this.#userNames.set(userNameOf(attributes), id);
  }

  #readMemberships(): ReadonlyMap<string, readonly Entry[]> {
    const found = new Map<string, Entry[]>();
    for (const group of this.#entries.Group.values()) {
      for (const { value } of membersOf(group)) {
        const known = found.get(value);
        if (known) known.push(group);
        else found.set(value, [group]);
      }
    }
    return found;
  }
}

export type Member = { readonly value: string; readonly type: Kind };

export function membersOf({ attributes }: Entry): readonly Member[] {
  const members = attributes['members'];
  return Array.isArray(members) ? (members as Member[]) : [];
}

export function userNameOf(attributes: Attributes): string {
  return String(attributes['userName'] ?? '').toLowerCase();
}

/** The name that people read. */
export function displayOf({ attributes }: Entry): string {
  const { displayName, name, userName } = attributes as Readonly<Record<string, unknown>>;
  const formatted = isObject(name) ? name['formatted'] : undefined;
  return String(displayName ?? formatted ?? userName ?? '');
}
