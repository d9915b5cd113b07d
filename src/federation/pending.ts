import { z } from 'zod';
import type { Json } from '../base/index.ts';

/** What finish() needs again, by whatever protocol; the transaction fixes connection and issuer (R2.4). */
export const PendingSignIn = z.strictObject({
  connection: z.string(),
  issuer: z.string(),
  startedAt: z.coerce.date(),
  /** Oldest acceptable proof, in seconds before `startedAt`; 0 for a forced sign-in. */
  maxAgeSeconds: z.number().optional(),
});
export type PendingSignIn = z.output<typeof PendingSignIn>;

/** As it is kept between the two halves of a sign-in. */
export function toJson(pending: PendingSignIn): Json {
  return JSON.parse(JSON.stringify(pending));
}
