/**
 * salesforce: one organization of the Halden group, as a SAML service provider on its My Domain host.
 *
 * routes.ts lists what is where; start.ts → consume.ts → checks.ts → jit.ts → challenge.ts is the path of one
 * sign-on. The person reads one sentence for every failure; the reason is in Login History.
 * switches.ts holds what the documents leave open. REST, SCIM and OAuth are not simulated yet.
 */
import { brokerUrl } from '../frame/broker.ts';
import type { System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { createSalesforceApp } from './routes.ts';
import { endpointsOf, HOST, type Salesforce } from './server.ts';
import { createSalesforceStore, profileOf } from './store.ts';
import { createSalesforceSwitches } from './switches.ts';

export function openSalesforce(needs: SystemNeeds): System {
  const switches = createSalesforceSwitches();
  const identityProvider = trustIdentityProvider({
    outbound: needs.outbound,
    metadataUrl: () => brokerUrl(needs.broker(), '/saml/metadata'),
  });
  const salesforce: Salesforce = { needs, switches, identityProvider, store: createSalesforceStore() };
  return {
    title: 'Salesforce',
    about:
      'One organization with single sign-on by Federation ID. Users are made by hand or, by switch, from the assertion; Login History says why somebody was refused.',
    hosts: [`${HOST}.localhost`],
    handler: createSalesforceApp(salesforce),
    switches,
    actions: createActions(salesforce),
    state: () => showState(salesforce),
    reset: () => {
      salesforce.store = createSalesforceStore();
      identityProvider.reset();
    },
  };
}

function showState(salesforce: Salesforce): Readonly<Record<string, unknown>> {
  const { store } = salesforce;
  return {
    serviceProvider: endpointsOf(salesforce),
    organizationId: store.organizationId,
    users: [...store.users.values()].map((user) => ({
      ...user,
      Profile: profileOf(store, user)?.Name ?? null,
    })),
    loginHistory: store.history,
    sessions: [...store.sessions.values()].map(({ id: _id, ...session }) => session),
    mails: store.mails,
    openRequests: store.requests.size,
  };
}
