import { showBusiness } from './b2b/show-state.ts';
import type { ApiAccount, Customer } from './model.ts';
import type { Store } from './store.ts';

/** What tests and the control API may look at: everything but passwords and secrets. */
export function showState(stores: readonly Store[]): Readonly<Record<string, unknown>> {
  return { stores: Object.fromEntries(stores.map((store) => [store.id, showStore(store)])) };
}

function showStore(store: Store): object {
  return {
    hash: store.hash,
    now: store.now(),
    switches: store.switches.overridden(),
    accounts: store.accounts.map(showAccount),
    channels: store.channels,
    groups: [...store.groups.values()],
    customers: [...store.customers.values()].map(showCustomer),
    addresses: [...store.addresses.values()],
    attributes: [...store.attributes.values()],
    attributeValues: [...store.attributeValues.values()],
    formFields: store.formFields,
    formerOrders: [...store.formerOrders.values()],
    metafields: [...store.metafields.values()],
    hooks: [...store.hooks.values()].map(({ headers: _headers, ...hook }) => hook),
    deliveries: store.deliveries,
    sessions: [...store.sessions.values()].map(({ remembered: _remembered, id: _id, ...session }) => session),
    logins: store.logins,
    calls: store.calls,
    window: store.window,
    b2b: showBusiness(store),
  };
}

function showAccount({ clientSecret: _secret, accessToken: _token, ...account }: ApiAccount): object {
  return account;
}

function showCustomer({ password, ...customer }: Customer): object {
  return { ...customer, hasPassword: password !== null };
}
