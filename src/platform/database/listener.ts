import { Client, type ClientConfig } from 'pg';
import { SECOND } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { databaseUnavailable } from './errors.ts';

/**
 * Called with the payload of a notification, or with `undefined` after the connection was lost and made anew:
 * notifications may then have been missed, so look at the tables.
 */
export type OnNotify = (payload: string | undefined) => void;

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5 * SECOND;
const HEARTBEAT_MS = 30 * SECOND;

/** One connection that listens on all channels of a process and comes back by itself when it is lost. */
export class Listener implements AsyncDisposable {
  readonly #config: ClientConfig;
  readonly #log: Log;
  readonly #subscribers = new Map<string, Set<OnNotify>>();
  #client: Promise<Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(config: ClientConfig, log: Log) {
    this.#config = { ...config, query_timeout: 10 * SECOND };
    this.#log = log;
  }

  /** Resolves when notifications sent from now on will arrive. @throws Unavailable `database.unavailable` */
  async listen(channel: string, onNotify: OnNotify): Promise<AsyncDisposable> {
    const name = checkedChannel(channel);
    const all = this.#subscribers.get(name) ?? new Set();
    this.#subscribers.set(name, all.add(onNotify));
    try {
      const client = await this.#connected();
      await client.query(`LISTEN ${name}`);
    } catch (error) {
      this.#forget(name, onNotify);
      throw databaseUnavailable(error);
    }
    return { [Symbol.asyncDispose]: () => this.#unlisten(name, onNotify) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    const attempt = this.#connect();
    this.#client = attempt;
    attempt.catch(() => {
      if (this.#client === attempt) this.#client = undefined;
    });
    return attempt;
  }

  async #connect(): Promise<Client> {
    const client = new Client(this.#config);
    const lost = (): void => this.#lost(client);
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''));
    try {
      await client.connect();
      for (const channel of this.#subscribers.keys()) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#failures = 0;
    clearInterval(this.#heartbeat);
    // A connection that died silently (no FIN) is noticed only by asking.
    this.#heartbeat = setInterval(() => client.query('select 1').catch(lost), HEARTBEAT_MS).unref();
    return client;
  }

  #lost(client: Client): void {
    const current = this.#client;
    if (this.#closed || !current) return;
    void current.then(
      (open) => {
        if (open !== client || this.#client !== current) return;
        this.#client = undefined;
        clearInterval(this.#heartbeat);
        client.end().catch(() => undefined);
        this.#log.warn('listening connection lost');
        this.#scheduleRetry();
      },
      () => undefined,
    );
  }

  #scheduleRetry(): void {
    if (this.#closed || this.#subscribers.size === 0) return;
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#reconnect(), delay).unref();
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connected();
    } catch {
      this.#scheduleRetry();
      return;
    }
    this.#log.info('listening connection is back');
    for (const channel of this.#subscribers.keys()) this.#deliver(channel, undefined);
  }

  #deliver(channel: string, payload: string | undefined): void {
    for (const onNotify of this.#subscribers.get(channel) ?? []) {
      try {
        onNotify(payload);
      } catch (error) {
        this.#log.error('a notification handler failed', { channel, error });
      }
    }
  }

  async #unlisten(channel: string, onNotify: OnNotify): Promise<void> {
    if (!this.#forget(channel, onNotify) || this.#closed) return;
    const client = await this.#client?.catch(() => undefined);
    await client?.query(`UNLISTEN ${channel}`).catch(() => undefined);
  }

  /** @returns whether nobody listens on the channel any more. */
  #forget(channel: string, onNotify: OnNotify): boolean {
    const all = this.#subscribers.get(channel);
    all?.delete(onNotify);
    if (all?.size === 0) this.#subscribers.delete(channel);
    return all?.size === 0;
  }
}

/** Channel names cannot be parameters of LISTEN, so only harmless ones are accepted. */
function checkedChannel(channel: string): string {
  if (!/^[a-z][a-z_]{0,61}$/.test(channel)) throw new TypeError('a channel name is lower-case letters and _');
  return channel;
}
