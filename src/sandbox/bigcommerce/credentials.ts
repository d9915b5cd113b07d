/** Credentials of the demo's stores. They open nothing but the sandbox. */

export type StoreCredentials = {
  readonly storeHash: string;
  /** Mints login tokens, nothing else: scope `store_v2_customers_login`. */
  readonly login: { readonly clientId: string; readonly clientSecret: string };
  /** The login account from before the last rotation; it still works until it is revoked. */
  readonly previousLogin: { readonly clientId: string; readonly clientSecret: string };
  /** Reads and writes customers, reads channels, sites, orders and store information. */
  readonly api: { readonly clientId: string; readonly clientSecret: string; readonly accessToken: string };
  /** The same without writing. */
  readonly readOnlyApi: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly accessToken: string;
  };
  /** B2B Edition and nothing else. */
  readonly b2b: { readonly clientId: string; readonly clientSecret: string; readonly accessToken: string };
  /** App-level account: its secret signs `/customer/current.jwt`. */
  readonly app: { readonly clientId: string; readonly clientSecret: string; readonly accessToken: string };
};

function credentialsOf(region: string): StoreCredentials {
  const account = (name: string) => ({
    clientId: `sandbox-${region}-${name}`,
    clientSecret: `sandbox-secret-of-${region}-${name}-0000000000000000`,
    accessToken: `sandbox-token-of-${region}-${name}`,
  });
  const secretOnly = (name: string) => {
    const { clientId, clientSecret } = account(name);
    return { clientId, clientSecret };
  };
  return {
    storeHash: `halden${region}`,
    login: secretOnly('login'),
    previousLogin: secretOnly('previous-login'),
    api: account('api'),
    readOnlyApi: account('read-only'),
    b2b: account('b2b'),
    app: account('app'),
  };
}

/** By relying party of the demo; the values are also in the sandbox's state. */
export const bigCommerceCredentials = {
  'store-emea': credentialsOf('emea'),
  'store-na': credentialsOf('na'),
  'store-outlet': credentialsOf('outlet'),
} as const satisfies Readonly<Record<string, StoreCredentials>>;

/** The account above the three stores: control-panel users by the Account API. */
export const accountCredentials = {
  accountUuid: '7c0b7d3e-52b4-4c7e-9a55-0a1dbe6f1e10',
  /** Reads everything; adds and removes control-panel users. */
  api: { accessToken: 'sandbox-token-of-halden-account-api' },
  /** The same without writing. */
  readOnlyApi: { accessToken: 'sandbox-token-of-halden-account-read-only' },
} as const;
