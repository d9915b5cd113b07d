import { isLoopbackHost } from '../../../platform/http/index.ts';
import { channelIds } from '../../bigcommerce/customer-fields.ts';
import { DELETE, LOCK_OUT, PASSWORD_RESET } from '../../bigcommerce/customer-rungs.ts';
import { BAD_ANSWER, failedWrite, NOT_PREPARED } from '../../bigcommerce/customers-answers.ts';
import { type AccountImage, type Authority, EVERYTHING, type Field } from '../../connector/account-image.ts';
import type {
  ActRequest,
  CallFailed,
  ListAnswer,
  OpenTarget,
  PrepareAnswer,
  ReadAccount,
  ReadAnswer,
  Refs,
  TargetDeps,
  TargetParty,
  UpdateRequest,
  WriteAnswer,
} from '../../connector/connector.ts';
import type { Rung } from '../../connector/ladder.ts';
import { members } from '../../planning/plan.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { changeAssignments } from './assignments.ts';
import { B2bApi } from './b2b-api.ts';
import { changeStanding } from './change-standing.ts';
import type { B2bStorefront, B2bTarget } from './config.ts';
import {
  covers,
  customerFieldsBody,
  customerImage,
  customersWithMail,
  deleteCustomer,
  findCustomers,
  markerOf,
  occupied,
  withLockOut,
} from './customer.ts';
import { type CustomersAnswer, CustomersApi, type CustomersRequest } from './customers-api.ts';
import { desiredAccount } from './desire.ts';
import { B2bFacts, type Known, knownFrom, NOTHING_KNOWN } from './facts.ts';
import { b2bLadder } from './ladder.ts';
import { listPeople } from './list-people.ts';
import { text } from './person-request.ts';
import { companyRef, namedCompanies, prepareB2b } from './prepare.ts';
import { type Customer, CustomerList } from './schema.ts';
import { readStanding, standingImage, standingRefs } from './standing.ts';

const detail = { kind: 'detail', call: 'customer', atCreation: true } as const;
const standing = { kind: 'exclusive', call: 'standing' } as const;
const FIELDS: Readonly<Record<string, Field>> = {
  channels: { ...detail, kind: 'set', title: 'channels' },
  mail: { ...detail, title: 'mail address', caseless: true },
  firstName: { ...detail, title: 'first name' },
  lastName: { ...detail, title: 'last name' },
  phone: { ...detail, title: 'phone' },
  superAdmin: { ...standing, title: 'super admin' },
  company: { ...standing, title: 'company' },
  role: { ...standing, title: 'role in the company' },
  companies: {
    ...{ kind: 'set', call: 'assignments', title: 'companies looked after' },
    ...{ members: 'given', splits: true },
  },
};

const LIFTED: Field = { kind: 'exclusive', call: 'customer', title: 'forced password reset' };

/** One store with B2B Edition, open for calls. Translates only; the engine decides. */
export function openB2b(settings: B2bTarget, deps: TargetDeps): OpenTarget {
  return new OpenB2b(settings, deps);
}

class OpenB2b implements OpenTarget {
  readonly fields: OpenTarget['fields'];
  readonly calls = ['customer', 'standing', 'assignments'] as const;
  readonly ladder: readonly Rung[];
  readonly #settings: B2bTarget;
  readonly #storefronts: readonly B2bStorefront[];
  readonly #deps: TargetDeps;
  readonly #customers: CustomersApi;
  readonly #b2b: B2bApi;
  #known: Known = NOTHING_KNOWN;

  constructor(settings: B2bTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.ladder = b2bLadder(settings);
    this.fields = settings.liftPasswordReset ? { ...FIELDS, [PASSWORD_RESET]: LIFTED } : FIELDS;
    // Parsed already by the schema of this very connector; the registry keeps it as unknown.
    this.#storefronts = deps.relyingParties as readonly (B2bStorefront & TargetParty)[];
    const { storeHash, apiUrl, b2bUrl, api, b2b = api } = settings;
    const tokensOf = (accounts: B2bTarget['api']) => accounts.map(({ accessToken }) => accessToken);
    this.#customers = new CustomersApi({ ...deps, storeHash, apiUrl, tokens: tokensOf(api) });
    this.#b2b = new B2bApi({ ...deps, storeHash, b2bUrl, tokens: tokensOf(b2b) });
  }

