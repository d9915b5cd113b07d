/**
 * salesforce: one organization of the Halden group, as a SAML service provider on its My Domain host.
 *
 * routes.ts lists what is where; start.ts → consume.ts → checks.ts → jit.ts → challenge.ts is the path of one
 * sign-on. The person reads one sentence for every failure; the reason is in Login History.
 * api/ is OAuth and REST over the same users: app.ts → resources.ts lists every call, objects/ what there is,
 * rules/ what may be written, soql/ the queries, seed.ts the organization at the start.
 * switches.ts and api/switches.ts hold what the documents leave open. SCIM is not simulated.
 */
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { brokerUrl } from '../frame/broker.ts';
import type { Action, System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { refuseSession } from './api/app.ts';
import { INTEGRATION_KEY } from './api/oauth/assertion.ts';
import { createOrganization } from './api/seed.ts';
import { showApiState } from './api/state.ts';
import { keepInFile, keepNothing, saveBeforeEnd } from './keep.ts';
import { createSalesforceApp } from './routes.ts';
import { endpointsOf, HOST, type Salesforce } from './server.ts';
import type { SalesforceStore } from './store.ts';
import { createSalesforceSwitches } from './switches.ts';
import { isFrozen, profileOf, usersOf } from './users.ts';

export function openSalesforce(needs: SystemNeeds): System {
  const switches = createSalesforceSwitches();
  const identityProvider = trustIdentityProvider({
    outbound: needs.outbound,
    metadataUrl: () => brokerUrl(needs.broker(), '/saml/metadata'),
  });
  const fresh = (): SalesforceStore => createOrganization(() => needs.clock.now());
  const salesforce: Salesforce = { needs, switches, identityProvider, store: fresh() };
  const keep = needs.folder === undefined ? keepNothing : keepInFile(join(needs.folder, 'salesforce.jsonl'));
  keep.begin(salesforce.store, 'as-kept');
  const save = (): void => keep.save(salesforce.store);
  // Whoever keeps keys in a folder finds this one there soon after the start.
  if (needs.folder !== undefined) void needs.keys.rsa(INTEGRATION_KEY);
  return {
    title: 'Salesforce',
    about:
      'One organization with single sign-on by Federation ID, and the REST API that users are made with. Users are also made by hand or, by switch, from the assertion; Login History says why somebody was refused.',
    hosts: [`${HOST}.localhost`],
    handler: keeping(needs.folder, createSalesforceApp(salesforce), save),
    switches,
    actions: savedAfter(createActions(salesforce), save),
    refuseRevokedToken: (_req, res) => refuseSession(res),
    state: () => showState(salesforce),
    reset: () => {
      salesforce.store = fresh();
      keep.begin(salesforce.store, 'anew');
      identityProvider.reset();
    },
  };
}

function keeping(folder: string | undefined, handler: RequestListener, save: () => void): RequestListener {
  if (folder === undefined) return handler;
  return (req, res) => {
    saveBeforeEnd(res, save);
    handler(req, res);
  };
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
