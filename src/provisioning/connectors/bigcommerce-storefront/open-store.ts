import type { z } from 'zod';
import type { Problem } from '../../../base/index.ts';
import { channelIds } from '../../bigcommerce/customer-fields.ts';
import { BAD_ANSWER, failedRead } from '../../bigcommerce/customers-answers.ts';
import type { AccountImage, Authority } from '../../connector/account-image.ts';
import type {
  ActRequest,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAnswer,
  Refs,
  TargetDeps,
  TargetParty,
  UpdateRequest,
  WriteAnswer,
} from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import { customerFields, desiredCustomer } from './customer-image.ts';
import { readCustomer } from './customer-reader.ts';
import { actOnCustomer, createCustomer, updateCustomer, type Writing } from './customer-writes.ts';
import { NO_FACTS, StoreFacts } from './facts.ts';
import { storeLadder } from './ladder.ts';
import { listCustomers } from './list-customers.ts';
import { checkStore } from './live-check.ts';
import { originOf } from './origins.ts';
import { prepareStore } from './prepare.ts';
import { type Customer, CustomerList } from './schema.ts';
import { type StoreAnswer, StoreApi } from './store-api.ts';
import { storeWebhooks } from './webhooks.ts';

/** One BigCommerce store, open for calls. Translates only; the engine decides. */
export function openStore(settings: StorefrontTarget, deps: TargetDeps): OpenTarget {
  return new OpenStore(settings, deps);
}

class OpenStore implements OpenTarget {
  readonly fields: OpenTarget['fields'];
  readonly calls = ['customer', 'formFields', 'attributes', 'address'] as const;
  readonly ladder: OpenTarget['ladder'];
  readonly webhooks: NonNullable<OpenTarget['webhooks']>;
  readonly #settings: StorefrontTarget;
  readonly #storefronts: readonly Storefront[];
  readonly #deps: TargetDeps;
  readonly #api: StoreApi;
  #facts: StoreFacts = NO_FACTS;
  #clockOffsetMs = 0;

  constructor(settings: StorefrontTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    // Parsed already by the schema of this very connector; the registry keeps it as unknown.
    this.#storefronts = deps.relyingParties as readonly (Storefront & TargetParty)[];
    this.fields = customerFields(settings);
    this.ladder = storeLadder(settings);
    const { id, http, clock, log } = deps;
    const tokens = settings.api.map(({ accessToken }) => accessToken);
    const { storeHash, apiUrl } = settings;
    this.#api = new StoreApi({ id, http, clock, log, tokens, storeHash, apiUrl });
    this.webhooks = storeWebhooks(settings, deps, this.#api);
  }

  authority(field: string): Authority {
    const name = field === 'firstName' || field === 'lastName' ? 'name' : field;
    return this.#settings.authority[name] ?? 'directory';
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    return desiredCustomer(this.#store, person, accesses);
  }

  unresolved(image: AccountImage): readonly string[] {
    const { group } = image;
    if (typeof group !== 'string' || group === '') return [];
    return this.#facts.groups[group] === undefined ? [`customer group ${group}`] : [];
  }

  async findById(
    externalId: string,
    desired: AccountImage,
    refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const answer = await this.#findCustomers({ 'id:in': Number(externalId) }, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    const customers = answer.body.data.filter(({ id }) => String(id) === externalId);
    // Only other people's records: the filter was passed over, which does not mean that the account is gone.
    if (answer.body.data.length > customers.length && customers.length === 0) return BAD_ANSWER;
    const accounts = customers.map((customer) => readCustomer(this.#store, customer, desired, refs));
    return { outcome: 'read', accounts };
  }

  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = String(desired['mail'] ?? '');
    const answer = await this.#findCustomers({ 'email:in': mail }, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    const wanted = channelIds(desired['channels'] ?? []);
    // Mail is unique per channel only: customers of other channels are other people's business.
    const candidates = answer.body.data.filter(
      (customer) => customer.email.toLowerCase() === mail.toLowerCase() && this.#coversAny(customer, wanted),
    );
    const accounts = candidates.map((customer) => readCustomer(this.#store, customer, desired, {}));
    return { outcome: 'read', accounts };
  }

  create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer> {
    return createCustomer(this.#store, desired, marker, budget);
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    return updateCustomer(this.#store, request, budget);
  }

  act(request: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    return actOnCustomer(this.#store, request, budget);
  }

  list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    return listCustomers(this.#store, cursor, budget);
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const { id, http, clock, log } = this.#deps;
    const { api, settings, storefronts } = this.#store;
    const answer = await prepareStore({ id, http, clock, log, api, settings, storefronts }, budget);
    if (answer.outcome === 'prepared') {
      this.#facts = answer.facts;
      this.#clockOffsetMs = answer.clock?.offsetMs ?? this.#clockOffsetMs;
    }
    return answer;
  }

  check(budget: CallBudget): Promise<readonly Problem[]> {
    return checkStore({ ...this.#store, deps: this.#deps, offsetMs: this.#clockOffsetMs }, budget);
  }

  restore(facts: unknown): void {
    const parsed = StoreFacts.safeParse(facts);
    if (parsed.success) this.#facts = parsed.data;
  }

  entryUrl(relyingParty: string): URL | undefined {
    const storefront = this.#storefronts.find(({ id }) => id === relyingParty);
    return storefront && originOf(storefront, this.#facts.sites);
  }

  get #store(): Writing {
    return {
      ...{ settings: this.#settings, storefronts: this.#storefronts, api: this.#api },
      ...{ facts: this.#facts, fields: this.fields },
    };
  }

  /** Customers without a list of channels are on those that allow global logins. */
  #coversAny({ channel_ids: own }: Customer, wanted: readonly number[]): boolean {
    const { globalLogins } = this.#facts;
    return wanted.some((channel) => (own ? own.includes(channel) : globalLogins[String(channel)] !== false));
  }

  #findCustomers(
    filter: { readonly 'id:in': number } | { readonly 'email:in': string },
    budget: CallBudget,
  ): Promise<StoreAnswer<z.infer<typeof CustomerList>>> {
    const hasForm = Object.keys(this.#settings.formFields).length > 0;
    const include = hasForm ? 'addresses,attributes,formfields' : 'addresses,attributes';
    const query = { ...filter, include, limit: 50 } as const;
    return this.#api.send({ verb: 'GET', path: '/v3/customers', query }, CustomerList, budget);
  }
}
