import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { failedRead } from './answers.ts';
import type { IconikCall } from './calls.ts';
import type { IconikAnswer, IconikApi } from './iconik-api.ts';
import type { Page } from './schema.ts';

/** Nobody knows how deep pages go; a domain with more entries than this needs ids in its configuration. */
export const MOST_PAGES = 50;

export type Everything<T> =
  | { readonly outcome: 'all'; readonly entries: readonly T[]; readonly isComplete: boolean }
  /** There is no such list in this domain. */
  | { readonly outcome: 'missing' }
  | CallFailed;

/** All entries of a list with numbered pages. A page past the end answers 404, which is an end too. */
export async function readPages<T>(
  api: IconikApi,
  pageAt: (number: number) => IconikCall<Page<T>>,
  budget: CallBudget,
): Promise<Everything<T>> {
  const entries: T[] = [];
  for (let number = 1; number <= MOST_PAGES; number += 1) {
    const answer = await api.send(pageAt(number), budget);
    if (answer.outcome !== 'ok') {
      if (number === 1) return answer.outcome === 'missing' ? answer : failedRead(answer);
      return answer.outcome === 'unavailable'
        ? answer
        : { outcome: 'all', entries, isComplete: ended(answer) };
    }
    entries.push(...answer.body.objects);
    if (isLast(answer.body, number)) return { outcome: 'all', entries, isComplete: true };
  }
  return { outcome: 'all', entries, isComplete: false };
}

export function isLast({ objects, pages, next_url }: Page<unknown>, number: number): boolean {
  if (objects.length === 0) return true;
  return typeof pages === 'number' ? number >= pages : !next_url;
}

function ended({ outcome }: IconikAnswer<unknown>): boolean {
  return outcome === 'missing';
}

/** All entries of a list that goes on after the last one seen. */
export async function readAfter<T>(
  api: IconikApi,
  pageAfter: (last: string | undefined) => IconikCall<Page<T>>,
  keyOf: (entry: T) => string,
  budget: CallBudget,
): Promise<Everything<T>> {
  const entries: T[] = [];
  let last: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const answer = await api.send(pageAfter(last), budget);
    if (answer.outcome === 'missing' && last === undefined) return answer;
    if (answer.outcome !== 'ok') return failedRead(answer);
    const { objects, next_url } = answer.body;
    entries.push(...objects);
    const end = objects.at(-1);
    if (!next_url || end === undefined) return { outcome: 'all', entries, isComplete: true };
    last = keyOf(end);
  }
  return { outcome: 'all', entries, isComplete: false };
}
