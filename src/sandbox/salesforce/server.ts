import type { SystemNeeds } from '../frame/system.ts';
import { type Certified, certify } from '../saml/certificate.ts';
import type { TrustedIdentityProvider } from '../saml/identity-provider.ts';
import { makeId } from './api/ids.ts';
import { type LoginRow, nextSerial, type SalesforceStore } from './store.ts';
import type { SalesforceSwitches } from './switches.ts';
import { userById } from './users.ts';

/** What every part of the simulator works with. The store is replaced by a reset. */
export type Salesforce = {
  readonly needs: SystemNeeds;
  readonly switches: SalesforceSwitches;
  readonly identityProvider: TrustedIdentityProvider;
  store: SalesforceStore;
};

export const HOST = 'halden.my.salesforce';
export const BRAND = 'Salesforce';
/** Id of the one single sign-on configuration. */
export const SSO_CONFIG = '0LEHa0000000001MAA';

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

type LoginFacts = Pick<LoginRow, 'UserId' | 'LoginType' | 'Status'> & Partial<LoginRow>;

/** Writes Login History, and at the user when they were last here. */
export function recordLogin({ needs, store }: Salesforce, facts: LoginFacts): void {
  const LoginTime = needs.clock.now().toISOString();
  const isSaml = facts.LoginType !== 'Remote Access 2.0';
  store.history.push({
    ...{ Id: makeId('LoginHistory', nextSerial(store)), LoginTime, SourceIp: '127.0.0.1' },
    ...{
      Application: isSaml ? 'Browser' : 'Vestibule',
      AuthMethodReference: null,
      AuthContextClassRef: null,
    },
    AuthenticationServiceId: isSaml ? SSO_CONFIG : null,
    ...facts,
  });
  const user = facts.Status === 'Success' && userById(store, facts.UserId ?? '');
  if (user) store.records.change('User', user.Id, { LastLoginDate: LoginTime.replace('Z', '+0000') });
}
