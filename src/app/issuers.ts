import {
  controlPanelKind,
  createControlPanelIssuer,
  createOidcProvider,
  createPersonGates,
  createSamlIdentityProvider,
  type Issuer,
  type LoginRequests,
  type Mountable,
  type OidcNeeds,
  type OidcProvider,
  oidcPartyOf,
  type PersonGates,
  type SamlIdentityProvider,
  type SamlNeeds,
  samlSettingsOf,
} from '../issuing/index.ts';
import { type AccessEnds, type PartyLogout, type PartyLogouts, samlPartyLogout } from '../logout/index.ts';
import type { Registry, RelyingParty } from '../relying-parties/index.ts';

/** Everything that issues to relying parties, behind the ports of login and logout. */
export type Issuers = Disposable & {
  readonly oidc: OidcProvider;
  readonly saml: SamlIdentityProvider;
  issuerOf(party: RelyingParty): Issuer;
  requestsOf(protocol: 'oidc' | 'saml'): LoginRequests;
  readonly partyLogout: PartyLogouts;
  readonly access: AccessEnds;
  /** Paths that the OpenID provider answers by itself. */
  readonly mounts: Readonly<Record<string, Mountable>>;
};

export type IssuersNeeds = OidcNeeds &
  SamlNeeds & {
    readonly registry: Registry;
    /** The kind of storefronts: its issuer, and where a person signs out by hand. */
    readonly storefronts: {
      readonly issuer: Issuer;
      readonly signOutUrlOf: (relyingParty: string) => URL | undefined;
    };
  };

/** Opens the OpenID provider and the SAML identity provider, and says which kind is entered and left how. */
export async function openIssuers(needs: IssuersNeeds): Promise<Issuers> {
  const { registry, storefronts } = needs;
  const saml = createSamlIdentityProvider(needs);
  const oidc = await createOidcProvider(needs);
  const gates = createPersonGates(needs.db);
  const controlPanel = createControlPanelIssuer();

  return {
    ...{ oidc, saml },
    issuerOf: (party) => {
      if (oidcPartyOf(party)) return oidc.issuer;
      if (samlSettingsOf(party)) return saml.issuer;
      return party.kind === controlPanelKind.kind ? controlPanel : storefronts.issuer;
    },
    requestsOf: (protocol) => (protocol === 'oidc' ? oidc.requests : saml.requests),
    partyLogout: (id) => {
      const party = registry.relyingParty(id);
      if (party && oidcPartyOf(party)) return oidc.partyLogout(id);
      if (party && samlSettingsOf(party)) return samlPartyLogout(id, saml.logout);
      return byHand(storefronts.signOutUrlOf(id));
    },
    access: endsOf(oidc, gates),
    mounts: {
      '/oidc': oidc.handler,
      '/.well-known/oauth-authorization-server/oidc': oidc.metadataHandler,
    },
    [Symbol.dispose]: () => {
      oidc[Symbol.dispose]();
      saml[Symbol.dispose]();
    },
  };
}

/** Storefronts cannot be told; their own sign-out page can be opened. How long a store's session runs, nobody knows. */
function byHand(url: URL | undefined): PartyLogout {
  const residual = 'Nobody here can see how long it stays open otherwise.';
  return url ? { kind: 'by-hand', url, residual } : { kind: 'none', residual };
}

function endsOf(oidc: OidcProvider, gates: PersonGates): AccessEnds {
  return {
    nothingBefore: (personId, at) => gates.close(personId, at),
    revokeOfSession: async ({ id }) => void (await oidc.endGrantsOfSession(id, 'the session ended')),
    revokeOfPerson: async (id) => void (await oidc.endGrantsOfPerson(id, 'the access ended')),
  };
}
