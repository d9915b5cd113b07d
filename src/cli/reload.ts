import { setTimeout as timer } from 'node:timers/promises';
import type { RunningApp } from '../app/index.ts';
import { ConfigurationError, SECOND, Unavailable } from '../base/index.ts';
import type { Log } from '../platform/log/index.ts';
import { readConfiguration } from './settings.ts';

const AGAIN_AFTER_MS = 5 * SECOND;

type Applying = Pick<RunningApp, 'apply'>;

/**
 * Reads the file again on SIGHUP, one time after the other, from the moment that this is made: a broker that is still
 * starting takes the file over when it is given here, and does not die of the signal.
 */
export class ReloadOnHangUp implements Disposable {
  readonly #path: string;
  readonly #log: Log;
  readonly #sleep: (ms: number) => Promise<unknown>;
  readonly #listener = (): void => {
    this.#isWanted = true;
    void this.#work();
  };
  #app: Applying | undefined;
  #isWanted = false;
  #isWorking = false;
  #isOver = false;

  constructor(
    path: string,
    log: Log,
    sleep = (ms: number): Promise<unknown> => timer(ms, null, { ref: false }),
  ) {
    this.#path = path;
    this.#log = log;
    this.#sleep = sleep;
    process.on('SIGHUP', this.#listener);
  }

  /** The broker is there: what was asked for while it started is done now. */
  serves(app: Applying): void {
    this.#app = app;
    void this.#work();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    process.off('SIGHUP', this.#listener);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    while (this.#app && this.#isWanted && !this.#isOver) {
      this.#isWanted = false;
      await this.#reload(this.#app);
    }
    this.#isWorking = false;
  }

  /** A file that is wrong, or a broker that cannot be built from it, changes nothing. */
  async #reload(app: Applying): Promise<void> {
    const path = this.#path;
    try {
      await app.apply(readConfiguration(path), { via: 'file' });
    } catch (error) {
      if (error instanceof Unavailable) return this.#again(error);
      const problems = error instanceof ConfigurationError ? error.problems : undefined;
      this.#log.error('the configuration was not taken over; the former one stays in force', {
        path,
        ...(problems ? { problems } : { error }),
      });
    }
  }

  /** Nothing is wrong with the file: all processes are to end up with it, also those that met a database away. */
  async #again(error: Unavailable): Promise<void> {
    this.#log.warn('the configuration is not taken over yet; another try follows', {
      path: this.#path,
      error,
    });
    this.#isWanted = true;
    await this.#sleep(AGAIN_AFTER_MS);
  }
}
