import type { AccountImage, Authority } from '../../connector/account-image.ts';
import type {
  HoldingsAnswer,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAnswer,
  Refs,
  SetUp,
  SetUpAnswer,
  TargetDeps,
  UpdateRequest,
  WriteAnswer,
} from '../../connector/connector.ts';
import type { Rung } from '../../connector/ladder.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import {
  accountOf,
  type DomainNeeds,
  isThere,
  isUntouchable,
  listedAccount,
  readAccounts,
} from './accounts.ts';
import { failedRead } from './answers.ts';
import { userCalls } from './calls.ts';
import type { IconikTarget } from './config.ts';
import { createUser } from './create-user.ts';
import { desiredUser } from './desire.ts';
import { IconikFacts, idOf, type NameTable, NO_FACTS } from './facts.ts';
import { readHoldings } from './holdings.ts';
import { IconikApi } from './iconik-api.ts';
import { listOf, textOf } from './membership.ts';
import { isLast } from './paging.ts';
import { prepareDomain } from './prepare.ts';
import {
  type DeclaredRole,
  declaredRoles,
  type NamedByRoles,
  namedByRoles,
  projectMembers,
} from './roles.ts';
import { setUpTrust } from './set-up.ts';
import { CALLS, updateAccount } from './updates.ts';
import { membershipOf, userFields } from './user-image.ts';

/** One iconik domain, open for calls. Translates only; the engine decides. */
export function openDomain(settings: IconikTarget, deps: TargetDeps): OpenTarget {
  return new OpenDomain(settings, deps);
}

class OpenDomain implements OpenTarget {
  readonly fields: OpenTarget['fields'];
  readonly calls = CALLS;
  readonly ladder: readonly Rung[];
  readonly #settings: IconikTarget;
  readonly #deps: TargetDeps;
  readonly #roles: readonly DeclaredRole[];
  readonly #named: NamedByRoles;
  readonly #api: IconikApi;
  #facts: IconikFacts = NO_FACTS;

