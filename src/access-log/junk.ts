import { type Clock, MINUTE, newId } from '../base/index.ts';
import type { NewAccessEvent } from './event.ts';
import { accessEvents } from './events.ts';

const MAX_COUNTERS = 1_000;
const MANY = 'many other addresses';

type Counter = { readonly minute: number; readonly kind: string; readonly address: string; count: number };

/**
 * Counts what arrives before there is any valid transaction (R6.3): one event for each minute, kind and address,
 * however much of it comes. A flood from more addresses than can be remembered shares one counter for each kind.
 */
export class JunkCounters {
  readonly #clock: Clock;
  readonly #counters = new Map<string, Counter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(kind: string, address: string): void {
    const minute = Math.floor(this.#clock.now().getTime() / MINUTE);
    const known = this.#counters.get(keyOf(minute, kind, address));
    if (known) known.count += 1;
    else this.#begin(minute, kind, this.#counters.size < MAX_COUNTERS ? address : MANY);
  }

  /** Events for the minutes that are over, or for all. What is taken is no longer counted here. */
  take(which: 'finished' | 'all'): readonly NewAccessEvent[] {
    const present = Math.floor(this.#clock.now().getTime() / MINUTE);
    const done = [...this.#counters].filter(([, { minute }]) => which === 'all' || minute < present);
    for (const [key] of done) this.#counters.delete(key);
    return done.map(([, counter]) => toEvent(counter));
  }

  #begin(minute: number, kind: string, address: string): void {
    const key = keyOf(minute, kind, address);
    const counter = this.#counters.get(key) ?? { minute, kind, address, count: 0 };
    counter.count += 1;
    this.#counters.set(key, counter);
  }
}

function keyOf(minute: number, kind: string, address: string): string {
  return `${minute} ${kind} ${address}`;
}

function toEvent({ minute, kind, address, count }: Counter): NewAccessEvent {
  const from = new Date(minute * MINUTE).toISOString();
  return accessEvents.junkCounted({
    thread: newId('ref'),
    facts: { kind, count, minute: from },
    personal: { address },
  });
}
