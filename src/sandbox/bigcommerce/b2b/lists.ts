import { type Answer, parameterError, type SuccessWord, seconds } from './answers.ts';
import type { Call, Handler } from './call.ts';

const DEFAULT_LIMIT = 10;

/** One page by offset and limit, with the envelope's pagination. */
export function page<T>(
  { store, query }: Call,
  all: readonly T[],
  rules: { readonly most: number; readonly word: SuccessWord; show(item: T): unknown },
): Answer {
  const limit = wholeNumber(query.get('limit'), DEFAULT_LIMIT);
  const offset = wholeNumber(query.get('offset'), 0);
  if (limit === undefined || limit < 1)
    return parameterError(store, { limit: ['A valid integer is required.'] });
  if (offset === undefined) return parameterError(store, { offset: ['A valid integer is required.'] });
  if (limit > rules.most && store.turned().b2bLimitTooLarge === 'refused') {
    return parameterError(store, { limit: [`Ensure this value is less than or equal to ${rules.most}.`] });
  }
  const used = Math.min(limit, rules.most);
  return {
    status: 200,
    message: rules.word,
    data: all.slice(offset, offset + used).map((item) => rules.show(item)),
    pagination: { totalCount: all.length, limit: used, offset },
  };
}

/** Definitions of extra fields: the demo's stores have none. */
export const listNoFields: Handler = (call) => page(call, [], { most: 250, word: 'SUCCESS', show: String });

type Dated = { readonly created_at: Date; readonly updated_at: Date };

/** `minCreated`, `maxCreated`, `minModified`, `maxModified`: Unix seconds, not inclusive. */
export function isWithin(query: URLSearchParams, item: Dated): boolean {
  const bound = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || text === '' ? undefined : Number(text);
  };
  const [created, modified] = [seconds(item.created_at), seconds(item.updated_at)];
  return (
    created > (bound('minCreated') ?? -1) &&
    created < (bound('maxCreated') ?? Number.POSITIVE_INFINITY) &&
    modified > (bound('minModified') ?? -1) &&
    modified < (bound('maxModified') ?? Number.POSITIVE_INFINITY)
  );
}

/** Newest ids first, unless asked otherwise. */
export function inOrder<T extends { readonly id: number }>(query: URLSearchParams, items: Iterable<T>): T[] {
  const sign = query.get('orderBy') === 'ASC' ? 1 : -1;
  return [...items].sort((left, right) => sign * (left.id - right.id));
}

/** Whether one of the texts holds the search text, in any letter case. */
export function matches(query: URLSearchParams, ...texts: readonly string[]): boolean {
  const wanted = (query.get('q') ?? '').toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function wholeNumber(text: string | null, fallback: number): number | undefined {
  if (text === null || text === '') return fallback;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
