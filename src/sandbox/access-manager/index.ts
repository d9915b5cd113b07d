/**
 * OpenText Access Manager: SAML 2.0 identity provider over the people who are also in its user store.
 *
 * routes.ts lists what is where; sso.ts → login.ts → sso.ts → response.ts is the path of one sign-in.
 * switches.ts holds what differs between sites, and every way to be hostile.
 */
import type { System, SystemNeeds } from '../frame/system.ts';
import { createCertificates } from './certificates.ts';
import { createAccessManagerApp } from './routes.ts';
import type { AccessManager } from './server.ts';
import { createServiceProviders } from './service-providers.ts';
import { createAccessManagerStore } from './store.ts';
import { createAccessManagerSwitches } from './switches.ts';

export function openAccessManager(needs: SystemNeeds): System {
  const switches = createAccessManagerSwitches();
  const store = createAccessManagerStore();
  const certificates = createCertificates(needs.keys);
  const serviceProviders = createServiceProviders(needs.broker, needs.outbound);
  const am: AccessManager = { needs, switches, store, certificates, serviceProviders };
  return {
    title: 'OpenText Access Manager',
    about:
      'SAML 2.0 identity provider for those of the cast who are marked; service providers are imported by metadata.',
    hosts: ['am.localhost'],
    handler: createAccessManagerApp(am),
    switches,
    actions: {
      'rotate-signing-key': {
        explains: 'The next signing certificate becomes the present one; metadata shows it.',
        run: () => certificates.rotate(),
      },
      'reload-metadata': {
        explains: 'Imports the metadata of service providers again when next needed.',
        run: () => serviceProviders.reload(),
      },
      'end-sessions': { explains: 'Forgets all browser sessions.', run: () => store.sessions.clear() },
    },
    state: () => ({
      sessions: [...store.sessions.values()].map(({ uuid, authTime, ends, participants }) => ({
        uuid,
        authTime,
        ends,
        participants,
      })),
      pending: store.pending.size,
    }),
    reset: () => {
      store.clear();
      certificates.reset();
      serviceProviders.reload();
    },
  };
}
