import type { Upstreams } from '../federation/index.ts';
import type { CertificateEnd, KeyRing } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { CertificateMetrics } from './metrics.ts';

export type KeyCareNeeds = {
  readonly keys: Pick<KeyRing, 'keepFresh'>;
  readonly upstreams: Pick<Upstreams, 'list'>;
  readonly metrics: CertificateMetrics;
  readonly log: Log;
};

/** One round of what signing keys need from time to time. */
export async function careForKeys({ keys, upstreams, metrics, log }: KeyCareNeeds): Promise<void> {
  const { rotated, destroyed, certificates, warned } = await keys.keepFresh(await endsUpstream(upstreams));
  for (const { purpose, from, to } of rotated) log.info('signing key rotated', { purpose, from, to });
  if (destroyed.length > 0) log.info('retired signing keys destroyed', { keys: destroyed });
  // Of a connection with several certificates the metric shows the last end: until then one of them is good.
  const lastWins = certificates.toSorted((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
  for (const end of lastWins) metrics.certificateEnds(end);
  for (const { notAfter, ...end } of warned) {
    log.warn('a certificate ends soon', { ...end, ends: notAfter.toISOString() });
  }
}

async function endsUpstream(upstreams: Pick<Upstreams, 'list'>): Promise<readonly CertificateEnd[]> {
  const ends = upstreams.list().map(async (upstream) => {
    const certificates = (await upstream.certificates?.()) ?? [];
    return certificates.map(({ fingerprint, notAfter }): CertificateEnd => {
      return { of: `connection ${upstream.id}`, certificate: fingerprint, notAfter };
    });
  });
  return (await Promise.all(ends)).flat();
}