  authority(field: string): Authority {
    const { mail, name, phone } = this.#settings.authority;
    if (field === 'firstName' || field === 'lastName') return name;
    return field === 'mail' ? mail : field === 'phone' ? phone : 'directory';
  }

  managed(field: string): readonly string[] {
    if (field !== 'companies') return [];
    const roles = this.#storefronts.flatMap(({ access }) => access.roles);
    return roles
      .filter(({ superAdmin }) => superAdmin)
      .flatMap(namedCompanies)
      .map((company) => this.#known.companies.labelOfRef(companyRef(company)));
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    const answer = desiredAccount(this.#known, this.#storefronts, person, accesses);
    if (answer.outcome !== 'desired' || !this.#settings.liftPasswordReset) return answer;
    return { ...answer, image: { ...answer.image, [PASSWORD_RESET]: '' } };
  }

  /** Companies that take nobody count as missing: the person is told before anything is sent. */
  unresolved(image: AccountImage): readonly string[] {
    const { companies, roles } = this.#known;
    const { company, role } = image;
    const missing = members(image['companies']).flatMap((label) =>
      label === EVERYTHING ? 'the list of companies' : (companies.problemOf(label, false) ?? []),
    );
    if (typeof company === 'string' && company !== '') {
      missing.push(...[companies.problemOf(company, true) ?? []].flat());
    }
    if (typeof role === 'string' && role !== '' && !roles.bodyOf(role)) missing.push(`role ${role}`);
    return missing;
  }

  async findById(
    externalId: string,
    _desired: AccountImage,
    refs: Refs,
    budget: CallBudget,
  ): Promise<ReadAnswer> {
    const found = await findCustomers(this.#customers, { 'id:in': Number(externalId) }, budget);
    if ('outcome' in found) return found;
    const customers = found.filter(({ id }) => String(id) === externalId);
    // Only other people's records: the filter was passed over, which does not mean that the account is gone.
    if (found.length > 0 && customers.length === 0) return BAD_ANSWER;
    return this.#readAll(customers, refs, budget);
  }

  /**
   * Customers who could be used on the wanted channels, and those elsewhere whom B2B Edition knows: there a mail
   * address belongs to one person in the whole store.
   */
  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = String(desired['mail'] ?? '');
    const found = await customersWithMail(this.#customers, mail, budget);
    if ('outcome' in found) return found;
    const wanted: readonly number[] = channelIds(desired['channels'] ?? []);
    const read = await this.#readAll(found, {}, budget);
    if (read.outcome !== 'read') return read;
    const accounts = read.accounts.filter(({ image }, index) => {
      const customer = found[index];
      const isKnownThere = image['superAdmin'] === 'yes' || image['company'] !== '';
      return isKnownThere || (customer !== undefined && covers(customer, wanted));
    });
    return { outcome: 'read', accounts };
  }

  async create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer> {
    const attributeId = this.#known.markerAttribute;
    if (attributeId === undefined) return NOT_PREPARED;
    const item = {
      ...customerFieldsBody(desired),
      origin_channel_id: channelIds(desired['channels'] ?? [])[0],
      attributes: [{ attribute_id: attributeId, attribute_value: marker }],
      // The person signs in through us; a welcome mail would invite them to set a password.
      trigger_account_created_notification: false,
    };
    const answer = await this.#write({ verb: 'POST', path: '/v3/customers', item }, {}, budget);
    if (answer.outcome !== 'written') return answer;
    const isOther = text(answer.account.image['mail']).toLowerCase() !== text(desired['mail']).toLowerCase();
    // Another customer than the one that was sent: whoever looks again goes by the marker.
    if (isOther) return { ...BAD_ANSWER, maybeApplied: true };
    // Nobody yet in B2B Edition, which takes customers as they are by a request of its own.
    const image = { ...answer.account.image, ...standingImage({ kind: 'none' }, this.#known) };
    return { outcome: 'written', account: { ...answer.account, image } };
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const needs = { customers: this.#customers, b2b: this.#b2b, known: this.#known };
    switch (request.call) {
      case 'customer':
        return this.#updateCustomer(request, budget);
      case 'standing':
        return changeStanding(needs, request, budget);
      case 'assignments':
        return changeAssignments(needs, request, budget);
      default:
        throw new TypeError(`B2B Edition has no call ${request.call}`);
    }
  }

  async act({ externalId, act, refs }: ActRequest, budget: CallBudget): Promise<WriteAnswer> {
    const id = Number(externalId);
    if (act === LOCK_OUT) {
      const item = { id, ...withLockOut({}, true) };
      return this.#write({ verb: 'PUT', path: '/v3/customers', item }, refs, budget);
    }
    if (act !== DELETE) throw new TypeError(`B2B Edition has no act ${act}`);
    return deleteCustomer(this.#customers, id, budget);
  }

  list(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer> {
    return listPeople(this.#b2b, this.#known, cursor, budget);
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const { clock } = this.#deps;
    const needs = {
      ...{ customers: this.#customers, b2b: this.#b2b, clock },
      storefronts: this.#storefronts,
    };
    const answer = await prepareB2b(needs, budget);
    if (answer.outcome === 'prepared') this.#known = knownFrom(answer.facts);
    return answer;
  }

  restore(facts: unknown): void {
    const parsed = B2bFacts.safeParse(facts);
    if (parsed.success) this.#known = knownFrom(parsed.data);
  }

  entryUrl(relyingParty: string): URL | undefined {
    const storefront = this.#storefronts.find(({ id }) => id === relyingParty);
    if (!storefront) return undefined;
    const { storefrontUrl, channelId } = storefront.access;
    const told = this.#known.sites[String(channelId)];
    return storefrontUrl ?? (told === undefined ? undefined : safeUrl(told));
  }

  async #readAll(customers: readonly Customer[], refs: Refs, budget: CallBudget): Promise<ReadAnswer> {
    const accounts: ReadAccount[] = [];
    for (const customer of customers) {
      const account = await this.#read(customer, refs, budget);
      if ('outcome' in account) return account;
      accounts.push(account);
    }
    return { outcome: 'read', accounts };
  }

  async #read(customer: Customer, refs: Refs, budget: CallBudget): Promise<ReadAccount | CallFailed> {
    const who = { customerId: customer.id, mail: customer.email, refs };
    const found = await readStanding(this.#b2b, who, budget);
    if ('outcome' in found) return found;
    const account = this.#accountOf(customer, standingRefs(found));
    return { ...account, image: { ...account.image, ...standingImage(found, this.#known) } };
  }

  /** The customer's own part of an account. */
  #accountOf(customer: Customer, refs: Refs): ReadAccount {
    const marker = markerOf(customer, this.#known);
    const image = customerImage(customer);
    return { externalId: String(customer.id), image, refs, ...(marker !== undefined && { marker }) };
  }

  async #updateCustomer(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const { changes, externalId, refs, takeOver } = request;
    const fields = customerFieldsBody(changes);
    const isForced = !this.#settings.liftPasswordReset;
    const item = { id: Number(externalId), ...(takeOver ? withLockOut(fields, isForced) : fields) };
    const answer = await this.#write({ verb: 'PUT', path: '/v3/customers', item }, refs, budget);
    const isOccupied = answer.outcome === 'duplicate' && changes['channels'] !== undefined;
    return isOccupied ? { outcome: 'blocked', reasons: [occupied(changes)] } : answer;
  }

  async #write(
    request: Extract<CustomersRequest, { verb: 'POST' | 'PUT' }>,
    refs: Refs,
    budget: CallBudget,
  ): Promise<WriteAnswer> {
    const answer: CustomersAnswer<{ data: Customer[] }> = await this.#customers.send(
      request,
      CustomerList,
      budget,
    );
    if (answer.outcome !== 'ok') return failedWrite(answer);
    const [customer] = answer.body.data;
    if (!customer) return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true };
    return { outcome: 'written', account: this.#accountOf(customer, refs) };
  }
}

/** A login token must not travel in clear: what the store tells counts with https, or on this machine (R2.7). */
function safeUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const local = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  return url.protocol === 'https:' || local ? url : undefined;
}
