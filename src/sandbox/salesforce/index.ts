/**
 * salesforce: one organization of the Halden group, as a SAML service provider on its My Domain host.
 *
 * routes.ts lists what is where; start.ts → consume.ts → checks.ts → jit.ts → challenge.ts is the path of one
 * sign-on. The person reads one sentence for every failure; the reason is in Login History.
 * api/ is OAuth and REST over the same users: app.ts → resources.ts lists every call, objects/ what there is,
 * rules/ what may be written, soql/ the queries, seed.ts the organization at the start.
 * switches.ts and api/switches.ts hold what the documents leave open. SCIM is not simulated.
 */
import { brokerUrl } from '../frame/broker.ts';
import type { System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { refuseSession } from './api/app.ts';
import { INTEGRATION_KEY } from './api/oauth/assertion.ts';
import { showApiState } from './api/state.ts';
import { createSalesforceApp } from './routes.ts';
import { endpointsOf, HOST, type Salesforce } from './server.ts';
import { createSalesforceStore, type SalesforceStore } from './store.ts';
import { createSalesforceSwitches } from './switches.ts';
import { isFrozen, profileOf, usersOf } from './users.ts';

export function openSalesforce(needs: SystemNeeds): System {
  const switches = createSalesforceSwitches();
  const identityProvider = trustIdentityProvider({
    outbound: needs.outbound,
    metadataUrl: () => brokerUrl(needs.broker(), '/saml/metadata'),
  });
  const fresh = (): SalesforceStore => createSalesforceStore(() => needs.clock.now());
  const salesforce: Salesforce = { needs, switches, identityProvider, store: fresh() };
  // Whoever keeps keys in a folder finds this one there soon after the start.
  if (needs.folder !== undefined) void needs.keys.rsa(INTEGRATION_KEY);
  return {
    title: 'Salesforce',
    about:
      'One organization with single sign-on by Federation ID, and the REST API that users are made with. Users are also made by hand or, by switch, from the assertion; Login History says why somebody was refused.',
    hosts: [`${HOST}.localhost`],
    handler: createSalesforceApp(salesforce),
    switches,
    actions: createActions(salesforce),
    refuseRevokedToken: (_req, res) => refuseSession(res),
    state: () => showState(salesforce),
    reset: () => {
      salesforce.store = fresh();
      identityProvider.reset();
    },
  };
}

function showState(salesforce: Salesforce): Readonly<Record<string, unknown>> {
  const { store } = salesforce;
  return {
    serviceProvider: endpointsOf(salesforce),
    organizationId: store.organizationId,
    users: usersOf(store).map((user) => ({
      ...user,
      IsFrozen: isFrozen(store, user.Id),
      Profile: profileOf(store, user)?.['Name'] ?? null,
    })),
    loginHistory: store.history,
    sessions: [...store.sessions.values()].map(({ id: _id, ...session }) => session),
    mails: store.mails,
    openRequests: store.requests.size,
    ...showApiState(salesforce),
  };
}
