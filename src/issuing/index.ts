/**
 * issuing: what relying parties receive after a sign-in was decided. So far the login token of BigCommerce
 * storefronts; OIDC and SAML live in folders beside it.
 *
 * Owns the exact bytes of each artefact. Never decides who may have one: login asks reconcile first, and calls
 * this room last (DESIGN §1.1). Pure functions of their arguments; nothing here reads a database or a clock.
 */
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
