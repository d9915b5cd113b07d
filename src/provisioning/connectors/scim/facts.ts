import { z } from 'zod';
import type { ScimTarget } from './config.ts';

export const MEMBERSHIP_FILTERS = ['members.value', 'members[value]', 'members eq'] as const;
/** Where the groups of an account can be read: in it, by a filter on groups, or group by group. */
export const MEMBERSHIPS = ['user', ...MEMBERSHIP_FILTERS, 'each', 'members'] as const;
export type Membership = (typeof MEMBERSHIPS)[number];
export type MembershipFilter = (typeof MEMBERSHIP_FILTERS)[number];

/** What answers have taught beyond discovery; true where the plain way of the RFC was refused and another one worked. */
const Learned = z.object({
  noPatch: z.boolean(),
  noEtags: z.boolean(),
  capitalised: z.boolean(),
  textActive: z.boolean(),
  wholeLists: z.boolean(),
  wholeMembers: z.boolean(),
  /** The server keeps no externalId: our accounts cannot be told from others by it. */
  noExternalIds: z.boolean(),
  /** `excludedAttributes` is refused. */
  noExcludes: z.boolean().default(false),
  /** An account has shown one. */
  keepsExternalIds: z.boolean().default(false),
});
export type Learned = z.infer<typeof Learned>;

/** What is known about a service provider. `null` is what nobody told. Kept as JSON for other processes. */
export const ScimFacts = z.object({
  patch: z.boolean().nullable(),
  filter: z.boolean().nullable(),
  maxResults: z.int().positive().nullable(),
  etag: z.boolean().nullable(),
  sort: z.boolean().nullable(),
  bulk: z.boolean().nullable(),
  changePassword: z.boolean().nullable(),
  /** Pages only by cursor (RFC 9865). */
  cursorOnly: z.boolean(),
  users: z.string(),
  /** Null when the server has no groups. */
  groups: z.string().nullable(),
  /** Writable attributes of a User in lower case: `name.givenname`, `urn:…:department`. */
  attributes: z.array(z.string()).nullable(),
  readOnly: z.array(z.string()),
  /** Ids of the groups that roles name. */
  groupIds: z.record(z.string(), z.string()),
  membership: z.enum(MEMBERSHIPS),
  /** Groups that have shown members, by id. */
  groupsSeen: z.array(z.string()).default([]),
  /** Lists of accounts show groups as a look at one account does. */
  listsGroups: z.boolean(),
  learned: Learned,
});
export type ScimFacts = z.infer<typeof ScimFacts>;

/** Where the groups of an account can be read, as far as somebody's membership shows it. */
export type Verified = Pick<ScimFacts, 'membership' | 'listsGroups'>;

/** Before anybody asked: what every service provider must have. */
export const NO_FACTS: ScimFacts = {
  ...{ patch: null, filter: null, maxResults: null, etag: null, sort: null, bulk: null },
  ...{ changePassword: null, cursorOnly: false, users: '/Users', groups: '/Groups' },
  ...{ attributes: null, readOnly: [], groupIds: {}, membership: 'members', listsGroups: false },
  groupsSeen: [],
  learned: {
    ...{ noPatch: false, noEtags: false, capitalised: false },
    ...{ textActive: false, wholeLists: false, wholeMembers: false, noExternalIds: false },
    ...{ noExcludes: false, keepsExternalIds: false },
  },
};

/** More than any configuration names. */
const MOST_SEEN = 5_000;

/** What the server can do: as the configuration says, else as it was learned, else as discovery told. */
export class Traits {
  readonly #server: ScimTarget['server'];
  #facts: ScimFacts = NO_FACTS;
  /** Filters that were refused or not obeyed since the facts were read. */
  readonly #refusedFilters = new Set<string>();
  readonly #newGroups = new Set<string>();

  constructor(settings: ScimTarget) {
    this.#server = settings.server;
  }

  get facts(): ScimFacts {
    return this.#facts;
  }

  /** New facts of a preparation or of another process. */
  replace(facts: ScimFacts): void {
    this.#facts = facts;
    this.#refusedFilters.clear();
  }

  learn(what: Partial<Learned>): void {
    this.#facts = { ...this.#facts, learned: { ...this.#facts.learned, ...what } };
  }

  readsMembership({ membership, listsGroups }: Verified): void {
    this.#facts = { ...this.#facts, membership, listsGroups };
  }

  /** Only a server that says no is believed: PATCH is tried where nothing is known, for a refusal changes nothing. */
  get patches(): boolean {
    const { patch } = this.#server;
    if (patch !== 'auto') return patch === 'yes';
    return this.#facts.patch !== false && !this.#facts.learned.noPatch;
  }

  get sendsEtags(): boolean {
    const { etags } = this.#server;
    if (etags !== 'auto') return etags === 'yes';
    return this.#facts.etag !== false && !this.#facts.learned.noEtags;
  }

  canFilter(attribute: string): boolean {
    const { filter } = this.#server;
    if (filter === 'all') return true;
    if (filter === 'none' || (filter === 'userName' && attribute !== 'userName')) return false;
    return this.#facts.filter !== false && !this.#refusedFilters.has(attribute);
  }

  refusedFilter(attribute: string): void {
    this.#refusedFilters.add(attribute);
  }

  get pageSize(): number {
    return Math.min(this.#server.pageSize, this.#facts.maxResults ?? this.#server.pageSize);
  }

  get membersSetting(): ScimTarget['server']['members'] {
    return this.#server.members;
  }

  /** Only who configures it knows that a removal takes away those whom it names, and not everybody. */
  get removesByValue(): boolean {
    return this.#server.removeMember === 'value';
  }

  get replacesMembers(): boolean {
    const { members } = this.#server;
    return members === 'replace' || (members === 'auto' && this.#facts.learned.wholeMembers);
  }

  /** A group showed somebody: the server shows its members. */
  sawMembers(group: string): void {
    const { groupsSeen } = this.#facts;
    if (groupsSeen.includes(group) || groupsSeen.length >= MOST_SEEN) return;
    this.#facts = { ...this.#facts, groupsSeen: [...groupsSeen, group] };
  }

  /** This process made the group and has not written into it since: nobody is in it. */
  isNew(group: string): boolean {
    return this.#newGroups.has(group);
  }

  madeGroup(group: string): void {
    this.#newGroups.add(group);
  }

  wroteMembers(group: string): void {
    this.#newGroups.delete(group);
  }

  /** Whether the schema has a writable attribute of this path; everything, where no schema was published. */
  offers(path: string): boolean {
    const { attributes } = this.#facts;
    if (!attributes || attributes.includes(path)) return true;
    const dot = path.indexOf('.', path.lastIndexOf(':'));
    if (dot === -1) return false;
    // A complex attribute whose parts are not told.
    const parent = path.slice(0, dot);
    return attributes.includes(parent) && !attributes.some((each) => each.startsWith(`${parent}.`));
  }
}
