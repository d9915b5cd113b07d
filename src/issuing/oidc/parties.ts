import type { Secret } from '../../base/index.ts';
import type { Registry, RelyingParty } from '../../relying-parties/index.ts';
import { controlPanelOidc } from '../bigcommerce-control-panel/config.ts';
import type { MachineConfig, OidcAccess, SigningAlgorithm } from './config.ts';

/** A relying party that talks OpenID Connect to us. */
export type OidcParty = RelyingParty & { readonly access: OidcAccess };

/** Whoever may show a `client_id`: applications of the registry, and machines. Looked up at each request. */
export interface Parties {
  application(clientId: string): OidcParty | undefined;
  applications(): readonly OidcParty[];
  machine(clientId: string): MachineConfig | undefined;
  /** Newest first. */
  secretsOf(clientId: string): readonly Secret[];
  /** The relying party behind a resource identifier (RFC 8707), if this application may name it. */
  resource(identifier: string, client: OidcParty): RelyingParty | undefined;
}

export function createParties(registry: Registry, machines: readonly MachineConfig[]): Parties {
  const machineById = new Map(machines.map((machine) => [machine.id, machine]));
  const application = (id: string): OidcParty | undefined => {
    const party = registry.relyingParty(id);
    return party && oidcPartyOf(party);
  };
  return {
    application,
    applications: () => registry.relyingParties().flatMap((party) => oidcPartyOf(party) ?? []),
    machine: (id) => machineById.get(id),
    secretsOf: (id) => application(id)?.access.clientSecrets ?? machineById.get(id)?.clientSecrets ?? [],
    resource(identifier, client) {
      return [client.id, ...client.access.resources]
        .map((id) => registry.relyingParty(id))
        .find((party) => party !== undefined && resourceOf(party) === identifier);
    },
  };
}

/** The kind itself, or one that stands for it by its settings. */
export function oidcPartyOf(party: RelyingParty): OidcParty | undefined {
  const access = party.kind === 'oidc' ? (party.access as OidcAccess) : controlPanelOidc(party);
  return access && { ...party, access };
}

/** What tokens for this relying party carry as audience. */
export function resourceOf(party: RelyingParty): string {
  return oidcPartyOf(party)?.access.resource ?? `urn:vestibule:${party.id}`;
}

/** A store of another kind has no setting: its API can check a signed token by itself, so it gets one. */
export function accessTokenFormatOf(party: RelyingParty): 'opaque' | 'jwt' {
  return oidcPartyOf(party)?.access.accessTokenFormat ?? 'jwt';
}

export function accessTokenAlgOf(party: RelyingParty): SigningAlgorithm {
  return oidcPartyOf(party)?.access.idTokenAlg ?? 'ES256';
}
