import type { KeyRing } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { CertificateMetrics } from './metrics.ts';

export type KeyCareNeeds = {
  readonly keys: Pick<KeyRing, 'keepFresh'>;
  readonly metrics: CertificateMetrics;
  readonly log: Log;
};

/** One round of what signing keys need from time to time. */
export async function careForKeys({ keys, metrics, log }: KeyCareNeeds): Promise<void> {
  const { rotated, destroyed, certificates, warned } = await keys.keepFresh();
  for (const { purpose, from, to } of rotated) log.info('signing key rotated', { purpose, from, to });
  if (destroyed.length > 0) log.info('retired signing keys destroyed', { keys: destroyed });
  for (const end of certificates) metrics.certificateEnds(end);
  for (const { notAfter, ...end } of warned) {
    log.warn('a certificate ends soon', { ...end, ends: notAfter.toISOString() });
  }
}
