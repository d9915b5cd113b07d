/**
 * iconik: media asset management of the Halden group: a SAML service provider that makes its users at sign-on,
 * and the REST API over which the same users are provisioned.
 *
 * routes.ts lists what is where; sso.ts → checks.ts → jit.ts → session.ts is the path of one sign-on.
 * api/table.ts lists every call of the API; users.ts has what happens to a user whoever does it, acl.ts who sees what.
 * seeds.ts is the domain at the start; switches.ts and api/switches.ts hold what the documents leave open.
 */
import { brokerUrl } from '../frame/broker.ts';
import type { System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { createIconikApp } from './routes.ts';
import type { Iconik } from './server.ts';
import { showState } from './state.ts';
import { createIconikStore } from './store.ts';
import { createIconikSwitches } from './switches.ts';

export { iconikCredentials } from './seeds.ts';

export function openIconik(needs: SystemNeeds): System {
  const switches = createIconikSwitches();
  const identityProvider = trustIdentityProvider({
    outbound: needs.outbound,
    metadataUrl: () => brokerUrl(needs.broker(), '/saml/metadata'),
  });
  const fresh = () => createIconikStore(needs.clock.now());
  const iconik: Iconik = { needs, switches, identityProvider, store: fresh() };
  return {
    title: 'iconik',
    about:
      'Media asset management. Sign in by mail address, or open its tile in the broker; users are made at sign-on, or over the API, which wants App-ID and Auth-Token.',
    hosts: ['iconik.localhost'],
    handler: createIconikApp(iconik),
    switches,
    actions: createActions(iconik),
    refuseRevokedToken: (_req, res) => {
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ errors: ['Token is invalid'] }));
    },
    state: () => showState(iconik),
    reset: () => {
      iconik.store = fresh();
      identityProvider.reset();
    },
  };
}
