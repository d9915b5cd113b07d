import type { z } from 'zod';
import { isLoopbackHost } from '../../../platform/http/index.ts';
import type { AccountImage, Authority } from '../../account-image.ts';
import { isEmpty, sameValue } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type {
  CallFailed,
  OpenTarget,
  PrepareAnswer,
  ReadAccount,
  ReadAnswer,
  Refs,
  TargetDeps,
  TargetParty,
  UpdateRequest,
  WriteAnswer,
} from '../../connector.ts';
import type { StoreAddress } from './address.ts';
import { MARKER_ATTRIBUTE, type Storefront, type StorefrontTarget } from './config.ts';
import { addressBody, channelIds, customerFieldsBody, lockedOut } from './customer-body.ts';
import {
  addressOf,
  attributeField,
  attributesOf,
  customerFields,
  desiredCustomer,
  imageOf,
  mappedAttributes,
  markerOf,
} from './customer-image.ts';
import { NO_FACTS, prepareStore, StoreFacts } from './facts.ts';
import {
  AddressList,
  AttributeValueList,
  type Customer,
  type CustomerAddress,
  CustomerList,
} from './schema.ts';
import { type StoreAnswer, StoreApi, type StoreRequest } from './store-api.ts';

/** One BigCommerce store, open for calls. Translates only; the engine decides. */
export function openStore(settings: StorefrontTarget, deps: TargetDeps): OpenTarget {
  return new OpenStore(settings, deps);
}

class OpenStore implements OpenTarget {
  readonly fields: OpenTarget['fields'];
  readonly calls = ['customer', 'attributes', 'address'] as const;
  readonly ladder = [];
  readonly #settings: StorefrontTarget;
  readonly #storefronts: readonly Storefront[];
  readonly #deps: TargetDeps;
  readonly #api: StoreApi;
  #facts: StoreFacts = NO_FACTS;

  constructor(settings: StorefrontTarget, deps: TargetDeps) {
    this.#settings = settings;
    this.#deps = deps;
    // Parsed already by the schema of this very connector; the registry keeps it as unknown.
    this.#storefronts = deps.relyingParties as readonly (Storefront & TargetParty)[];
    this.fields = customerFields(settings);
    const { id, http, clock, log } = deps;
    const tokens = settings.api.map(({ accessToken }) => accessToken);
    const { storeHash, apiUrl } = settings;
    this.#api = new StoreApi({ id, http, clock, log, tokens, storeHash, apiUrl });
  }

  authority(field: string): Authority {
    const name = field === 'firstName' || field === 'lastName' ? 'name' : field;
    return this.#settings.authority[name] ?? 'directory';
  }

  desire(...[person, accesses]: Parameters<OpenTarget['desire']>): ReturnType<OpenTarget['desire']> {
    return desiredCustomer(this.#settings, this.#storefronts, person, accesses);
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
    return {
      outcome: 'read',
      accounts: customers.map((customer) => this.#readAccount(customer, desired, refs)),
    };
  }

  async findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer> {
    const mail = String(desired['mail'] ?? '');
    const answer = await this.#findCustomers({ 'email:in': mail }, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    const wanted: readonly number[] = channelIds(desired['channels'] ?? []);
    // Mail is unique per channel only: customers of other channels are other people's business.
    const candidates = answer.body.data.filter(
      ({ email, channel_ids }) =>
        email.toLowerCase() === mail.toLowerCase() &&
        (!channel_ids || channel_ids.some((channel) => wanted.includes(channel))),
    );
    return {
      outcome: 'read',
      accounts: candidates.map((customer) => this.#readAccount(customer, desired, {})),
    };
  }

  async create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer> {
    const attributeId = this.#facts.attributes[MARKER_ATTRIBUTE];
    if (attributeId === undefined) return NOT_PREPARED;
    const item = {
      ...customerFieldsBody(desired, this.#facts),
      origin_channel_id: channelIds(desired['channels'] ?? [])[0],
      attributes: [{ attribute_id: attributeId, attribute_value: marker }],
      // The person signs in through us; a welcome mail would invite them to set a password.
      trigger_account_created_notification: false,
    };
    const answer = await this.#send(
      { verb: 'POST', path: '/v3/customers', items: [item] },
      CustomerList,
      budget,
    );
    return this.#writtenCustomer(answer, desired, {});
  }

  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    switch (request.call) {
      case 'customer':
        return this.#updateCustomer(request, budget);
      case 'attributes':
        return this.#updateAttributes(request, budget);
      case 'address':
        return this.#updateAddress(request, budget);
      default:
        throw new TypeError(`a store has no call ${request.call}`);
    }
  }

  async prepare(budget: CallBudget): Promise<PrepareAnswer> {
    const { clock } = this.#deps;
    const needs = { api: this.#api, clock, settings: this.#settings, storefronts: this.#storefronts };
    const answer = await prepareStore(needs, budget);
    if (answer.outcome === 'prepared') this.#facts = answer.facts;
    return answer;
  }

  restore(facts: unknown): void {
    const parsed = StoreFacts.safeParse(facts);
    if (parsed.success) this.#facts = parsed.data;
  }

  entryUrl(relyingParty: string): URL | undefined {
    const storefront = this.#storefronts.find(({ id }) => id === relyingParty);
    if (!storefront) return undefined;
    const { storefrontUrl, channelId } = storefront.access;
    const told = this.#facts.sites[String(channelId)];
    return storefrontUrl ?? (told === undefined ? undefined : safeUrl(told));
  }

  #findCustomers(
    filter: { readonly 'id:in': number } | { readonly 'email:in': string },
    budget: CallBudget,
  ): Promise<StoreAnswer<z.infer<typeof CustomerList>>> {
    const query = { ...filter, include: 'addresses,attributes', limit: 50 } as const;
    return this.#send({ verb: 'GET', path: '/v3/customers', query }, CustomerList, budget);
  }

  #send<T>(request: StoreRequest, schema: z.ZodType<T>, budget: CallBudget): Promise<StoreAnswer<T>> {
    return this.#api.send(request, schema, budget);
  }

  async #updateCustomer(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const { changes, desired, refs, externalId, takeOver } = request;
    const item = {
      id: Number(externalId),
      ...customerFieldsBody(changes, this.#facts),
      ...(takeOver && { authentication: lockedOut() }),
    };
    const answer = await this.#send(
      { verb: 'PUT', path: '/v3/customers', items: [item] },
      CustomerList,
      budget,
    );
    return this.#writtenCustomer(answer, desired, refs);
  }

