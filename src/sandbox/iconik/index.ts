/**
 * iconik: media asset management of the Halden group, as a SAML service provider that makes its users at sign-on.
 *
 * routes.ts lists what is where; sso.ts → checks.ts → jit.ts → session.ts is the path of one sign-on.
 * model.ts has the shapes of the API, whose provisioning half is not simulated yet.
 * switches.ts holds what the documents leave open.
 */
import { brokerUrl } from '../frame/broker.ts';
import type { System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { createIconikApp } from './routes.ts';
import { endpointsOf, type Iconik } from './server.ts';
import { createIconikStore } from './store.ts';
import { createIconikSwitches } from './switches.ts';

export function openIconik(needs: SystemNeeds): System {
  const switches = createIconikSwitches();
  const identityProvider = trustIdentityProvider({
    outbound: needs.outbound,
    metadataUrl: () => brokerUrl(needs.broker(), '/saml/metadata'),
  });
  const iconik: Iconik = { needs, switches, identityProvider, store: createIconikStore() };
  return {
    title: 'iconik',
    about:
      'Media asset management. Sign in by mail address, or open its tile in the broker; users and groups are made at sign-on.',
    hosts: ['iconik.localhost'],
    handler: createIconikApp(iconik),
    switches,
    actions: createActions(iconik),
    state: () => showState(iconik),
    reset: () => {
      iconik.store = createIconikStore();
      identityProvider.reset();
    },
  };
}

function showState(iconik: Iconik): Readonly<Record<string, unknown>> {
  const { store } = iconik;
  const nameOf = (id: string | null): string | null =>
    id === null ? null : (store.groups.get(id)?.name ?? id);
  return {
    serviceProvider: endpointsOf(iconik),
    users: [...store.users.values()].map((user) => ({
      ...user,
      groups: user.groups.map(nameOf),
      primary_group: nameOf(user.primary_group),
    })),
    groups: [...store.groups.values()],
    mappings: store.mappings,
    sessions: [...store.sessions.values()].map(({ id: _id, ...session }) => session),
    openRequests: store.requests.size,
    logins: store.logins,
  };
}
