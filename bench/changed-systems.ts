/** More than a bench asks in one run, for limits that would measure waiting. */
const NO_LIMIT = 1_000_000;

/** A kind of target that is measured: one entry for each connector. */
export type ChangedSystem = {
  readonly kind: string;
  /** Target of the demo whose people are made. */
  readonly target: string;
  /** Simulator, and the switches that lift its limits. */
  readonly system: 'bigcommerce' | 'iconik' | 'salesforce' | 'wiki';
  readonly limits: Readonly<Record<string, number>>;
  /** Facts that let a person into the target by the demo's rules. */
  readonly facts: {
    readonly groups: readonly string[];
    readonly attributes: Readonly<Record<string, string[]>>;
  };
  readonly bare: BareRequest;
};

/** A read of the same API without the connector, for the bare loop. */
export type BareRequest = {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: a GET. */
  readonly body?: string;
  /** Where a bearer token is asked for first, with this form. */
  readonly token?: { readonly path: string; readonly form: Readonly<Record<string, string>> };
};

const json = { accept: 'application/json', 'content-type': 'application/json' };

export const CHANGED_SYSTEMS: readonly ChangedSystem[] = [
  // First, because its doors are open to all of staff, and so to the people of all others.
  {
    ...{ kind: 'scim', target: 'wiki-accounts', system: 'wiki', limits: {} },
    facts: { groups: ['readers@staff'], attributes: {} },
    bare: {
      host: 'wiki.localhost',
      path: '/scim/v2/Users?count=1',
      headers: { authorization: 'Bearer wiki-scim-demo-token-0000000000000000' },
    },
  },
  {
    ...{ kind: 'bigcommerce-storefront', target: 'bc-emea', system: 'bigcommerce' },
    limits: { quota: NO_LIMIT },
    facts: { groups: ['merchandising@staff'], attributes: { region: ['EMEA'] } },
    bare: {
      host: 'api.bigcommerce.localhost',
      path: '/stores/haldenemea/v3/customers?id:in=101',
      headers: { 'x-auth-token': 'sandbox-token-of-emea-api', accept: 'application/json' },
    },
  },
  {
    ...{ kind: 'bigcommerce-b2b', target: 'b2b-emea', system: 'bigcommerce' },
    limits: { quota: NO_LIMIT, b2bQuota: NO_LIMIT },
    facts: { groups: ['b2b-sales@staff'], attributes: {} },
    bare: {
      host: 'api-b2b.bigcommerce.localhost',
      path: '/api/v3/io/users?limit=1',
      headers: { 'x-auth-token': 'sandbox-token-of-emea-b2b', 'x-store-hash': 'haldenemea' },
    },
  },
  {
    ...{ kind: 'bigcommerce-control-panel', target: 'bc-account', system: 'bigcommerce' },
    limits: { accountQuota: NO_LIMIT },
    facts: { groups: ['store-managers@staff'], attributes: {} },
    bare: {
      host: 'api.bigcommerce.localhost',
      path: '/accounts/7c0b7d3e-52b4-4c7e-9a55-0a1dbe6f1e10/graphql',
      headers: { ...json, 'x-auth-token': 'sandbox-token-of-halden-account-api' },
      body: JSON.stringify({ query: '{ account { users(first: 1) { edges { node { id email } } } } }' }),
    },
  },
  {
    ...{ kind: 'iconik', target: 'iconik-halden', system: 'iconik', limits: { rateLimit: NO_LIMIT } },
    facts: { groups: ['media@staff'], attributes: { region: ['EMEA'] } },
    bare: {
      host: 'iconik.localhost',
      path: '/API/users/v1/users/current/',
      headers: {
        'app-id': '7c0e5b1a-40d2-11f0-8f6e-000000000051',
        'auth-token': 'sandbox-token-of-iconik-integration',
      },
    },
  },
  {
    ...{ kind: 'salesforce', target: 'salesforce-halden', system: 'salesforce' },
    limits: { dailyApiRequests: NO_LIMIT, salesforceLicences: NO_LIMIT },
    facts: { groups: ['sales@staff'], attributes: { region: ['EMEA'] } },
    bare: {
      host: 'halden.my.salesforce.localhost',
      path: '/services/data/v66.0/query?q=SELECT+Id+FROM+User+LIMIT+1',
      headers: { accept: 'application/json' },
      token: {
        path: '/services/oauth2/token',
        form: {
          grant_type: 'client_credentials',
          client_id: 'halden-external-client-app-vestibule',
          client_secret: 'sandbox-secret-of-salesforce-integration-0000000000',
        },
      },
    },
  },
];
