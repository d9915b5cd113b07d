/** The session that a relying party has of its own, as both sides name it. Telling it later that we are done needs this. */
export type PartySession = {
  /** SAML SessionIndex or OIDC `sid`; unique among the sessions of one relying party. */
  readonly handle: string;
  /** SAML NameID or OIDC `sub`, as sent. */
  readonly subject: string;
  /** Whatever else the protocol's logout message repeats (NameID format and qualifiers). Personal, not secret. */
  readonly details: Readonly<Record<string, string>>;
};
