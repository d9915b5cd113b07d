import { z } from 'zod';
import type { Json } from '../../base/index.ts';
import { FederationError } from '../errors.ts';
import type { ProviderMetadata } from './discovery.ts';

/** What finish() needs again; the transaction fixes connection, issuer and endpoints (R2.4). */
export const Pending = z.strictObject({
  connection: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  issuer: z.string(),
  tokenEndpoint: z.string(),
  startedAt: z.coerce.date(),
  /** Oldest acceptable proof, in seconds before `startedAt`; 0 for a forced sign-in. */
  maxAgeSeconds: z.number().optional(),
});
export type Pending = z.output<typeof Pending>;

/** As it is kept between the two halves of a sign-in. */
export function toJson({ startedAt, maxAgeSeconds, ...rest }: Pending): Json {
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
}

/**
 * R2.4. The login room found `pending` by the state; that it belongs to this connection is ours to check.
 *
 * @throws FederationError `federation.wrong_transaction`
 */
export function checkTransaction(
  pending: Pending,
  now: { readonly connection: string; readonly state: string; readonly provider: ProviderMetadata },
): void {
  const { connection, state, provider } = now;
  const problem =
    pending.connection !== connection
      ? 'the transaction belongs to another connection'
      : pending.state !== state
        ? 'the state is another one'
        : pending.issuer !== provider.issuer || pending.tokenEndpoint !== provider.endpoints.token.href
          ? 'issuer or token endpoint changed during the sign-in'
          : undefined;
  if (problem) throw new FederationError('federation.wrong_transaction', `${connection}: ${problem}`);
}
