/**
 * iconik: media asset management of the Halden group: a SAML service provider that makes its users at sign-on,
 * and the REST API over which the same users are provisioned.
 *
 * routes.ts lists what is where; sso.ts → checks.ts → jit.ts → session.ts is the path of one sign-on.
 * api/table.ts lists every call of the API; users.ts has what happens to a user whoever does it, acl.ts who sees what.
 * seeds.ts is the domain at the start, keep.ts keeps it for a demo that is started again; switches.ts and
 * api/switches.ts hold what the documents leave open.
 */
import { join } from 'node:path';
import { brokerUrl } from '../frame/broker.ts';
import type { Action, System, SystemNeeds } from '../frame/system.ts';
import { trustIdentityProvider } from '../saml/identity-provider.ts';
import { createActions } from './actions.ts';
import { keepInFile, keepNothing, saveBeforeEnd } from './keep.ts';
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
  const { folder, clock } = needs;
  const keep = folder === undefined ? keepNothing : keepInFile(join(folder, 'iconik.json'));
  const iconik: Iconik = { needs, switches, identityProvider, store: createIconikStore(clock.now()) };
  keep.restore(iconik.store);
  const save = (): void => keep.save(iconik.store);
  const app = createIconikApp(iconik);
  return {
    title: 'iconik',
    about:
      'Media asset management. Sign in by mail address, or open its tile in the broker; users are made at sign-on, or over the API, which wants App-ID and Auth-Token.',
    hosts: ['iconik.localhost'],
    handler: (req, res) => {
      if (folder !== undefined) saveBeforeEnd(res, save);
      app(req, res);
    },
    switches,
    actions: savedAfter(createActions(iconik), save),
    refuseRevokedToken: (_req, res) => {
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ errors: ['Token is invalid'] }));
    },
    state: () => showState(iconik),
    reset: () => {
      iconik.store = createIconikStore(clock.now());
      identityProvider.reset();
      save();
    },
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
        const result = run(body);
        save();
        return result;
      },
    },
  ]);
  return Object.fromEntries(saved);
}
