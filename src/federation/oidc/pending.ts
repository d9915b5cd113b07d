import { z } from 'zod';
import { FederationError } from '../errors.ts';
import { PendingSignIn } from '../pending.ts';
import type { ProviderMetadata } from './discovery.ts';

/** What finish() needs again; the transaction fixes the endpoints too (R2.4). */
export const Pending = PendingSignIn.extend({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  tokenEndpoint: z.string(),
});
export type Pending = z.output<typeof Pending>;

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
