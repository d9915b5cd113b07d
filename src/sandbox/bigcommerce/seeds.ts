import { B2B_SCOPE, type B2bSeed, EMEA_BUSINESS, NA_BUSINESS } from './b2b/seeds.ts';
import { bigCommerceCredentials, type StoreCredentials } from './credentials.ts';
import type { ApiAccount, Channel, ChannelKind } from './model.ts';

/** How one store begins. */
export type StoreSeed = {
  /** `store-emea`: names it in the control API, picks its colours. */
  readonly id: string;
  readonly hash: string;
  /** The number that webhooks name the store by. */
  readonly storeId: number;
  readonly name: string;
  readonly currency: string;
  /** BCP 47; prices and dates on the pages. */
  readonly locale: string;
  readonly countryCode: string;
  readonly country: string;
  readonly timezone: string;
  readonly accounts: readonly Omit<ApiAccount, 'revoked'>[];
  readonly channels: readonly ChannelSeed[];
  readonly groups: readonly GroupSeed[];
  readonly customers: readonly CustomerSeed[];
  /** B2B Edition; a store without it refuses its API. */
  readonly b2b?: B2bSeed;
};

export type ChannelSeed = Pick<Channel, 'id' | 'name' | 'status' | 'host' | 'allow_global_logins'> & {
  readonly kind: ChannelKind;
  /** The same host with `www`, where the merchant has one. */
  readonly wwwHost?: string;
};
export type GroupSeed = {
  readonly id: number;
  readonly name: string;
  readonly isDefault: boolean;
  readonly percent: number;
};
export type CustomerSeed = {
  readonly id: number;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly groupId: number;
  readonly channelIds: readonly number[] | null;
  readonly originChannelId: number;
  readonly orders: number;
  readonly password: string;
};

const READ_SCOPES = [
  'store_v2_customers_read_only',
  'store_channel_settings_read_only',
  'store_sites_read_only',
  'store_v2_information_read_only',
  'store_v2_orders_read_only',
];

function accountsOf(credentials: StoreCredentials): StoreSeed['accounts'] {
  const base = { level: 'store' as const };
  const noToken = (name: string) => ({ accessToken: `unused-token-of-${credentials.storeHash}-${name}` });
  const login = ['store_v2_customers_login'];
  return [
    { ...base, name: 'login', ...credentials.login, ...noToken('login'), scopes: login },
    { ...base, name: 'previousLogin', ...credentials.previousLogin, ...noToken('previous'), scopes: login },
    {
      ...base,
      name: 'api',
      ...credentials.api,
      scopes: ['store_v2_customers', 'store_metafield_write', 'store_storefront_api', ...READ_SCOPES],
    },
    { ...base, name: 'readOnlyApi', ...credentials.readOnlyApi, scopes: READ_SCOPES },
    { ...base, name: 'b2b', ...credentials.b2b, scopes: [B2B_SCOPE] },
    { name: 'app', level: 'app', ...credentials.app, scopes: [...login, ...READ_SCOPES] },
  ];
}

/** Price levels are percentages off the list price. */
const GROUPS: readonly GroupSeed[] = [
  { id: 1, name: 'Retail', isDefault: true, percent: 0 },
  { id: 2, name: 'Merchandising', isDefault: false, percent: 20 },
  { id: 3, name: 'Agency', isDefault: false, percent: 10 },
  { id: 4, name: 'Managers', isDefault: false, percent: 25 },
];

