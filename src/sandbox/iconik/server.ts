import type { SystemNeeds } from '../frame/system.ts';
import { type Certified, certify } from '../saml/certificate.ts';
import type { TrustedIdentityProvider } from '../saml/identity-provider.ts';
import type { IconikStore, LoginRecord } from './store.ts';
import type { IconikSwitches } from './switches.ts';

/** What every part of the simulator works with. The store is replaced by a reset. */
export type Iconik = {
  readonly needs: SystemNeeds;
  readonly switches: IconikSwitches;
  /** The broker, by its metadata; for an identity provider without settings of its own. */
  readonly identityProvider: TrustedIdentityProvider;
  store: IconikStore;
};

export const HOST = 'iconik';
export const BRAND = 'iconik';

/** The key that signs logout messages while the switch wants that. */
export function logoutSigner(iconik: Iconik): Promise<Certified> | undefined {
  return iconik.switches.positions.signLogout
    ? certify(iconik.needs.keys, 'iconik-sp', 'iconik.localhost')
    : undefined;
}

export function recordLogin(iconik: Iconik, record: Omit<LoginRecord, 'at'>): void {
  iconik.store.logins.push({ at: iconik.needs.clock.now().toISOString(), ...record });
}
