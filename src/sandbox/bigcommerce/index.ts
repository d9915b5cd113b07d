/**
 * bigcommerce: three stores of the Halden group as BigCommerce would run them: storefronts with token sign-in
 * and the REST APIs behind them.
 *
 * storefront/   one shop per channel and host: /login/token/{jwt}, account, logout, a few pages
 * api/          api.bigcommerce.localhost: Customers V3 and what belongs to it; table.ts lists every call
 * webhooks/     signed messages about customers, with retries
 * switches.ts   what the documents leave open, for all stores or for one
 * actions.ts    what happens in the control panel and in the shop without us: edits, sign-ups, revocations
 *
 * A product of its own: it shares no code with the connector, keeps the platform's quirks and error texts,
 * and never says to a shopper why a sign-in failed. The reasons are in `state().stores[id].logins`.
 */
import type { RequestListener } from 'node:http';
import type { OpenSystem, System, SystemNeeds } from '../frame/system.ts';
import { createActions } from './actions.ts';
import { UNAUTHORIZED } from './api/access.ts';
import { apiApp } from './api/routes.ts';
import { demoStores, type StoreSeed } from './seeds.ts';
import { showState } from './state.ts';
import { createStore, type Store } from './store.ts';
import { storefrontApp } from './storefront/routes.ts';
import { createGlobalSwitches } from './switches.ts';

export { bigCommerceCredentials, type StoreCredentials } from './credentials.ts';
export { demoStores, type StoreSeed } from './seeds.ts';

const API_HOST = 'api.bigcommerce.localhost';

export const openBigCommerce: OpenSystem = (needs) =>
  createBigCommerce({ clock: needs.clock, outbound: needs.outbound, stores: demoStores });

/** BigCommerce with these stores. Hosts of the stores must differ. */
export function createBigCommerce(fields: {
  readonly clock: SystemNeeds['clock'];
  readonly outbound: SystemNeeds['outbound'];
  readonly stores: readonly StoreSeed[];
}): System {
  const switches = createGlobalSwitches();
  const fresh = () =>
    new Map(fields.stores.map((seed) => [seed.id, createStore(seed, { ...fields, switches })]));
  let stores = fresh();
  const storeOf = (id: string): Store => {
    const store = stores.get(id);
    if (!store) throw new Error(`BigCommerce has no store "${id}"`);
    return store;
  };
  const hosts = new Map<string, RequestListener>(storefronts(fields.stores, storeOf));
  hosts.set(
    API_HOST,
    apiApp((hash) => [...stores.values()].find((store) => store.hash === hash)),
  );
  return {
    title: 'BigCommerce',
    about:
      'Three stores with token sign-in and the Customers API. Open a store to see who is signed in; the API wants X-Auth-Token.',
    hosts: [...hosts.keys()],
    handler: (req, res) => {
      const host = (req.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
      hosts.get(host)?.(req, res);
    },
    switches,
    actions: createActions((id) => stores.get(id)),
    refuseRevokedToken: (_req, res) => {
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(JSON.stringify(UNAUTHORIZED.body));
    },
    state: () => showState([...stores.values()]),
    reset: () => {
      stores = fresh();
    },
  };
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
