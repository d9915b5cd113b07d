import type { Problem } from '../../../base/index.ts';
import type { AccountImage, Authority } from '../../connector/account-image.ts';
import type {
  ActRequest,
  HoldingsAnswer,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAnswer,
  Refs,
  Seats,
  TargetDeps,
  UpdateRequest,
  WriteAnswer,
} from '../../connector/connector.ts';
import type { Rung } from '../../connector/ladder.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { urgent } from './api-limit.ts';
import { seatsOf, seatsTaken } from './capacity.ts';
import type { SalesforceTarget } from './config.ts';
import { createUser } from './create-user.ts';
import { desiredUser } from './desired-user.ts';
import { NO_FACTS, OrgFacts } from './facts.ts';
import { NOT_PREPARED, unavailable } from './failures.ts';
import { holdingsOf } from './holdings.ts';
import { listUsers } from './list-users.ts';
import { checkLive } from './live-check.ts';
import { nominationsFor } from './nominate.ts';
import { isSameUser, isUserId } from './own-user.ts';
import { prepareOrg } from './prepare-org.ts';
import { accountOf, readUsers } from './read-users.ts';
import { revokeSessions } from './revoke.ts';
import { unknownNames } from './rights-requests.ts';
import { GIVEN_SETS, hasPartners, managedNames, type Party, partiesOf, type Sets } from './role-meaning.ts';
import { SalesforceApi } from './salesforce-api.ts';
import { isPerson } from './special-users.ts';
import { lockFormerOut } from './take-over.ts';
import { untouchableReason } from './untouchable.ts';
import { CALLS, NOTHING_GIVEN, userAuthority, userFields } from './user-fields.ts';
import { updateExpiry, updateRights } from './write-rights.ts';
import { updateLogin, updateManager, updateUser, type WriteNeeds } from './write-user.ts';

const REVOKE = 'revoke';

/** One Salesforce organization, open for calls. Translates only; the engine decides. */
export function openOrganization(settings: SalesforceTarget, deps: TargetDeps): OpenTarget {
  return new OpenOrganization(settings, deps);
}

class OpenOrganization implements OpenTarget {
  /** The Federation ID says whose a user is, and whoever administers users may write it. */
  readonly keepsNoMarker = true;
  readonly fields: OpenTarget['fields'];
  readonly calls = CALLS;
  readonly ladder: readonly Rung[];
  readonly #settings: SalesforceTarget;
  readonly #deps: TargetDeps;
  readonly #parties: readonly Party[];
  readonly #managed: Sets;
  readonly #api: SalesforceApi;
  #facts: OrgFacts = NO_FACTS;

  constructor(settings: SalesforceTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#parties = partiesOf(deps.relyingParties);
    this.#managed = managedNames(this.#parties);
    this.fields = userFields(settings);
    this.ladder = rungs(settings.ladder);
    const { id, http, clock, log } = deps;
    this.#api = new SalesforceApi({ id, http, clock, log, settings });
  }

