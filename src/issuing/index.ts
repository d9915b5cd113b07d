/**
 * issuing: what relying parties receive after a sign-in was decided: the login token of BigCommerce storefronts,
 * SAML responses, OIDC codes and tokens, each in a folder of its own behind one port (`issuer.ts`).
 *
 *   request of a relying party ─▶ checked, kept under a handle ─▶ (login decides) ─▶ issue ─▶ answer
 *
 * Owns the exact bytes of each artefact and the requests that wait for one. Never decides who may have one: login
 * asks reconcile first, and calls this room last (DESIGN §1.1).
 */

export { type RequestedContext, satisfies } from './authn-context.ts';
export {
  ControlPanelAccess,
  controlPanelKind,
  createControlPanelIssuer,
} from './bigcommerce-control-panel/index.ts';
export {
  type CustomerLogin,
  type CustomerLoginRequest,
  type CustomerLoginSettings,
  createStorefrontIssuer,
  isStorePath,
  mintCustomerLogin,
  type Storefront,
  storefrontSignOutUrl,
} from './bigcommerce-login/index.ts';
export type {
  Answer,
  GoneRequest,
  Issued,
  Issuer,
  LoginRequest,
  LoginRequests,
  Refusal,
  SignOn,
  VouchingSession,
} from './issuer.ts';
export { migrations } from './migrations.ts';
export {
  type Access,
  type AccessAnswer,
  type AccessQuestion,
  checkMachines,
  checkOidcAccess,
  checkOidcResources,
  createOidcProvider,
  createPersonGates,
  isOidcProgramPath,
  isPkceOptional,
  MachineConfig,
  type Mountable,
  OidcAccess,
  type OidcCheckContext,
  type OidcNeeds,
  type OidcProvider,
  oidcKind,
  oidcPartyOf,
  type PersonGates,
  purgeEndedGrants,
} from './oidc/index.ts';
export {
  checkSamlParties,
  checkSamlParty,
  createClaimEnvironment,
  createMetadataCopies,
  createNameBearers,
  createSamlIdentityProvider,
  createSamlNames,
  forgetSamlNames,
  type GivenName,
  goesByMail,
  isSamlEndpoint,
  type MetadataCopies,
  type NameBearer,
  type NameBearers,
  type SamlCheckContext,
  type SamlIdentityProvider,
  SamlIssuingError,
  type SamlIssuingErrorCode,
  type SamlKind,
  type SamlLogout,
  type SamlLogoutPeer,
  type SamlNames,
  type SamlNeeds,
  type SamlSettings,
  samlKinds,
  samlRoutes,
  samlSettingsOf,
} from './saml/index.ts';
