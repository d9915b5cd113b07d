import type { RequestListener } from 'node:http';
import { HOUR, MINUTE } from '../base/index.ts';
import type { Upstreams } from '../federation/index.ts';
import { type BrokerOptions, createBroker } from './broker.ts';
import type { Configuration } from './config.ts';
import { repeat } from './repeat.ts';

/** `web` answers browsers, `worker` does what is due, `all` does both. */
export type Role = 'web' | 'worker' | 'all';

/**
 * The broker of the present configuration. A new configuration gets a broker of its own, which takes over between
 * two requests: whoever is on the way finishes with the old one, and attempts, requests and sessions are in the
 * stores that both share. So relying parties, rules and keys change without a restart.
 */
export type LiveBroker = AsyncDisposable & {
  readonly handler: RequestListener;
  /** Of the present configuration. */
  upstreams(): Upstreams;
  /** Resolves when the new one has taken over. When it cannot be built or started, the old one stays. */
  apply(config: Configuration): Promise<void>;
};

type Working = AsyncDisposable & { readonly handler: RequestListener; readonly upstreams: Upstreams };

const PREPARE_EVERY_MS = 10 * MINUTE;

export async function openLiveBroker(options: BrokerOptions & { readonly role: Role }): Promise<LiveBroker> {
  let present = await putToWork(options);
  const leaving = new Set<Promise<void>>();
  return {
    handler: (req, res) => present.handler(req, res),
    upstreams: () => present.upstreams,
    async apply(config) {
      const next = await putToWork({ ...options, config });
      const former = present;
      present = next;
      const gone = Promise.resolve(former[Symbol.asyncDispose]()).catch((error: unknown) =>
        options.log.warn('the former configuration did not end cleanly', { error }),
      );
      leaving.add(gone);
      void gone.finally(() => leaving.delete(gone));
    },
    [Symbol.asyncDispose]: async () => {
      await present[Symbol.asyncDispose]();
      await Promise.all(leaving);
    },
  };
}

async function putToWork(options: BrokerOptions & { readonly role: Role }): Promise<Working> {
  await using opening = new AsyncDisposableStack();
  const broker = opening.use(await createBroker(options));
  const requests = countRequests(broker.web);
  opening.defer(() => requests.ended());
  await broker.upstreams.start();
  broker.start();
  if (options.role !== 'web') {
    await broker.jobs.start();
    opening.defer(() => broker.jobs.stop());
    opening.use(
      repeat({
        ...{ everyMs: HOUR, log: options.log, name: 'webhooks of targets' },
        work: () => broker.provisioning.webhooks.keepRight(),
      }),
    );
  }
  // From the start on, so that the first sign-in does not wait for a target to be read.
  opening.use(
    repeat({
      ...{ everyMs: PREPARE_EVERY_MS, log: options.log, name: 'preparing targets' },
      work: () => broker.provisioning.prepareTargets(),
    }),
  );
  const closing = opening.move();
  return {
    ...{ handler: requests.handler, upstreams: broker.upstreams },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Knows when the last request that this broker took is answered. */
function countRequests(web: RequestListener): { handler: RequestListener; ended(): Promise<void> } {
  let open = 0;
  let whenEnded: (() => void) | undefined;
  return {
    handler(req, res) {
      open += 1;
      res.once('close', () => {
        open -= 1;
        if (open === 0) whenEnded?.();
      });
      web(req, res);
    },
    ended: () =>
      new Promise((resolve) => {
        whenEnded = resolve;
        if (open === 0) resolve();
      }),
  };
}
