/** How a SCIM client is known to the wiki: by the token that an administrator copied, or as an OAuth client. */
export const wikiCredentials = {
  /** Never expires. */
  token: 'wiki-scim-demo-token-0000000000000000',
  /** `client_credentials` at `/oauth/token`. */
  clientId: 'wiki-scim',
  clientSecret: 'wiki-scim-demo-secret-0000000000000000',
} as const;