  constructor(settings: IconikTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#roles = declaredRoles(deps.relyingParties);
    this.#named = namedByRoles(this.#roles);
    this.fields = userFields(settings, this.#named);
    this.ladder = ladderOf(settings, this.#named);
    const { id, http, clock, log } = deps;
    const { url, credentials } = settings;
    this.#api = new IconikApi({ id, http, clock, log, url, credentials });
  }

  authority(field: string): Authority {
    return field === 'firstName' || field === 'lastName' ? this.#settings.authority.name : 'directory';
  }

  managed(field: string): readonly string[] {
    if (field === 'groups') return this.#named.members;
    if (field === 'roleGroups') return this.#named.roleGroups;
    return field === 'projects' ? projectMembers(this.#named.personalProjects) : [];
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    return desiredUser(this.#settings, this.#roles, this.#named, person, accesses);
  }

  unresolved(image: AccountImage): readonly string[] {
    const { model, groups, roleGroups, collections, identityProviders } = this.#facts;
    const signOn = textOf(image, 'signOn');
    const primary = textOf(image, 'primaryGroup');
    const members = [...(primary === '' ? [] : [primary]), ...listOf(image, 'groups')];
    const projects = listOf(image, 'projects').map((member) => member.slice(0, member.lastIndexOf(': ')));
    return [
      ...unknown(model === 'teams' ? 'team' : 'group', members, groups),
      ...unknown('role group', listOf(image, 'roleGroups'), roleGroups),
      ...unknown('collection', projects, collections),
      ...(signOn !== '' && identityProviders[signOn] === undefined ? [`identity provider ${signOn}`] : []),
    ];
  }

  async findById(
    externalId: string,
    desired: AccountImage,
    refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const answer = await this.#api.send(userCalls.read(externalId), budget);
    if (answer.outcome === 'missing') return { outcome: 'read', accounts: [] };
    // Another user than the one asked for: whatever is written next would reach somebody else.
    const isOther = answer.outcome === 'ok' && answer.body.id !== externalId;
    if (isOther) return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false };
    if (answer.outcome !== 'ok') return failedRead(answer);
    return readAccounts(this.#needs(), [answer.body], desired, refs, budget);
  }

  /** Users with this address, as far as the search index knows them; administrators are nobody's to take over. */
  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = textOf(desired, 'mail');
    if (mail === '') return { outcome: 'read', accounts: [] };
    const answer = await this.#api.send(userCalls.withMail(mail), budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    const needs = this.#needs();
    const users = answer.body.objects.filter(
      (user) => user.email.toLowerCase() === mail.toLowerCase() && !isUntouchable(needs, user),
    );
    return readAccounts(needs, users, desired, undefined, budget);
  }

  async create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer> {
    const made = await createUser(this.#needs(), desired, marker, budget);
    if (made.outcome === 'failed') return made.answer;
    const { user } = made;
    const { primary } = membershipOf(user);
    const refs = {
      ...(primary !== undefined && { primary }),
      invited: user.status === 'INACTIVE' ? 'yes' : '',
    };
    return { outcome: 'written', account: accountOf(this.#facts, user, desired, refs) };
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    return updateAccount(this.#needs(), request, budget);
  }

  async list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    const number = cursor ? Number(cursor) : 1;
    const answer = await this.#api.send(userCalls.list(number), budget);
    // A page past the end: somebody was removed while we turned the pages.
    if (answer.outcome === 'missing' && number > 1) return { outcome: 'listed', accounts: [] };
    if (answer.outcome !== 'ok') return failedRead(answer);
    const { objects, total } = answer.body;
    const needs = this.#needs();
    return {
      outcome: 'listed',
      accounts: objects.filter(isThere).map((user) => listedAccount(needs, user)),
      ...(!isLast(answer.body, number) && { next: String(number + 1) }),
      ...(typeof total === 'number' && { total }),
    };
  }

  holdings(externalId: string, _refs: Refs, budget: CallBudget): Promise<HoldingsAnswer> {
    return readHoldings({ api: this.#api, clock: this.#deps.clock, budget }, externalId);
  }

  async setUp(wanted: SetUp, budget: CallBudget): Promise<SetUpAnswer> {
    const { answer, provider } = await setUpTrust({ ...this.#needs(), budget }, wanted);
    const name = this.#settings.identityProvider?.name;
    if (provider !== undefined && name !== undefined) {
      this.#facts = { ...this.#facts, identityProviders: { [name]: provider } };
    }
    return answer;
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const { id, clock } = this.#deps;
    const { facts: before, ...needs } = this.#needs();
    const answer = await prepareDomain({ ...needs, id, clock, budget, before });
    if (answer.outcome === 'prepared') this.#facts = answer.facts;
    return answer;
  }

  restore(facts: unknown): void {
    const parsed = IconikFacts.safeParse(facts);
    if (parsed.success) this.#facts = parsed.data;
  }

  /** The SAML side knows where people enter. */
  entryUrl(): undefined {
    return undefined;
  }

  #needs(): DomainNeeds {
    return { api: this.#api, settings: this.#settings, named: this.#named, facts: this.#facts };
  }
}

function unknown(kind: string, names: readonly string[], table: NameTable): readonly string[] {
  const missing = names.filter((name) => idOf(table, name) === undefined);
  return [...new Set(missing)].map((name) => `${kind} ${name}`);
}

/** Deactivation at once; groups go later, so that returning people find their place again (R5.5). */
function ladderOf({ ladder }: IconikTarget, named: NamedByRoles): readonly Rung[] {
  return [
    {
      ...{ id: 'deactivate', title: 'inactive: nobody can sign in with it, and its tokens are gone' },
      ...{ afterMs: 0, image: { status: 'INACTIVE' } },
    },
    {
      ...{ id: 'leave-groups', title: 'in no group but the primary one', afterMs: ladder.leaveGroups },
      image: {
        groups: [],
        ...(named.roleGroups.length > 0 && { roleGroups: [] }),
        ...(named.personalProjects.length > 0 && { projects: [] }),
      },
    },
  ];
}