  authority(field: string): Authority {
    return userAuthority(this.#settings, field);
  }

  managed(field: string): readonly string[] {
    const name = GIVEN_SETS.find((known) => known === field);
    return name ? this.#managed[name] : [];
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    const needs = { settings: this.#settings, parties: this.#parties, facts: this.#facts };
    return desiredUser(needs, person, accesses);
  }

  unresolved(image: AccountImage): readonly string[] {
    return unknownNames(image, this.#facts);
  }

  async findById(
    externalId: string,
    desired: AccountImage,
    _refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    if (!isUserId(externalId)) return { outcome: 'read', accounts: [] };
    const needs = this.#writeNeeds();
    // The image of a rung names nobody: access has ended.
    const lane = 'federationId' in desired ? budget : urgent(budget);
    const answer = await readUsers(this.#api, needs, { id: externalId }, lane);
    if (answer.outcome === 'unavailable') return answer;
    // Another user than the one asked for: whatever is written next would reach somebody else.
    const isOther = answer.users.some(({ user }) => !isSameUser(user.Id, externalId));
    if (isOther) return unavailable('provisioning.bad_answer');
    return { outcome: 'read', accounts: answer.users.map((user) => accountOf(needs, user, desired)) };
  }

  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const needs = this.#writeNeeds();
    const { where, isCandidate } = nominationsFor(desired);
    const answer = await readUsers(this.#api, needs, { where }, budget);
    if (answer.outcome === 'unavailable') return answer;
    // Robots often have the address of whoever looks after them.
    const candidates = answer.users.filter(({ user }) => isPerson(user) && isCandidate(user));
    return { outcome: 'read', accounts: candidates.map((user) => accountOf(needs, user, desired)) };
  }

  create(desired: AccountImage, _marker: string, budget: CallBudget): Promise<WriteAnswer> {
    const { log, id } = this.#deps;
    return createUser({ ...this.#writeNeeds(), log, target: id }, desired, budget);
  }

  async update(request: UpdateRequest, given: CallBudget): Promise<WriteAnswer> {
    const { signIn, active } = request.changes;
    const budget = signIn === '' || active === 'no' ? urgent(given) : given;
    const refusal = this.#refusal(request);
    if (refusal) return refusal;
    // An account that is taken over begins with this call, whatever else changes.
    if (request.takeOver && request.call === CALLS[0]) {
      const refused = await lockFormerOut(this.#api, request, budget);
      if (refused) return refused;
    }
    const needs = this.#writeNeeds();
    switch (request.call) {
      case 'login':
        return updateLogin(needs, request, budget);
      case 'rights':
        return updateRights(needs, request, budget);
      case 'user':
        return updateUser(needs, request, budget);
      case 'expiry':
        return updateExpiry(needs, request, budget);
      case 'manager':
        return updateManager(needs, request, budget);
      default:
        throw new TypeError(`an organization has no call ${request.call}`);
    }
  }

  async act(request: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    if (request.act !== REVOKE) throw new TypeError(`an organization has no act ${request.act}`);
    const refusal = this.#refusal(request);
    return refusal ?? revokeSessions(this.#api, request.externalId, urgent(budget));
  }

  list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    return listUsers(this.#writeNeeds(), cursor, budget);
  }

  seats(): readonly Seats[] {
    return seatsOf(this.#facts);
  }

  seatsTaken(before: AccountImage, after: AccountImage): readonly string[] {
    return seatsTaken(this.#facts, before, after);
  }

  holdings(externalId: string, _refs: Refs, budget: CallBudget): Promise<HoldingsAnswer> {
    return holdingsOf(this.#api, this.#settings, externalId, budget);
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const { id: target, log } = this.#deps;
    const needs = { target, log, api: this.#api, settings: this.#settings, parties: this.#parties };
    const answer = await prepareOrg(needs, budget);
    if (answer.outcome === 'prepared') this.#facts = answer.facts;
    return answer;
  }

  check(budget: CallBudget): Promise<readonly Problem[]> {
    return checkLive({ api: this.#api, settings: this.#settings, managed: this.#managed }, budget);
  }

  restore(facts: unknown): void {
    const parsed = OrgFacts.safeParse(facts);
    if (parsed.success) this.#facts = parsed.data;
  }

  /** People come by an assertion of ours, to wherever the relying party says. */
  entryUrl(): URL | undefined {
    return undefined;
  }

  #writeNeeds(): WriteNeeds {
    const hasContacts = hasPartners(this.#parties);
    return { api: this.#api, settings: this.#settings, facts: this.#facts, hasPartners: hasContacts };
  }

  #refusal(request: ActRequest | UpdateRequest): WriteAnswer | undefined {
    if (this.#facts === NO_FACTS) return NOT_PREPARED;
    const reason = untouchableReason({ facts: this.#facts, settings: this.#settings }, request);
    return reason === undefined ? undefined : { outcome: 'blocked', reasons: [reason] };
  }
}

/** R5.5. Deactivation frees the licence and comes last, for it may be refused and the user stays frozen then. */
function rungs({ revokeAfter, unassignAfter, deactivateAfter }: SalesforceTarget['ladder']): readonly Rung[] {
  return [
    { id: 'freeze', title: 'frozen, nobody can sign in with it', afterMs: 0, image: { signIn: '' } },
    { id: 'revoke', title: 'sessions and tokens are ended', afterMs: revokeAfter, act: REVOKE },
    {
      ...{ id: 'unassign', title: 'permission sets, groups and licences are taken away' },
      ...{ afterMs: unassignAfter, image: NOTHING_GIVEN },
    },
    {
      ...{ id: 'deactivate', title: 'deactivated, the licence is free' },
      ...{ afterMs: deactivateAfter, image: { active: 'no' } },
    },
  ];
}