  async #updateAttributes(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const customerId = Number(request.externalId);
    const names = mappedAttributes(this.#settings).filter((name) => attributeField(name) in request.changes);
    const known = names.filter((name) => this.#facts.attributes[name] !== undefined);
    if (known.length < names.length) return NOT_PREPARED;
    const items = known.map((name) => ({
      attribute_id: this.#facts.attributes[name],
      customer_id: customerId,
      value: String(request.changes[attributeField(name)]),
    }));
    const path = '/v3/customers/attribute-values';
    const answer = await this.#send({ verb: 'PUT', path, items }, AttributeValueList, budget);
    if (answer.outcome !== 'ok') return failedWrite(answer);
    const image = attributesOf(answer.body.data, this.#facts);
    return { outcome: 'written', account: { externalId: request.externalId, image, refs: {} } };
  }

  async #updateAddress(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer> {
    const { externalId, changes, desired, refs } = request;
    const own = Number(refs['address']);
    // The engine sends only what `desire` built.
    const body = addressBody(changes['address'] as StoreAddress, desired);
    const path = '/v3/customers/addresses';
    const answer = Number.isSafeInteger(own)
      ? await this.#send({ verb: 'PUT', path, items: [{ id: own, ...body }] }, AddressList, budget)
      : await this.#send(
          { verb: 'POST', path, items: [{ customer_id: Number(externalId), ...body }] },
          AddressList,
          budget,
        );
    if (answer.outcome !== 'ok') return failedWrite(answer);
    // An address equal to one that exists is not repeated and missing in the answer: it is there.
    const [written] = answer.body.data;
    if (!written) return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
    const image = { address: { ...addressOf(written) } };
    return { outcome: 'written', account: { externalId, image, refs: { address: String(written.id) } } };
  }

  #writtenCustomer(
    answer: StoreAnswer<z.infer<typeof CustomerList>>,
    desired: AccountImage,
    refs: Refs,
  ): WriteAnswer {
    if (answer.outcome !== 'ok') return failedWrite(answer);
    const [customer] = answer.body.data;
    if (!customer) return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true };
    return { outcome: 'written', account: this.#readAccount(customer, desired, refs) };
  }

  #readAccount(customer: Customer, desired: AccountImage, refs: Refs): ReadAccount {
    const address = this.#ownAddress(customer.addresses ?? [], desired, refs);
    const marker = markerOf(customer, this.#facts);
    return {
      externalId: String(customer.id),
      image: imageOf(customer, this.#facts, address),
      refs: address ? { ...refs, address: String(address.id) } : customer.addresses ? without(refs) : refs,
      ...(marker !== undefined && { marker }),
    };
  }

  /** The address that we wrote, or one that already says the same; people keep others beside it. */
  #ownAddress(
    addresses: readonly CustomerAddress[],
    desired: AccountImage,
    refs: Refs,
  ): CustomerAddress | undefined {
    const own = addresses.find(({ id }) => String(id) === refs['address']);
    const field = this.fields['address'];
    const wanted = desired['address'];
    if (own || !field || isEmpty(wanted)) return own;
    return addresses.find((address) => sameValue(field, { ...addressOf(address) }, wanted));
  }
}

/** A login token must not travel in clear: what the store tells counts with https, or on this machine (R2.7). */
function safeUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const local = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  return url.protocol === 'https:' || local ? url : undefined;
}

const NOT_PREPARED: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.not_prepared',
  maybeApplied: false,
};

/** Our address was deleted in the store: forget its id. */
function without(refs: Refs): Refs {
  const { address: _gone, ...others } = refs;
  return others;
}

function failedRead(answer: Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>): CallFailed {
  if (answer.outcome === 'unavailable') return answer;
  return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false };
}

/** BigCommerce answers an unknown customer with 422 and the path `0.id`. */
function failedWrite(answer: Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>): WriteAnswer {
  switch (answer.outcome) {
    case 'unavailable':
      return answer;
    case 'missing':
      return { outcome: 'gone' };
    case 'invalid':
      if (answer.duplicate) return { outcome: 'duplicate' };
      if (answer.paths.includes('0.id')) return { outcome: 'gone' };
      return { outcome: 'invalid', detail: `status ${answer.status}: ${answer.paths.join(', ')}` };
  }
}
