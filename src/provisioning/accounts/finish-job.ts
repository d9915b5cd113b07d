import { z } from 'zod';
import { SECOND } from '../../base/index.ts';
import type { JobKind } from '../../platform/jobs/index.ts';
import type { Provisioning } from '../provisioning.ts';
import { FINISH_ACCOUNT } from '../run.ts';

/** Ids only: what is to be done stands in the outbox, sealed. */
const FinishAccount = z.object({ account: z.string(), thread: z.string().optional() });

/** With the backoff below, about half a day of trying. */
const MOST_ATTEMPTS = 20;

/**
 * Finishes what a sign-in left open or a killed process began. Backoff and the
 * target's own `Retry-After` come from the queue; what fails to the end is a dead letter there.
 */
export function finishAccountJob(
  provisioning: Pick<Provisioning, 'finishAccount' | 'recordDead'>,
): JobKind<z.infer<typeof FinishAccount>> {
  return {
    kind: FINISH_ACCOUNT,
    schema: FinishAccount,
    // Longer than one run (engine.ts); renewed while it goes on, and so the time after which a killed worker is replaced.
    leaseMs: 30 * SECOND,
    backoff: { firstMs: 5 * SECOND, lastMs: 3600 * SECOND },
    maxAttempts: MOST_ATTEMPTS,
    async run({ account, thread }, { attempt }) {
      try {
        return await provisioning.finishAccount({
          account,
          attempt,
          ...(thread !== undefined && { thread }),
        });
      } catch (error) {
        if (attempt < MOST_ATTEMPTS) throw error;
        const retryAt = await provisioning.recordDead(account, thread ?? account, attempt);
        if (!retryAt) throw error;
        return { retryAt };
      }
    },
  };
}
