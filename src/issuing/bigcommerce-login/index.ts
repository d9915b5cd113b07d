/**
 * bigcommerce-login: the Customer Login JWT of a BigCommerce storefront and the URL that spends it.
 *
 * The client secret behind it signs in any customer of the store, so nothing here logs, and the only thing that
 * leaves is the URL itself. Whoever redirects to it sends `Referrer-Policy: no-referrer` and
 * `Cache-Control: no-store` with status 303 (R2.6) and never answers HEAD or a prefetch with it (R2.5).
 *
 * Source of the format: BigCommerce docs, Customer Login API.
 */
export {
  type CustomerLogin,
  type CustomerLoginRequest,
  type CustomerLoginSettings,
  mintCustomerLogin,
} from './customer-login.ts';
export { storefrontSignOutUrl } from './sign-out.ts';
export { isStorePath } from './store-path.ts';
export { createStorefrontIssuer, type Storefront } from './storefront-issuer.ts';
