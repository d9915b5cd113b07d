import { z } from 'zod';

/**
 * Verified facts from one upstream login. Made by federation only, after every check passed; nothing else in
 * the product may build one from unverified input. Instants are ISO 8601 in JSON.
 */
export const Identity = z.object({
  /** Id of the connection that vouches for these facts. */
  connection: z.string(),
  /** OIDC `iss` or SAML entity id of the upstream. */
  issuer: z.string(),
  /** Stable identifier of the person at this upstream; with `connection` the key of the identity (R1.1). */
  subject: z.string().min(1),
  /** Login name as received; may change and be reassigned, so it is shown and never keyed on. */
  login: z.string().optional(),
  mail: z.string().optional(),
  mailVerified: z.boolean().optional(),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  displayName: z.string().optional(),
  /** Groups as the upstream names them, whole: `merchandising@staff`. */
  groups: z.array(z.string()).readonly(),
  /** Every other claim or attribute that the connection maps, by its own upstream name; values in order. */
  attributes: z.record(z.string(), z.array(z.string()).readonly()),
  /** When the person proved who they are upstream. */
  authTime: z.coerce.date(),
  /** The upstream did not say when: `authTime` is when it answered, and proves nothing about the person's presence. */
  isUndated: z.literal(true).optional(),
  /** When we verified these facts. */
  verifiedAt: z.coerce.date(),
  /** Upstream's limit for a session built on this login (SAML SessionNotOnOrAfter). */
  sessionEnd: z.coerce.date().optional(),
  /** SAML AuthnContextClassRef or OIDC `acr`, unchanged. */
  authnContext: z.string().optional(),
  /** OIDC `amr`, unchanged; empty when upstream does not say. */
  amr: z.array(z.string()).readonly(),
  /** What logging out upstream later needs: OIDC `sub` and `sid`, or SAML NameID with format and SessionIndex. */
  upstreamSession: z.record(z.string(), z.string()),
});
export type Identity = z.infer<typeof Identity>;
