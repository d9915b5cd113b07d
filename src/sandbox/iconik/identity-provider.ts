/** What an administrator or the API sets about an identity provider; one certificate, one sign-on address. */
export type IdentityProviderSettings = {
  readonly name: string;
  readonly idp_entity_id: string;
  readonly idp_sso_post_url: string;
  readonly idp_sls_redirect_url?: string;
  readonly idp_x509cert?: string;
  readonly cert_fingerprint?: string;
  readonly cert_fingerprint_algorithm?: string;
  readonly signature_algorithm?: string;
  readonly digest_algorithm?: string;
  readonly want_assertions_signed?: boolean;
  readonly want_messages_signed?: boolean;
  readonly name_id_encrypted?: boolean;
};

export type IdentityProviderRecord = {
  readonly id: string;
  /** Names it in addresses. */
  readonly public_id: string;
  type: string;
  /** Null: set up by hand before the demo began, and follows the broker's metadata. */
  settings: IdentityProviderSettings | null;
  verbose_logging: boolean;
  readonly date_created: string;
  date_modified: string;
};
