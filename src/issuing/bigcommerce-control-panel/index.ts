/**
 * bigcommerce-control-panel: where staff run a store. BigCommerce has no public single sign-on for it, so by itself a
 * tile is a link that policy guards and the log remembers; the person signs in there as before. Once BigCommerce has
 * switched on sign-on for an account, `oidc` or `saml` say how, and it is entered like any application.
 */
export { ControlPanelAccess, controlPanelKind } from './config.ts';
export { createControlPanelIssuer } from './control-panel-issuer.ts';
