/** What the room tells about itself; `app` connects it to the metrics page. Every call is cheap and must not throw. */
export interface AccessLogMetrics {
  /** Events that wait for a commit in this process. */
  queued(events: number): void;
  /** One commit of a group of events. */
  committed(events: number, ms: number): void;
  /** Events taken into the chain at once, and how long the oldest had waited since it happened. */
  chained(events: number, oldestMs: number): void;
  /** Events that went to the local spool because the database did not take them. */
  spooled(events: number): void;
  /** Events brought back from the spool. */
  recovered(events: number): void;
  /** A checkpoint was signed at this place in the chain. */
  checkpoint(seq: number): void;
  /** An outside sink did not take a checkpoint. */
  sinkFailed(sink: string): void;
}

const nothing = (): void => undefined;

export const noMetrics: AccessLogMetrics = {
  queued: nothing,
  committed: nothing,
  chained: nothing,
  spooled: nothing,
  recovered: nothing,
  checkpoint: nothing,
  sinkFailed: nothing,
};
