/**
 * Where a browser signs out of one storefront. Each channel has its own host and cookie, so each needs its own
 * visit; there is no call that ends a running storefront session from the server side.
 */
export function storefrontSignOutUrl(storefrontUrl: URL): URL {
  const url = new URL('/login.php', storefrontUrl);
  url.searchParams.set('action', 'logout');
  return url;
}
