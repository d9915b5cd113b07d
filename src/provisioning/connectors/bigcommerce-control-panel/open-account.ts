import type { AccountImage, Authority, Field } from '../../connector/account-image.ts';
import type {
  ActRequest,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAnswer,
  Refs,
  TargetDeps,
  UpdateRequest,
  WriteAnswer,
} from '../../connector/connector.ts';
import type { Rung } from '../../connector/ladder.ts';
import { members } from '../../planning/plan.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { AccountApi } from './account-api.ts';
import { AccountReader } from './account-reader.ts';
import { changeStores } from './change-stores.ts';
import type { ControlPanelTarget } from './config.ts';
import { createUser } from './create-user.ts';
import { desiredUser } from './desire.ts';
import { LEAVE_ACCOUNT, leaveAccount } from './leave-account.ts';
import {
  accountOf,
  findUser,
  listedAccount,
  type MembershipRules,
  STORES_CALL,
  untouchableOf,
  userFields,
  withMail,
} from './membership.ts';
import { AccountFacts, problemsOf } from './prepare.ts';
import { WholeAccount } from './read-account.ts';
import { type Panel, panelsOf, storesOf } from './roles.ts';

export function openAccount(settings: ControlPanelTarget, deps: TargetDeps): OpenTarget {
  return new ControlPanels(settings, deps);
}

class ControlPanels implements OpenTarget {
  readonly fields: Readonly<Record<string, Field>>;
  readonly calls = [STORES_CALL];
  readonly ladder: readonly Rung[];
  /** Users have no field that could carry a mark of ours. */
  readonly keepsNoMarker = true;
  readonly #settings: ControlPanelTarget;
  readonly #panels: readonly Panel[];
  readonly #rules: MembershipRules;
  readonly #api: AccountApi;
  readonly #whole: WholeAccount;
  readonly #reader: AccountReader;
  #facts: AccountFacts = { stores: {} };

  constructor(settings: ControlPanelTarget, deps: TargetDeps) {
    const { id, http, clock, log } = deps;
    const { accountUuid, apiUrl, api, pageSize } = settings;
    this.#settings = settings;
    this.#panels = panelsOf(deps.relyingParties);
    const named = storesOf(this.#panels);
    const untouchable = new Set(settings.untouchable.map((mail) => mail.toLowerCase()));
    this.#rules = { named, untouchable };
    this.fields = userFields(named);
    this.ladder = ladderOf(settings);
    const tokens = api.map(({ accessToken }) => accessToken);
    this.#api = new AccountApi({ id, accountUuid, apiUrl, tokens, http, clock, log });
    this.#whole = new WholeAccount(this.#api, pageSize);
    this.#reader = new AccountReader(this.#whole);
  }

  authority(): Authority {
    return 'directory';
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    return desiredUser(this.#settings, this.#panels, person, accesses);
  }

  unresolved(image: AccountImage): readonly string[] {
    const unknown = members(image['stores']).filter((hash) => this.#facts.stores[hash] === undefined);
    return unknown.map((hash) => `store ${hash}`);
  }

  async findById(
    externalId: string,
    _desired: AccountImage,
    refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const answer = await this.#reader.read(budget);
    if (answer.outcome === 'unavailable') return answer;
    const user = findUser(answer.snapshot, externalId);
    return { outcome: 'read', accounts: user ? [accountOf(this.#rules, user, refs)] : [] };
  }

  /** Owners and whoever is listed are nobody's to take over. */
  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = String(desired['mail'] ?? '');
    if (mail === '') return { outcome: 'read', accounts: [] };
    const answer = await this.#reader.read(budget);
    if (answer.outcome === 'unavailable') return answer;
    const user = withMail(answer.snapshot, mail);
    const isCandidate = user && untouchableOf(this.#rules, user) === undefined;
    return { outcome: 'read', accounts: isCandidate ? [accountOf(this.#rules, user, {})] : [] };
  }

  create(desired: AccountImage, _marker: string, budget: CallBudget): Promise<WriteAnswer> {
    return createUser({ ...this.#needs(budget), pageSize: this.#whole.pageSize }, desired);
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    return changeStores(this.#needs(budget), request);
  }

  act(request: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    return leaveAccount(this.#needs(budget), this.#settings, request);
  }

  /** The whole account is one page, because one request shows it. */
  async list(_cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    const answer = await this.#reader.read(budget);
    if (answer.outcome === 'unavailable') return answer;
    const accounts = answer.snapshot.users.map((user) => listedAccount(this.#rules, user));
    return { outcome: 'listed', accounts, total: accounts.length };
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const answer = await this.#reader.read(budget);
    if (answer.outcome === 'unavailable') return answer;
    this.#facts = { stores: answer.snapshot.stores };
    const problems = problemsOf(this.#settings, this.#panels, answer.snapshot);
    return { outcome: 'prepared', facts: this.#facts, problems };
  }

  restore(facts: unknown): void {
    const parsed = AccountFacts.safeParse(facts);
    if (parsed.success) this.#facts = parsed.data;
  }

  /** The relying party's own settings know where the control panel opens. */
  entryUrl(): undefined {
    return undefined;
  }

  #needs(budget: CallBudget) {
    return { api: this.#api, reader: this.#reader, rules: this.#rules, budget };
  }
}

/** Out of the stores at once, out of the account later, so that returning people keep their sign-in (R5.5). */
function ladderOf({ ladder }: ControlPanelTarget): readonly Rung[] {
  return [
    {
      ...{ id: 'leave-stores', title: 'in none of the stores: nothing can be opened', afterMs: 0 },
      image: { stores: [] },
    },
    {
      ...{ id: 'leave-account', title: 'not a user of the account any more', act: LEAVE_ACCOUNT },
      ...{ afterMs: ladder.leaveAccount, removes: true },
    },
  ];
}
