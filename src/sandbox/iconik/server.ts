import type { SystemNeeds } from '../frame/system.ts';
import { type Certified, certify } from '../saml/certificate.ts';
import type { TrustedIdentityProvider } from '../saml/identity-provider.ts';
import type { IconikStore, LoginRecord } from './store.ts';
import type { IconikSwitches } from './switches.ts';

/** What every part of the simulator works with. The store is replaced by a reset. */
export type Iconik = {
  readonly needs: SystemNeeds;
  readonly switches: IconikSwitches;
  readonly identityProvider: TrustedIdentityProvider;
  store: IconikStore;
};

export const HOST = 'iconik';
export const BRAND = 'iconik';

/** Addresses of the service provider; the API part is as in the product, trailing slash included. */
export function endpointsOf({ needs, store }: Iconik): {
  readonly entityId: string;
  readonly start: string;
  readonly acs: string;
  readonly slo: string;
} {
  const at = (what: string): string => needs.url(HOST, `/API/auth/v1/auth/saml/${what}/${store.publicId}/`);
  return { entityId: at('metadata'), start: at('sso'), acs: at('acs'), slo: at('slo') };
}

/** The key that signs logout messages while the switch wants that. */
export function logoutSigner(iconik: Iconik): Promise<Certified> | undefined {
  return iconik.switches.positions.signLogout
    ? certify(iconik.needs.keys, 'iconik-sp', 'iconik.localhost')
    : undefined;
}

export function recordLogin(iconik: Iconik, record: Omit<LoginRecord, 'at'>): void {
  iconik.store.logins.push({ at: iconik.needs.clock.now().toISOString(), ...record });
}
