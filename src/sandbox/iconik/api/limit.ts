import type { Iconik } from '../server.ts';

/** Where an application stands after this request. */
export type Standing = {
  readonly isWithin: boolean;
  readonly remaining: number;
  /** Until the oldest request of the window no longer counts. */
  readonly waitSeconds: number;
};

/** A sliding window for each application. A refused request does not count. */
export function countRequest({ store, switches, needs }: Iconik, appId: string): Standing {
  const { rateLimit, rateWindowSeconds } = switches.positions;
  const now = needs.clock.now().getTime();
  const windowMs = rateWindowSeconds * 1_000;
  const times = (store.requestTimes.get(appId) ?? []).filter((time) => time > now - windowMs && time <= now);
  const isWithin = times.length < rateLimit;
  if (isWithin) times.push(now);
  store.requestTimes.set(appId, times);
  const oldest = times[0] ?? now;
  return {
    isWithin,
    remaining: Math.max(0, rateLimit - times.length),
    waitSeconds: Math.max(1, Math.ceil((oldest + windowMs - now) / 1_000)),
  };
}
