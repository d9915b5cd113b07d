import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../platform/log/index.ts';
import { type Checkpoint, renderCheckpoint } from './checkpoint.ts';
import type { AccessLogMetrics } from './metrics.ts';

/**
 * A place outside the database where checkpoints are kept, out of reach of whoever can change the log. May
 * receive a checkpoint twice, and may miss one that a later one covers.
 */
export interface CheckpointSink {
  /** For the operator's log and metrics: `file:/var/lib/vestibule/checkpoints.jsonl`. */
  readonly name: string;
  /** Resolves when the checkpoint is safe there. A rejection is tried again with the newest checkpoint. */
  deliver(checkpoint: Checkpoint): Promise<void>;
}

/** Appends one line for each checkpoint and waits for the disk. */
export function fileSink(path: string): CheckpointSink {
  return {
    name: `file:${path}`,
    deliver: async (checkpoint) => {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'a', 0o640);
      try {
        await file.writeFile(`${renderCheckpoint(checkpoint)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

/** Brings each sink up to the newest checkpoint; a sink that fails does not hold up the others. */
export class CheckpointDelivery {
  readonly #sinks: readonly CheckpointSink[];
  readonly #log: Log;
  readonly #metrics: AccessLogMetrics;
  readonly #delivered = new Map<CheckpointSink, number>();

  constructor(sinks: readonly CheckpointSink[], log: Log, metrics: AccessLogMetrics) {
    this.#sinks = sinks;
    this.#log = log;
    this.#metrics = metrics;
  }

  async deliver(checkpoint: Checkpoint): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => this.#deliverTo(sink, checkpoint)));
  }

  async #deliverTo(sink: CheckpointSink, checkpoint: Checkpoint): Promise<void> {
    if ((this.#delivered.get(sink) ?? 0) >= checkpoint.seq) return;
    try {
      await sink.deliver(checkpoint);
      this.#delivered.set(sink, checkpoint.seq);
    } catch (error) {
      this.#metrics.sinkFailed(sink.name);
      this.#log.error('a checkpoint sink failed', { sink: sink.name, seq: checkpoint.seq, error });
    }
  }
}
