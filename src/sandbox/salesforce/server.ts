import type { SystemNeeds } from '../frame/system.ts';
import { type Certified, certify } from '../saml/certificate.ts';
import type { TrustedIdentityProvider } from '../saml/identity-provider.ts';
import type { LoginRow, SalesforceStore } from './store.ts';
import type { SalesforceSwitches } from './switches.ts';

/** What every part of the simulator works with. The store is replaced by a reset. */
export type Salesforce = {
  readonly needs: SystemNeeds;
  readonly switches: SalesforceSwitches;
  readonly identityProvider: TrustedIdentityProvider;
  store: SalesforceStore;
};

export const HOST = 'halden.my.salesforce';
export const BRAND = 'Salesforce';

/** Addresses of the service provider on its My Domain host. The consumer service has no path, as in the product. */
export function endpointsOf({ needs, store }: Salesforce): {
  readonly entityId: string;
  readonly acs: string;
  readonly slo: string;
} {
  return {
    entityId: needs.url(HOST),
    acs: needs.url(HOST, `?so=${store.organizationId}`),
    slo: needs.url(HOST, '/services/auth/sp/saml2/logout'),
  };
}

/** The organization's certificate, which signs requests and logout messages. */
export function signer({ needs }: Salesforce): Promise<Certified> {
  return certify(needs.keys, 'salesforce-request-signing', `${HOST}.localhost`);
}

export function recordLogin(salesforce: Salesforce, row: Omit<LoginRow, 'LoginTime'>): void {
  salesforce.store.history.push({ LoginTime: salesforce.needs.clock.now().toISOString(), ...row });
}
