import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Json } from '../../base/index.ts';
import { PendingSignIn } from '../pending.ts';
import type { FailedResponse, VerifiedAssertion } from './verify-response.ts';

/** What finish() needs again. */
export const Pending = PendingSignIn.extend({ requestId: z.string() });
export type Pending = z.output<typeof Pending>;

const NameIdFacts = z.strictObject({
  value: z.string(),
  format: z.string().optional(),
  nameQualifier: z.string().optional(),
  spNameQualifier: z.string().optional(),
});

/** A verified assertion on its way through the parking place (R2.2); it never comes from a browser. */
export const Facts = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('assertion'),
    connection: z.string(),
    issuer: z.string(),
    nameId: NameIdFacts.optional(),
    attributes: z.array(z.tuple([z.string(), z.array(z.string())])),
    authnInstant: z.coerce.date(),
    sessionIndex: z.string().optional(),
    contextClass: z.string().optional(),
    sessionEnd: z.coerce.date().optional(),
    verifiedAt: z.coerce.date(),
  }),
  z.strictObject({ kind: z.literal('failed'), connection: z.string(), status: z.array(z.string()) }),
]);
export type AssertionFacts = Extract<z.output<typeof Facts>, { kind: 'assertion' }>;

/** The same, as it is parked. */
export function factsOf(connection: string, verified: VerifiedAssertion | FailedResponse, now: Date): Json {
  if (verified.kind === 'failed') return { kind: 'failed', connection, status: verified.status };
  const { authn, nameId, sessionEnd } = verified;
  return {
    kind: 'assertion',
    connection,
    issuer: verified.issuer,
    ...(nameId && { nameId: { ...nameId } }),
    attributes: [...verified.attributes].map(([name, values]): Json => [name, values]),
    authnInstant: authn.authnInstant.toISOString(),
    ...(authn.sessionIndex !== undefined && { sessionIndex: authn.sessionIndex }),
    ...(authn.contextClass !== undefined && { contextClass: authn.contextClass }),
    ...(sessionEnd && { sessionEnd: sessionEnd.toISOString() }),
    verifiedAt: now.toISOString(),
  };
}

/** SAML Core 1.3.4: an NCName that nobody can guess; 256 random bits. */
export function requestId(wanted: string | undefined): string {
  if (wanted === undefined) return `_${randomBytes(32).toString('hex')}`;
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(wanted)) throw new TypeError('the correlation is no SAML id');
  return wanted;
}
