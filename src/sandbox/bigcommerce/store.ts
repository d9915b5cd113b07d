import { addMs, type Clock } from '../../base/index.ts';
import type { Outbound } from '../frame/outbound.ts';
import { type B2bState, createB2bState } from './b2b/state.ts';
import type {
  Address,
  ApiAccount,
  AttributeDefinition,
  AttributeValue,
  Channel,
  Customer,
  CustomerToken,
  FormerOrders,
  FormField,
  Group,
  LoginAttempt,
  Metafield,
  RecordedCall,
  ShopperSession,
} from './model.ts';
import type { StoreSeed } from './seeds.ts';
import {
  createStoreSwitches,
  type GlobalSwitches,
  type StorePositions,
  type StoreSwitches,
} from './switches.ts';
import type { Delivery, Hook } from './webhooks/hook.ts';

/** Everything that one store knows. Handlers change it in place; a reset makes a new one. */
export type Store = B2bState & {
  readonly seed: StoreSeed;
  readonly id: string;
  readonly hash: string;
  readonly switches: StoreSwitches;
  readonly accounts: ApiAccount[];
  readonly channels: Channel[];
  readonly groups: Map<number, Group>;
  readonly customers: Map<number, Customer>;
  readonly addresses: Map<number, Address>;
  readonly attributes: Map<number, AttributeDefinition>;
  readonly attributeValues: Map<number, AttributeValue>;
  readonly metafields: Map<number, Metafield>;
  /** Of customers who were deleted, by their id. */
  readonly formerOrders: Map<number, FormerOrders>;
  readonly formFields: FormField[];
  readonly consents: Map<number, { allow: readonly string[]; deny: readonly string[] }>;
  settings: { privacy_settings: Record<string, unknown>; customer_group_settings: Record<string, unknown> };
  readonly hooks: Map<number, Hook>;
  readonly deliveries: Delivery[];
  /** How webhooks leave. */
  readonly outbound: Outbound;
  readonly sessions: Map<string, ShopperSession>;
  /** Customer access tokens of the GraphQL Storefront API, by their value. */
  readonly customerTokens: Map<string, CustomerToken>;
  readonly revokedStorefrontTokens: Set<string>;
  readonly usedTokenIds: Set<string>;
  readonly logins: LoginAttempt[];
  readonly calls: RecordedCall[];
  /** Rate-limit window: its end in milliseconds, and what is used of it. */
  window: { endsAt: number; used: number; validations: number };
  /** Calls that are not answered yet, by method and route. */
  readonly inFlight: Map<string, number>;
  /** The present instant as this store sees it. */
  now(): Date;
  turned(): StorePositions;
  /** A fresh id; ids are never used again. */
  nextId(): number;
  /** Ids up to this one were used by an earlier process. */
  keepIdsAbove(id: number): void;
};

const LOG_LENGTH = 1_000;

function formField(
  of: FormField['of'],
  name: string,
  type: FormField['type'],
  options: readonly string[] = [],
): FormField {
  return { name, of, type, required: false, options };
}

/** Fields that a merchant added to the forms of the shop. */
const FORM_FIELDS: readonly FormField[] = [
  formField('customer', 'Employee number', 'text'),
  formField('customer', 'Cost centre', 'picklist', ['4711', '4712', '4713']),
  formField('customer', 'Hours a week', 'numbers'),
  formField('customer', 'Member since', 'date'),
  formField('customer', 'Interests', 'checkboxes', ['Kitchen', 'Textiles', 'Workshop']),
  formField('customer', 'Contact by', 'radiobuttons', ['Mail', 'Telephone']),
  formField('address', 'Delivery note', 'multiline'),
];

export function createStore(
  seed: StoreSeed,
  needs: { readonly clock: Clock; readonly switches: GlobalSwitches; readonly outbound: Outbound },
): Store {
  const { clock, outbound } = needs;
  const switches = createStoreSwitches(needs.switches);
  const now = (): Date => addMs(clock.now(), switches.positions().clockOffsetMs);
  const began = new Date('2024-05-14T09:34:00Z');
  let lastId = 1000;
  return {
    seed,
    id: seed.id,
    hash: seed.hash,
    switches,
    accounts: seed.accounts.map((account) => ({ ...account, revoked: false })),
    channels: seed.channels.map((channel) => ({
      ...channel,
      wwwHost: channel.wwwHost ?? null,
      privacy_settings: null,
      customer_group_settings: null,
      date_created: began,
    })),
    groups: new Map(seed.groups.map((group) => [group.id, seededGroup(group, began)])),
    customers: new Map(seed.customers.map((customer) => [customer.id, seededCustomer(customer, began)])),
    addresses: new Map(),
    attributes: new Map(),
    attributeValues: new Map(),
    metafields: new Map(),
    formerOrders: new Map(),
    formFields: [...FORM_FIELDS],
    consents: new Map(),
    settings: {
      privacy_settings: { ask_shopper_for_tracking_consent: false, policy_url: '' },
      customer_group_settings: { guest_customer_group_id: 0, default_customer_group_id: 1 },
    },
    hooks: new Map(),
    deliveries: [],
    outbound,
    sessions: new Map(),
    customerTokens: new Map(),
    revokedStorefrontTokens: new Set(),
    usedTokenIds: new Set(),
    logins: [],
    calls: [],
    window: { endsAt: 0, used: 0, validations: 0 },
    inFlight: new Map(),
    ...createB2bState(seed.b2b, began),
    now,
    turned: () => switches.positions(),
    nextId: () => {
      lastId += 1;
      return lastId;
    },
    keepIdsAbove: (id) => {
      lastId = Math.max(lastId, id);
    },
  };
}

/** Appends to a log of bounded length. */
export function remember<T>(log: T[], entry: T): void {
  log.push(entry);
  if (log.length > LOG_LENGTH) log.shift();
}

export function channelById(store: Store, id: number): Channel | undefined {
  return store.channels.find((channel) => channel.id === id);
}

function seededGroup(seed: StoreSeed['groups'][number], began: Date): Group {
  return {
    id: seed.id,
    name: seed.name,
    is_default: seed.isDefault,
    is_group_for_guests: false,
    category_access: { type: 'all' },
    discount_rules:
      seed.percent === 0 ? [] : [{ type: 'all', method: 'percent', amount: `${seed.percent.toFixed(4)}` }],
    date_created: began,
    date_modified: began,
  };
}

function seededCustomer(seed: StoreSeed['customers'][number], began: Date): Customer {
  return {
    id: seed.id,
    email: seed.email,
    first_name: seed.firstName,
    last_name: seed.lastName,
    company: '',
    phone: '',
    notes: '',
    tax_exempt_category: '',
    customer_group_id: seed.groupId,
    accepts_product_review_abandoned_cart_emails: false,
    store_credit: 0,
    origin_channel_id: seed.originChannelId,
    channel_ids: seed.channelIds,
    // A shopper signed up in the store; accounts made over the API have no address here.
    registration_ip_address: '203.0.113.7',
    form_fields: [],
    force_password_reset: false,
    password: seed.password,
    orders: seed.orders,
    date_created: began,
    date_modified: began,
  };
}
