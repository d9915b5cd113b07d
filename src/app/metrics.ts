import type { AccessLogMetrics } from '../access-log/index.ts';
import type { OnJobRun } from '../platform/jobs/index.ts';
import type { CertificateEnd } from '../platform/keys/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';

const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120];

export function accessLogMetrics(metrics: Metrics): AccessLogMetrics {
  const queued = metrics.gauge('access_log_queued', 'Access events that wait for a commit in this process.');
  const events = metrics.counter('access_log_events_total', 'Access events that became durable.');
  const commit = metrics.histogram(
    'access_log_commit_seconds',
    'Time of one commit of a group of events.',
    SECONDS,
  );
  const lag = metrics.gauge('access_log_chain_lag_seconds', 'Age of the oldest event when it was chained.');
  const spooled = metrics.counter('access_log_spooled_total', 'Events that went to the local spool.');
  const recovered = metrics.counter('access_log_recovered_total', 'Events brought back from the spool.');
  const checkpoint = metrics.gauge('access_log_checkpoint_seq', 'Place of the last checkpoint in the chain.');
  const sinkFailed = metrics.counter(
    'access_log_sink_failed_total',
    'Checkpoints that a sink did not take.',
    ['sink'],
  );
  return {
    queued: (count) => queued(count),
    committed: (count, ms) => {
      events({}, count);
      commit(ms / 1000);
    },
    chained: (_count, oldestMs) => lag(oldestMs / 1000),
    spooled: (count) => spooled({}, count),
    recovered: (count) => recovered({}, count),
    checkpoint: (seq) => checkpoint(seq),
    sinkFailed: (sink) => sinkFailed({ sink }),
  };
}

export type CertificateMetrics = { readonly certificateEnds: (end: CertificateEnd) => void };

/** By state and not by key: a certificate that is gone must not go on alarming. */
export function certificateMetrics(metrics: Metrics): CertificateMetrics {
  const ends = metrics.gauge(
    'certificate_expires_timestamp_seconds',
    'End of a certificate, in seconds since 1970.',
    ['of', 'state'],
  );
  return {
    certificateEnds: ({ of, state = 'active', notAfter }) => ends(notAfter.getTime() / 1000, { of, state }),
  };
}

export function jobMetrics(metrics: Metrics): OnJobRun {
  const runs = metrics.counter('job_runs_total', 'Runs of durable jobs.', ['kind', 'outcome']);
  const lag = metrics.histogram('job_lag_seconds', 'Time from due to start.', SECONDS, ['kind']);
  return ({ kind, outcome, lagMs }) => {
    runs({ kind, outcome });
    lag(lagMs / 1000, { kind });
  };
}
