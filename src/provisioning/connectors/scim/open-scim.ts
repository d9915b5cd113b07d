import type { AccountImage, Authority } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type {
  ActRequest,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAccount,
  ReadAnswer,
  Refs,
  TargetDeps,
  UpdateRequest,
  WriteAnswer,
} from '../../connector.ts';
import { findCandidateUsers, isOurAccount } from './candidates.ts';
import type { ScimTarget } from './config.ts';
import { Dialects } from './dialects.ts';
import { ScimFacts } from './facts.ts';
import { unavailable } from './failures.ts';
import { GroupWrites } from './group-writes.ts';
import { findGroupId } from './groups.ts';
import { ladderOf } from './ladder.ts';
import { groupsShown, readMembership } from './membership.ts';
import { readPage } from './paging.ts';
import { prepareServer } from './prepare.ts';
import { member, type Resource, textOf, truthOf } from './resource.ts';
import { failedRead, ScimServer } from './scim-server.ts';
import {
  desiredUser,
  groupsOfRoles,
  imageOfUser,
  type RoleGroups,
  roleGroups,
  userFields,
} from './user-image.ts';
import { UserWrites, type UserWritten } from './user-writes.ts';

/** One SCIM service provider, open for calls. Translates only; the engine decides. */
export function openScim(settings: ScimTarget, deps: TargetDeps): OpenTarget {
  return new OpenScim(settings, deps);
}

class OpenScim implements OpenTarget {
  readonly fields: OpenTarget['fields'];
  /** Groups first: who comes back leaves old ones before the account opens again. */
  readonly calls = ['groups', 'user'] as const;
  readonly ladder: OpenTarget['ladder'];
  readonly #settings: ScimTarget;
  readonly #roles: RoleGroups;
  readonly #server: ScimServer;
  readonly #users: UserWrites;
  readonly #groups: GroupWrites;

