import { isId } from '../../../base/index.ts';
import type { AccountImage, Authority } from '../../connector/account-image.ts';
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
} from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { findCandidateUsers, isOurAccount } from './candidates.ts';
import { changeGroups, groupsIn } from './change-groups.ts';
import type { ScimTarget } from './config.ts';
import { isMadeByUs } from './created-user.ts';
import { Dialects } from './dialects.ts';
import { ScimFacts } from './facts.ts';
import { unavailable } from './failures.ts';
import { GroupWrites } from './group-writes.ts';
import { ladderOf } from './ladder.ts';
import { Managers } from './managers.ts';
import { groupsShown, readMembership } from './membership.ts';
import { readPage } from './paging.ts';
import { prepareServer } from './prepare.ts';
import { member, type Resource, textOf, truthOf } from './resource.ts';
import { failedRead, ScimServer } from './scim-server.ts';
import {
  desiredUser,
  groupsOfRoles,
  imageOfUser,
  MANAGER,
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
  readonly calls = ['groups', 'user', MANAGER] as const;
  readonly ladder: OpenTarget['ladder'];
  /** Our id marks an account where the server keeps it; where not, nothing does. */
  readonly keepsNoMarker = true;
  readonly #settings: ScimTarget;
  readonly #roles: RoleGroups;
  readonly #server: ScimServer;
  readonly #users: UserWrites;
  readonly #groups: GroupWrites;
  readonly #managers: Managers;

  constructor(settings: ScimTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.fields = userFields(settings);
    this.ladder = ladderOf(settings);
    this.#roles = roleGroups(deps.relyingParties);
    this.#server = new ScimServer(settings, deps);
    const dialects = new Dialects(settings, this.#server.traits);
    this.#users = new UserWrites(this.#server, dialects);
    this.#groups = new GroupWrites(this.#server, dialects);
    this.#managers = new Managers(this.#server);
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
    const made = await this.#users.create(desired, budget);
    if (made.outcome !== 'created') return made;
    const { traits } = this.#server;
    if (!isMadeByUs(made.resource, desired, made.isNew, traits)) return { outcome: 'duplicate' };
    traits.learn({ noExternalIds: !isOurAccount(made.resource, desired) });
    return { outcome: 'written', account: this.#readAccount(made.resource, desired, undefined) };
  }

  async update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    if (this.#isUntouchable(String(request.current['userName'] ?? ''))) return UNTOUCHABLE;
    const { groups, ...own } = request.changes;
    const changes = request.takeOver ? { ...own, ...this.#takenOver(request.desired) } : own;
    if (changes[MANAGER] !== undefined) return this.#changeManager(request, changes, budget);
    if (Object.keys(changes).length > 0 || groups === undefined) {
      const written = await this.#users.update(request.externalId, changes, request.refs, budget);
      if (written.outcome !== 'done') return written;
      if (groups === undefined) return this.#written(request, changes, written);
    }
    return changeGroups(this.#server, this.#groups, request, budget);
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
      ...subjectOf(user),
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
      const account = this.#readAccount(user, desired, groups.names);
      accounts.push(await this.#withManager(account, desired, budget));
    }
    return { outcome: 'read', accounts };
  }

  /** Where every account of ours lacks our id, one without groups may be the one whose reply was lost. */
  #isFresh({ raw }: Resource, groups: readonly string[] | undefined): boolean {
    const isUnmarked = textOf(member(raw, 'externalId')) === '';
    return this.#server.traits.facts.learned.noExternalIds && isUnmarked && groups?.length === 0;
  }

  /** The manager is shown as an id; one that is the account of whom the directory names is shown by that name. */
  async #withManager(account: ReadAccount, desired: AccountImage, budget: CallBudget): Promise<ReadAccount> {
    const id = textOf(account.image[MANAGER]);
    const name = textOf(desired[MANAGER]);
    if (id === '' || id === name) return account;
    const wanted = name === '' ? undefined : await this.#managers.idOf(name, budget);
    const isWanted = wanted?.outcome === 'id' && wanted.id === id;
    return { ...account, image: { ...account.image, [MANAGER]: isWanted ? name : `#${id}` } };
  }

  /** A manager without an account is a detail that cannot be written; it is tried again when it changes. */
  async #changeManager(
    request: UpdateRequest,
    changes: AccountImage,
    budget: CallBudget,
  ): Promise<WriteAnswer> {
    const name = textOf(changes[MANAGER]);
    const manager = name === '' ? undefined : await this.#managers.idOf(name, budget);
    if (manager?.outcome === 'unavailable') return manager;
    if (manager && manager.id === undefined) {
      return { outcome: 'invalid', detail: 'the manager has no account there' };
    }
    const sent = { ...changes, [MANAGER]: manager?.id ?? '' };
    const written = await this.#users.update(request.externalId, sent, request.refs, budget);
    if (written.outcome !== 'done') return written;
    const answer = this.#written(request, changes, written);
    if (answer.outcome !== 'written' || answer.account.image[MANAGER] !== sent[MANAGER]) return answer;
    const image = { ...answer.account.image, [MANAGER]: name };
    return { ...answer, account: { ...answer.account, image } };
  }

  #readAccount(user: Resource, desired: AccountImage, groups: readonly string[] | undefined): ReadAccount {
    if (subjectOf(user).subject !== undefined) this.#server.traits.learn({ keepsExternalIds: true });
    return {
      externalId: user.id,
      ...whoseId(user, desired),
      ...(this.#isFresh(user, groups) && { fresh: true }),
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
}

/**
 * Whose id it carries, where somebody is looked for: whoever may edit accounts may write it, so it proves nothing. Ids
 * of another system may be replaced; one of another person of ours says whose the account is.
 */
function whoseId(user: Resource, desired: AccountImage): Pick<ReadAccount, 'ours' | 'theirs'> {
  if (desired['externalId'] === undefined) return {};
  const ours = isOurAccount(user, desired);
  return { ours, ...(!ours && isId('per', textOf(member(user.raw, 'externalId'))) && { theirs: true }) };
}

/** Our ids are people's ids; whatever else stands there belongs to nobody we know. */
function subjectOf({ raw }: Resource): { readonly subject?: string } {
  const subject = textOf(member(raw, 'externalId'));
  return subject === '' ? {} : { subject };
}

const UNTOUCHABLE: WriteAnswer = {
  outcome: 'blocked',
  reasons: ['The account is named under untouchable in the configuration; it is not changed.'],
};
