/**
 * OpenText Directory Services: OAuth 2.0 and OpenID Connect server with its login page.
 *
 * routes.ts lists what is where; authorize.ts → login.ts → authorize.ts → token.ts is the path of one sign-in.
 * tokens.ts and claims.ts decide what the broker gets to read.
 */
import type { System, SystemNeeds } from '../frame/system.ts';
import { addCrowd, CrowdOrder } from './crowd.ts';
import { watchModified } from './modified.ts';
import { createPush } from './push/push.ts';
import { createOtdsApp } from './routes.ts';
import type { Otds } from './server.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createOtdsStore } from './store.ts';
import { createOtdsSwitches } from './switches.ts';

export function openOtds(needs: SystemNeeds): System {
  const signingKeys = createSigningKeys(needs.keys);
  const switches = createOtdsSwitches();
  const store = createOtdsStore();
  const modified = watchModified(needs.people, needs.clock);
  const otds: Otds = { needs, switches, store, signingKeys, modified };
  const push = createPush(otds);
  return {
    title: 'OpenText Directory Services (OTDS)',
    about:
      'OAuth 2.0 and OpenID Connect server of the staff and partners partitions, with its login page, REST reading and SCIM push. The second host is the same server by its internal name.',
    hosts: ['otds.localhost', 'otds-internal.localhost'],
    handler: createOtdsApp(otds),
    switches,
    actions: {
      'rotate-keys': {
        explains: 'The next signing key becomes the present one; a new next key is published.',
        run: () => signingKeys.rotate(),
      },
      'add-crowd': {
        explains: 'Adds many people with awkward names: {"count": 1000, "partition": "R&D Zürich"}.',
        run: (body) => addCrowd(needs.people, CrowdOrder.parse(body ?? {})),
      },
      consolidate: {
        explains: 'Pushes everybody and every group to the broker again, and says how it went.',
        run: () => push.consolidate(),
      },
      'settle-push': {
        explains: 'Sends what waits to be pushed; answers when it is done, and says how it went.',
        run: () => push.settle(),
      },
      'end-sessions': {
        explains: 'Forgets all browser sessions, as a restart of the server does.',
        run: () => store.sessions.clear(),
      },
      'revoke-tokens': {
        explains: 'All access and refresh tokens stop working at once.',
        run: () => store.tokens.clear(),
      },
    },
    state: () => ({
      sessions: [...store.sessions.values()].map(({ uuid, authTime, ends }) => ({ uuid, authTime, ends })),
      tokens: [...store.tokens.values()].map(({ kind, clientId, uuid, ends }) => ({
        kind,
        clientId,
        uuid,
        ends,
      })),
      logoutReplies: store.logoutReplies,
      pushWaiting: push.waiting(),
      pushed: push.exchanges(),
    }),
    reset: () => {
      store.clear();
      signingKeys.reset();
      modified.reset();
      push.reset();
    },
  };
}