  constructor(settings: ScimTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.fields = userFields(settings);
    this.ladder = ladderOf(settings);
    this.#roles = roleGroups(deps.relyingParties);
    this.#server = new ScimServer(settings, deps);
    const dialects = new Dialects(settings, this.#server.traits);
    this.#users = new UserWrites(this.#server, dialects);
    this.#groups = new GroupWrites(this.#server, dialects);
  }

  authority(field: string): Authority {
    return this.#settings.authority[field] ?? 'directory';
  }

  managed(field: string): readonly string[] {
    return field === 'groups' ? groupsOfRoles(this.#roles) : [];
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    return desiredUser(this.#settings, this.#roles, person, accesses);
  }

  unresolved(image: AccountImage): readonly string[] {
    const known = this.#server.traits.facts.groupIds;
    return groupsIn(image)
      .filter((name) => known[name] === undefined)
      .map((name) => `group ${name}`);
  }

  async findById(
    externalId: string,
    desired: AccountImage,
    _refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const answer = await this.#server.get('users', externalId, {}, budget);
    if (answer.outcome === 'resource') return this.#withGroups([answer.resource], desired, true, budget);
    const isGone = answer.outcome === 'objection' && (answer.status === 404 || answer.status === 410);
    if (isGone) return { outcome: 'read', accounts: [] };
    return answer.outcome === 'silent' ? unavailable('provisioning.bad_answer') : failedRead(answer);
  }

  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const answer = await findCandidateUsers(this.#server, desired, budget);
    if (answer.outcome === 'unavailable') return answer;
    const users = answer.users.filter((user) => !this.#isUntouchable(textOf(member(user.raw, 'userName'))));
    return this.#withGroups(users, desired, this.#server.traits.facts.listsGroups, budget);
  }

  async create(desired: AccountImage, _marker: string, budget: CallBudget): Promise<WriteAnswer> {
    const written = await this.#users.create(desired, budget);
    if (written.outcome !== 'done') return written;
    const { resource } = written;
    if (!resource) return unavailable('provisioning.reply_lost', true);
    return { outcome: 'written', account: this.#readAccount(resource, desired, undefined) };
  }

  async update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    if (this.#isUntouchable(String(request.current['userName'] ?? ''))) return UNTOUCHABLE;
    const { groups, ...own } = request.changes;
    const changes = request.takeOver ? { ...own, ...this.#takenOver(request.desired) } : own;
    if (Object.keys(changes).length > 0 || groups === undefined) {
      const written = await this.#users.update(request.externalId, changes, request.refs, budget);
      if (written.outcome !== 'done') return written;
      if (groups === undefined) return this.#written(request, changes, written);
    }
    return this.#changeGroups(request, budget);
  }

  async act(request: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    if (request.act !== 'delete') throw new TypeError(`an account has no act ${request.act}`);
    if (this.#isUntouchable(String(request.current['userName'] ?? ''))) return UNTOUCHABLE;
    const removed = await this.#users.remove(request.externalId, budget);
    if (removed.outcome !== 'done') return removed;
    return { outcome: 'written', account: { externalId: request.externalId, image: {}, refs: {} } };
  }

  async list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    const page = await readPage(this.#server, 'users', cursor, {}, budget);
    if (page.outcome !== 'page') return failedRead(page);
    const accounts = page.resources.map((user) => ({
      ...this.#readAccount(user, {}, this.#listedGroups(user)),
      isActive: truthOf(member(user.raw, 'active')) !== false,
      ...(this.#isUntouchable(textOf(member(user.raw, 'userName'))) && { untouchable: true }),
    }));
    const { total, next } = page;
    return {
      ...{ outcome: 'listed', accounts },
      ...(next !== undefined && { next }),
      ...(total !== undefined && { total }),
    };
  }

  prepare(budget: CallBudget): Promise<PrepareAnswer> {
    return prepareServer(this.#server, groupsOfRoles(this.#roles), budget);
  }

  restore(facts: unknown): void {
    const parsed = ScimFacts.safeParse(facts);
    if (parsed.success) this.#server.traits.replace(parsed.data);
  }

  /** People enter at the relying party's own address, of which SCIM knows nothing. */
  entryUrl(): undefined {
    return undefined;
  }

  #isUntouchable(userName: string): boolean {
    const wanted = userName.toLowerCase();
    return this.#settings.untouchable.some((each) => each.toLowerCase() === wanted);
  }

  /** Our id, so that it is ours from now on, and a password that nobody knows (R1.3). */
  #takenOver(desired: AccountImage): AccountImage {
    const { externalId } = desired;
    return { ...(externalId !== undefined && { externalId }), ...this.#users.lockout() };
  }

  #listedGroups(user: Resource): readonly string[] | undefined {
    if (!this.#server.traits.facts.listsGroups) return undefined;
    const names = new Map(Object.entries(this.#server.traits.facts.groupIds).map(([name, id]) => [id, name]));
    return groupsShown(user.raw).map(({ id, name }) => names.get(id) ?? (name || `#${id}`));
  }

  async #withGroups(
    users: readonly Resource[],
    desired: AccountImage,
    showsGroups: boolean,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const accounts: ReadAccount[] = [];
    for (const user of users) {
      const known = showsGroups || groupsShown(user.raw).length > 0 ? user : undefined;
      const groups = await readMembership(this.#server, { id: user.id, known }, budget);
      if (groups.outcome === 'unavailable') return groups;
      accounts.push(this.#readAccount(user, desired, groups.names));
    }
    return { outcome: 'read', accounts };
  }

  #readAccount(user: Resource, desired: AccountImage, groups: readonly string[] | undefined): ReadAccount {
    return {
      externalId: user.id,
      ours: isOurAccount(user, desired),
      image: {
        ...imageOfUser(this.#settings, this.#server.traits, user.raw, desired),
        ...(groups && { groups: [...groups].sort() }),
      },
      refs: { ...(user.version !== undefined && { version: user.version }) },
    };
  }

  /** Only what was sent is read back: the rest may be older than what is known. */
  #written(
    { externalId, desired }: UpdateRequest,
    changes: AccountImage,
    { resource }: Extract<UserWritten, { outcome: 'done' }>,
  ): WriteAnswer {
    if (!resource) return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
    const account = this.#readAccount(resource, { ...desired, ...changes }, undefined);
    return { outcome: 'written', account: { ...account, externalId } };
  }

  /** Removals come first, so that nobody holds both for a moment. */
  async #changeGroups(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const { externalId, changes, current } = request;
    const before = groupsIn(current);
    const after = groupsIn(changes);
    const removed = before.filter((name) => !after.includes(name));
    const added = after.filter((name) => !before.includes(name));
    for (const kind of ['remove', 'add'] as const) {
      for (const name of kind === 'remove' ? removed : added) {
        const group = await this.#groupId(name, budget);
        if (group.outcome === 'unavailable') return group;
        if (group.id === undefined) {
          if (kind === 'remove') continue;
          return { outcome: 'invalid', detail: `group ${name} is not there` };
        }
        const answer = await this.#groups.change({ kind, group: group.id, user: externalId }, budget);
        if (answer.outcome === 'invalid') return this.#goneOr(answer, externalId, budget);
        if (answer.outcome !== 'done') return answer;
      }
    }
    return this.#readBack(externalId, before, [...removed, ...added], budget);
  }

  async #groupId(name: string, budget: CallBudget): ReturnType<typeof findGroupId> {
    const known = this.#server.traits.facts.groupIds[name];
    if (known !== undefined) return { outcome: 'id', id: known };
    if (name.startsWith('#')) return { outcome: 'id', id: name.slice(1) };
    return findGroupId(this.#server, name, budget);
  }

  /** A group that does not take a member may have been right: the account is not there any more. */
  async #goneOr(refused: WriteAnswer, externalId: string, budget: CallBudget): Promise<WriteAnswer> {
    const user = await this.#server.get('users', externalId, {}, budget);
    return user.outcome === 'objection' && user.status === 404 ? { outcome: 'gone' } : refused;
  }

  async #readBack(
    externalId: string,
    before: readonly string[],
    touched: readonly string[],
    budget: CallBudget,
  ): Promise<WriteAnswer> {
    const answer = await readMembership(this.#server, { id: externalId, among: touched }, budget);
    if (answer.outcome === 'unavailable') {
      return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
    }
    const isPartial = this.#server.traits.facts.membership === 'members';
    const untouched = isPartial ? before.filter((name) => !touched.includes(name)) : [];
    const groups = [...new Set([...untouched, ...answer.names])].sort();
    return { outcome: 'written', account: { externalId, image: { groups }, refs: {} } };
  }
}

const UNTOUCHABLE: WriteAnswer = {
  outcome: 'blocked',
  reasons: ['The account is named under untouchable in the configuration; it is not changed.'],
};

function groupsIn(image: AccountImage): readonly string[] {
  const { groups } = image;
  return Array.isArray(groups) ? groups.map(String) : [];
}
