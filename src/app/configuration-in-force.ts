import { type AccessLog, type Actor, accessEvents } from '../access-log/index.ts';
import { newId, type Problem, SECOND } from '../base/index.ts';
import type { DatabaseHandle } from '../platform/database/index.ts';
import type { Log } from '../platform/log/index.ts';
import { OBJECTS_CHANNEL, type ObjectStore, type StoredObjects } from '../relying-parties/index.ts';
import { type Composed, compose, type ObjectsToFit } from './compose.ts';
import type { Configuration } from './config.ts';
import { configChanges } from './config-changes.ts';
import { repeat } from './repeat.ts';

/** A notification that was missed costs no more than this. */
const LOOK_EVERY_MS = 15 * SECOND;

/** The configuration file and the objects of the API, together, as this process works with them now. */
export interface ConfigurationInForce {
  readonly config: Configuration;
  /** Without the objects of the API. */
  readonly file: Configuration;
  /** Stored objects that do not work here, and why. */
  readonly leftOut: Composed['leftOut'];
  /** What these objects would come to with the file. Pure. */
  tryOut(objects: ObjectsToFit): Composed;
  /** Puts another configuration file in force. @throws ConfigurationError; then the former one stays */
  apply(file: Configuration, by: Actor): Promise<void>;
  /** Resolves when every object that was stored before the call is in force here. Many callers share one change. */
  refresh(): Promise<void>;
}

export type InForceNeeds = {
  readonly file: Configuration;
  readonly objects: ObjectStore;
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly log: Log;
};

type Put = (config: Configuration) => Promise<void>;

/**
 * Reads what is stored and puts it together with the file. It takes effect when `follow` is given what to do with it.
 *
 * @throws ConfigurationError when the file does not fit what is stored.
 */
export async function readConfigurationInForce(
  needs: InForceNeeds,
): Promise<ConfigurationInForce & Followed> {
  const first = await needs.objects.read();
  return new InForce(needs, first);
}

type Followed = {
  /** Hands on every change from here on: this process's, and those of others as soon as they are told. */
  follow(put: Put, listen: DatabaseHandle['listen']): Promise<AsyncDisposable>;
};

class InForce implements ConfigurationInForce, Followed {
  readonly #needs: InForceNeeds;
  #file: Configuration;
  #stored: StoredObjects;
  #composed: Composed;
  #put: Put | undefined;
  /** Changes happen one after the other. */
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(needs: InForceNeeds, stored: StoredObjects) {
    this.#needs = needs;
    this.#file = needs.file;
    this.#stored = stored;
    this.#composed = compose(needs.file, stored);
    this.#warn(this.#composed);
  }

  get config(): Configuration {
    return this.#composed.config;
  }

  get file(): Configuration {
    return this.#file;
  }

  get leftOut(): Composed['leftOut'] {
    return this.#composed.leftOut;
  }

  tryOut(objects: ObjectsToFit): Composed {
    return compose(this.#file, objects);
  }

  apply(file: Configuration, by: Actor): Promise<void> {
    return this.#next(async () => this.#change(file, await this.#needs.objects.read(), by));
  }

  refresh(): Promise<void> {
    // Whoever asks while one waits is served by it: it reads when its turn comes.
    this.#waiting ??= this.#next(async () => {
      this.#waiting = undefined;
      if ((await this.#needs.objects.mark()) === this.#stored.mark) return;
      await this.#change(this.#file, await this.#needs.objects.read(), { via: 'api' });
    });
    return this.#waiting;
  }

  async follow(put: Put, listen: DatabaseHandle['listen']): Promise<AsyncDisposable> {
    this.#put = put;
    const look = (): Promise<void> =>
      this.refresh().catch((error: unknown) =>
        this.#needs.log.error('objects of the API are not in force here; another try follows', { error }),
      );
    await using opening = new AsyncDisposableStack();
    // After a lost connection too: what was told meanwhile was not heard.
    opening.use(await listen(OBJECTS_CHANNEL, () => void look()));
    opening.use(
      repeat({
        ...{ name: 'objects of the API', everyMs: LOOK_EVERY_MS, log: this.#needs.log },
        work: look,
      }),
    );
    const closing = opening.move();
    return {
      [Symbol.asyncDispose]: async () => {
        await closing.disposeAsync();
        await this.#last;
      },
    };
  }

  #next(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #change(file: Configuration, stored: StoredObjects, by: Actor): Promise<void> {
    const { accessLog, log } = this.#needs;
    const composed = compose(file, stored);
    const changes = configChanges(this.#composed.config, composed.config);
    await this.#put?.(composed.config);
    this.#file = file;
    this.#stored = stored;
    this.#composed = composed;
    this.#warn(composed);
    await accessLog.append(accessEvents.configApplied({ thread: newId('ref'), facts: { by, ...changes } }));
    log.info('configuration is in force', changes);
  }

  #warn({ leftOut }: Composed): void {
    for (const [relyingParty, problems] of leftOut) {
      this.#needs.log.warn('a relying party of the API does not fit and is left out', {
        relyingParty,
        problems: problems.map(lineOf),
      });
    }
  }
}

function lineOf({ path, message }: Problem): string {
  return `${path}: ${message}`;
}
