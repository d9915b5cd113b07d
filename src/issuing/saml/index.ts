/**
 * issuing/saml: our SAML 2.0 identity provider: takes requests of service providers, makes responses, publishes
 * metadata, and has single-logout messages ready.
 *
 *   /saml/sso ─▶ takeAuthnRequest ─▶ /login/request/saml/:handle ─▶ (login decides) ─▶ issue ─▶ form to the ACS
 *
 * One entity id for all relying parties; each brings its settings (`saml`, or a preset that stands for such settings)
 * and its trust, from the configuration or from metadata that is read again and again. Keeps requests sealed for 15
 * minutes and answers each once. Reads no cookie and sets none (R2.2).
 */
export { checkSamlParties, checkSamlParty, type SamlCheckContext } from './check-settings.ts';
export { createClaimEnvironment } from './claims.ts';
export { SamlAccess, type SamlSettings } from './config.ts';
export { createSamlIdentityProvider, type SamlIdentityProvider, type SamlNeeds } from './create.ts';
export { SamlIssuingError, type SamlIssuingErrorCode } from './errors.ts';
export { goesByMail, type SamlKind, samlKinds, samlSettingsOf } from './kinds.ts';
export type { SamlLogout, SamlLogoutPeer } from './logout.ts';
export { createMetadataCopies, type MetadataCopies } from './metadata-copies.ts';
export {
  createNameBearers,
  type GivenName,
  type NameBearer,
  type NameBearers,
} from './name-bearers.ts';
export { createSamlNames, forgetSamlNames, type SamlNames } from './names.ts';
export { IconikAccess } from './presets/iconik.ts';
export { SalesforceAccess } from './presets/salesforce.ts';
export { isSamlEndpoint, samlRoutes } from './routes.ts';
