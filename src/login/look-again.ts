import { launchHref } from './destination.ts';
import type { Destination } from './transaction.ts';

/** With the pauses below about ten minutes; then the page waits for the person. */
const MOST_LOOKS = 40;
const FIRST_PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 20;
/** A target that asks for more patience than this gets a page that says so, and does not hold the person. */
const LONGEST_WAIT_SECONDS = 120;

export type LookAgain = { readonly href: string; readonly seconds: number };

/**
 * When and where a page that waits looks again: more and more slowly, not before the target said, and not for ever.
 *
 * @returns undefined when looking again by itself makes no sense any more.
 */
export function lookAgain(
  req: { readonly query: Readonly<Record<string, unknown>> } | undefined,
  destination: Destination,
  retryAfterSeconds = 0,
): LookAgain | undefined {
  const looks = looksOf(req?.query['looks']);
  if (looks >= MOST_LOOKS || retryAfterSeconds > LONGEST_WAIT_SECONDS) return undefined;
  const pause = Math.min(FIRST_PAUSE_SECONDS + looks, LONGEST_PAUSE_SECONDS);
  const url = new URL(launchHref(destination), 'http://here.invalid');
  url.searchParams.set('looks', String(looks + 1));
  return { href: `${url.pathname}${url.search}`, seconds: Math.max(pause, retryAfterSeconds) };
}

function looksOf(value: unknown): number {
  return typeof value === 'string' && /^[0-9]{1,3}$/.test(value) ? Number(value) : 0;
}