const EMEA: StoreSeed = {
  id: 'store-emea',
  hash: 'haldenemea',
  storeId: 1_025_601,
  name: 'Halden Europe',
  currency: 'EUR',
  locale: 'en-IE',
  countryCode: 'DE',
  country: 'Germany',
  timezone: 'Europe/Berlin',
  accounts: accountsOf(bigCommerceCredentials['store-emea']),
  channels: [
    {
      id: 1,
      name: 'Halden Europe',
      kind: 'stencil',
      status: 'active',
      host: 'store-emea.localhost',
      allow_global_logins: true,
    },
    {
      id: 2,
      name: 'Halden Trade',
      kind: 'stencil',
      status: 'active',
      host: 'b2b-emea.localhost',
      allow_global_logins: false,
    },
    {
      id: 3,
      name: 'Halden App',
      kind: 'catalyst',
      status: 'active',
      host: 'app-emea.localhost',
      allow_global_logins: true,
    },
    { id: 9, name: 'Parking', kind: 'stencil', status: 'inactive', host: null, allow_global_logins: false },
  ],
  groups: GROUPS,
  customers: [
    // Somebody else's account with the mail address of `dup`, with a history of orders.
    {
      id: 101,
      email: 'dup@halden.example',
      firstName: 'Dorothea',
      lastName: 'Upland',
      groupId: 1,
      channelIds: [1],
      originChannelId: 1,
      orders: 4,
      password: 'dorothea-2019',
    },
    // One mail address, two customers: unique per channel, not per store.
    {
      id: 102,
      email: 'pat@orchard.example',
      firstName: 'Pat',
      lastName: 'Orchard',
      groupId: 1,
      channelIds: [1],
      originChannelId: 1,
      orders: 1,
      password: 'pat-retail-1',
    },
    {
      id: 103,
      email: 'pat@orchard.example',
      firstName: 'Patrice',
      lastName: 'Orchard',
      groupId: 3,
      channelIds: [2],
      originChannelId: 2,
      orders: 0,
      password: 'pat-trade-2',
    },
    {
      id: 104,
      email: 'freya@fjord.example',
      firstName: 'Freya',
      lastName: 'Holm',
      groupId: 1,
      channelIds: null,
      originChannelId: 1,
      orders: 2,
      password: 'freya-2020',
    },
  ],
  b2b: EMEA_BUSINESS,
};

const NA: StoreSeed = {
  ...EMEA,
  id: 'store-na',
  hash: 'haldenna',
  storeId: 1_025_602,
  name: 'Halden North America',
  currency: 'USD',
  locale: 'en-US',
  countryCode: 'US',
  country: 'United States',
  timezone: 'America/New_York',
  accounts: accountsOf(bigCommerceCredentials['store-na']),
  channels: [
    {
      id: 1,
      name: 'Halden North America',
      kind: 'stencil',
      status: 'active',
      host: 'store-na.localhost',
      allow_global_logins: true,
    },
    { id: 9, name: 'Parking', kind: 'stencil', status: 'inactive', host: null, allow_global_logins: false },
  ],
  customers: [
    {
      id: 101,
      email: 'casey@prairie.example',
      firstName: 'Casey',
      lastName: 'Reed',
      groupId: 1,
      channelIds: null,
      originChannelId: 1,
      orders: 3,
      password: 'casey-2021',
    },
    // Left long ago, and is still an account manager of B2B Edition.
    {
      id: 102,
      email: 'viktor@brightline.example',
      firstName: 'Viktor',
      lastName: 'Sand',
      groupId: 0,
      channelIds: [1],
      originChannelId: 1,
      orders: 0,
      password: 'viktor-2018',
    },
  ],
  b2b: NA_BUSINESS,
};

const { b2b: _business, ...WITHOUT_BUSINESS } = NA;

const OUTLET: StoreSeed = {
  ...WITHOUT_BUSINESS,
  id: 'store-outlet',
  hash: 'haldenoutlet',
  storeId: 1_025_603,
  name: 'Halden Outlet',
  currency: 'GBP',
  locale: 'en-GB',
  countryCode: 'GB',
  country: 'United Kingdom',
  timezone: 'Europe/London',
  accounts: accountsOf(bigCommerceCredentials['store-outlet']),
  channels: [
    {
      id: 1,
      name: 'Halden Outlet',
      kind: 'stencil',
      status: 'active',
      host: 'store-outlet.localhost',
      wwwHost: 'www.store-outlet.localhost',
      allow_global_logins: true,
    },
    { id: 9, name: 'Parking', kind: 'stencil', status: 'inactive', host: null, allow_global_logins: false },
  ],
  customers: [
    {
      id: 101,
      email: 'morgan@weald.example',
      firstName: 'Morgan',
      lastName: 'Ashdown',
      groupId: 1,
      channelIds: null,
      originChannelId: 1,
      orders: 0,
      password: 'morgan-2022',
    },
  ],
};

export const demoStores: readonly StoreSeed[] = [EMEA, NA, OUTLET];
