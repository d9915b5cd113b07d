/**
 * wiki: a small application of the Halden group that signs people in with OpenID Connect, as any team would build
 * one on openid-client. It shows what the broker tells it, and why it is refused.
 *
 * routes.ts lists what is where; sign-in.ts is the code flow, for the wiki itself and for one store at a time;
 * buttons.ts refreshes, asks userinfo and signs out; backchannel.ts takes the broker's logout tokens.
 * scim/ is its directory of accounts and groups; account.ts joins an account and whoever signs in.
 */
import { join } from 'node:path';
import type { System, SystemNeeds } from '../frame/system.ts';
import { createWikiApp } from './routes.ts';
import {
  createScimActions,
  createSeededDirectory,
  keepInFile,
  keepNothing,
  refuseRevoked,
  type Scim,
  showDirectory,
} from './scim/index.ts';
import { CALLBACK, HOST, SIGNED_OUT, type Wiki } from './server.ts';
import { createWikiStore, type WikiStore } from './store.ts';
import { createWikiSwitches } from './switches.ts';

export { wikiCredentials } from './scim/index.ts';

export function openWiki(needs: SystemNeeds): System {
  const switches = createWikiSwitches();
  const { folder, clock } = needs;
  const keep = folder === undefined ? keepNothing : keepInFile(join(folder, 'wiki-accounts.json'));
  const fresh = () => createSeededDirectory(clock.now());
  const wiki: Wiki = { needs, switches, store: createWikiStore(), directory: keep.restore() ?? fresh() };
  const scim: Scim = {
    clock,
    directory: () => wiki.directory,
    positions: () => switches.positions,
    base: () => needs.url(HOST, '/scim/v2'),
    save: () => keep.save(wiki.directory),
  };
  return {
    title: 'Halden wiki',
    about:
      'An OpenID Connect application for everybody of staff. Sign in, look at your claims, refresh, ask for a token of a store. Its accounts and groups are managed over SCIM at /scim/v2.',
    hosts: ['wiki.localhost'],
    handler: createWikiApp(wiki, scim),
    refuseRevokedToken: refuseRevoked,
    switches,
    actions: {
      'end-sessions': { explains: 'Forgets all sessions.', run: () => wiki.store.sessions.clear() },
      ...createScimActions(scim),
    },
    state: () => ({
      client: {
        clientId: needs.broker().wiki.clientId,
        redirectUri: needs.url(HOST, CALLBACK),
        postLogoutRedirectUri: needs.url(HOST, SIGNED_OUT),
        initiateLoginUri: needs.url(HOST, '/login/initiate'),
        backchannelLogoutUri: needs.url(HOST, '/backchannel-logout'),
      },
      ...showStore(wiki.store),
      scim: showDirectory(scim, needs.url(HOST, '/oauth/token')),
    }),
    reset: () => {
      wiki.store = createWikiStore();
      wiki.directory = fresh();
      scim.save();
    },
  };
}

/** Everything but the tokens themselves. */
function showStore(store: WikiStore): Readonly<Record<string, unknown>> {
  return {
    sessions: [...store.sessions.values()].map(({ sub, sid, claims, userinfo, note, tokens }) => ({
      ...{ sub, sid, claims, userinfo, note },
      tokens: [...tokens].map(([resource, { scope, expires, refreshToken, claims: payload }]) => ({
        ...{ resource, scope, expires, claims: payload },
        refreshable: refreshToken !== undefined,
      })),
    })),
    logouts: store.logouts,
    refusals: store.refusals,
  };
}
