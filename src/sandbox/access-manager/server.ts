import type { SystemNeeds } from '../frame/system.ts';
import type { Certified } from '../saml/certificate.ts';
import type { Certificates } from './certificates.ts';
import type { ServiceProviders } from './service-providers.ts';
import type { AccessManagerStore } from './store.ts';
import type { AccessManagerSwitches } from './switches.ts';

/** What every part of the identity provider works with. */
export type AccessManager = {
  readonly needs: SystemNeeds;
  readonly switches: AccessManagerSwitches;
  readonly store: AccessManagerStore;
  readonly certificates: Certificates;
  readonly serviceProviders: ServiceProviders;
};

/** The addresses of one face of the identity provider: the general one, or that of a unique id. */
export type Endpoints = {
  readonly entityId: string;
  readonly metadata: string;
  readonly sso: string;
  readonly slo: string;
  readonly sloReturn: string;
  readonly soap: string;
};

export function endpointsOf(am: AccessManager, face: 'general' | 'ours' = 'ours'): Endpoints {
  const { uniqueId, entityIdOverride } = am.switches.positions;
  const folder = face === 'ours' && uniqueId !== null ? `/nidp/saml2/${uniqueId}` : '/nidp/saml2';
  const at = (name: string): string => am.needs.url('am', `${folder}/${name}`);
  return {
    entityId: entityIdOverride ?? at('metadata'),
    metadata: at('metadata'),
    sso: at('sso'),
    slo: at('slo'),
    sloReturn: at('slo_return'),
    soap: at('soap'),
  };
}

/** The key that signs, hostile or not. */
export function signingCertificate(am: AccessManager): Promise<Certified> {
  const { signature } = am.switches.positions;
  return signature === 'unknown-key' ? am.certificates.unknown() : am.certificates.signing();
}
