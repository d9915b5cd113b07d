/**
 * bigcommerce: three stores of the Halden group as BigCommerce would run them: storefronts with token sign-in
 * and the REST APIs behind them.
 *
 * storefront/   one shop per channel and host: /login/token/{jwt}, account, logout, a few pages
 * api/          api.bigcommerce.localhost: Customers V3 and what belongs to it; table.ts lists every call
 * account/      above the stores: control-panel users by the Account API (GraphQL)
 * control-panel/  where these people sign in, and where a human ticks the permissions that no API can set
 * b2b/          api-b2b.bigcommerce.localhost: companies, their users and account managers, who all are customers
 * graphql/      the language of that API
 * webhooks/     signed messages about customers, with retries
 * switches.ts   what the documents leave open, for all stores or for one
 * keep.ts       keeps the stores in a file, for a demo that is stopped and started again
 * actions.ts    what happens in the control panel and in the shop without us: edits, sign-ups, revocations
 *
 * A product of its own: it shares no code with the connector, keeps the platform's quirks and error texts,
 * and never says to a shopper why a sign-in failed. The reasons are in `state().stores[id].logins`.
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Action, OpenSystem, System, SystemNeeds } from '../frame/system.ts';
import { createAccount } from './account/account.ts';
import { accountActions } from './account/actions.ts';
import { type KeepAccount, keepAccountInFile, keepNoAccount } from './account/keep.ts';
import { accountRoutes } from './account/routes.ts';
import { type AccountSeed, demoAccount } from './account/seeds.ts';
import { showAccount } from './account/state.ts';
import { createActions } from './actions.ts';
import { UNAUTHORIZED } from './api/access.ts';
import { apiApp } from './api/routes.ts';
import { INVALID } from './b2b/access.ts';
import { b2bActions } from './b2b/actions.ts';
import { bodyOf } from './b2b/answers.ts';
import { settle } from './b2b/groups.ts';
import { b2bApp } from './b2b/routes.ts';
import { LOGIN_HOST, panelHost } from './control-panel/entries.ts';
import { loginSite } from './control-panel/login-site.ts';
import { manageSite } from './control-panel/manage-site.ts';
import { createPanelSite } from './control-panel/site.ts';
import { type Keep, keepInFile, keepNothing, saveBeforeEnd } from './keep.ts';
import { demoStores, type StoreSeed } from './seeds.ts';
import { showState } from './state.ts';
import { createStore, type Store } from './store.ts';
import { storefrontApp } from './storefront/routes.ts';
import { createGlobalSwitches } from './switches.ts';

export { accountCredentials, bigCommerceCredentials, type StoreCredentials } from './credentials.ts';
export { demoStores, type StoreSeed } from './seeds.ts';

const API_HOST = 'api.bigcommerce.localhost';
const B2B_HOST = 'api-b2b.bigcommerce.localhost';

export const openBigCommerce: OpenSystem = (needs) =>
  createBigCommerce({
    ...{ clock: needs.clock, outbound: needs.outbound, stores: demoStores },
    ...(needs.folder !== undefined && {
      keep: keepInFile(join(needs.folder, 'stores.jsonl')),
      keepAccount: keepAccountInFile(join(needs.folder, 'control-panel-users.json')),
    }),
  });

/** BigCommerce with these stores. Hosts of the stores must differ. */
export function createBigCommerce(fields: {
  readonly clock: SystemNeeds['clock'];
  readonly outbound: SystemNeeds['outbound'];
  readonly stores: readonly StoreSeed[];
  readonly keep?: Keep;
  readonly account?: AccountSeed;
  readonly keepAccount?: KeepAccount;
}): System {
  const switches = createGlobalSwitches();
  const fresh = () =>
    new Map(fields.stores.map((seed) => [seed.id, createStore(seed, { ...fields, switches })]));
  const freshAccount = () =>
    createAccount(fields.account ?? demoAccount, { clock: fields.clock, turned: () => switches.positions });
  const { keep = keepNothing, keepAccount = keepNoAccount } = fields;
  let stores = fresh();
  let account = freshAccount();
  keep.restore(stores);
  keepAccount.restore(account);
  const save = (): void => {
    keep.save(stores);
    keepAccount.save(account);
  };
  const storeOf = (id: string): Store => {
    const store = stores.get(id);
    if (!store) throw new Error(`BigCommerce has no store "${id}"`);
    return store;
  };
  const hosts = new Map<string, RequestListener>(storefronts(fields.stores, storeOf));
  hosts.set(
    API_HOST,
    apiApp(
      (hash) => [...stores.values()].find((store) => store.hash === hash),
      accountRoutes(() => account),
    ),
  );
  hosts.set(B2B_HOST, b2bApp({ stores: () => [...stores.values()], account: () => account }));
  const panel = createPanelSite(() => account);
  hosts.set(LOGIN_HOST, loginSite(panel));
  for (const { hash } of account.stores) hosts.set(panelHost(hash), manageSite(panel, hash));
  return {
    title: 'BigCommerce',
    about:
      'Three stores with token sign-in, their APIs, B2B Edition and the control panel. Open a store to see who is signed in, or a control panel to tick permissions; the APIs want X-Auth-Token.',
    hosts: [...hosts.keys()],
    handler: (req, res) => {
      const host = hostOf(req);
      for (const store of stores.values()) settle(store);
      saveBeforeEnd(res, save);
      hosts.get(host)?.(req, res);
    },
    switches,
    actions: savedAfter(
      {
        ...createActions((id) => stores.get(id)),
        ...accountActions(() => account),
        ...b2bActions((id) => stores.get(id)),
      },
      save,
    ),
    refuseRevokedToken: (req, res) => {
      const body = hostOf(req) === B2B_HOST ? bodyOf(INVALID) : UNAUTHORIZED.body;
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(JSON.stringify(body));
    },
    state: () => {
      for (const store of stores.values()) settle(store);
      return { ...showState([...stores.values()]), account: showAccount(account) };
    },
    reset: () => {
      stores = fresh();
      account = freshAccount();
      save();
    },
  };
}

function hostOf(req: IncomingMessage): string {
  return (req.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
}

function savedAfter(
  actions: Readonly<Record<string, Action>>,
  save: () => void,
): Readonly<Record<string, Action>> {
  const saved = Object.entries(actions).map(([name, { explains, run }]): [string, Action] => [
    name,
    {
      explains,
      run: (body) => {
        try {
          return run(body);
        } finally {
          save();
        }
      },
    },
  ]);
  return Object.fromEntries(saved);
}

function* storefronts(
  seeds: readonly StoreSeed[],
  storeOf: (id: string) => Store,
): Generator<[string, RequestListener]> {
  for (const seed of seeds) {
    for (const { id: channelId, host, wwwHost } of seed.channels) {
      if (host === null) continue;
      const app = storefrontApp({ store: () => storeOf(seed.id), channelId });
      yield [host, app];
      if (wwwHost !== undefined) yield [wwwHost, app];
    }
  }
}
