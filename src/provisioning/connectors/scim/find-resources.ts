import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { quoted, type Resource } from './resource.ts';
import type { Kind, Query, ScimServer } from './scim-server.ts';

export type Sought = {
  readonly kind: Kind;
  /** `userName`, `emails.value`. */
  readonly path: string;
  readonly value: string;
  /** Whether a resource is meant: what a filter finds is looked at again. */
  readonly matches: (resource: Resource) => boolean;
  readonly query?: Query;
};

export type Found =
  | { readonly outcome: 'found'; readonly resources: readonly Resource[] }
  /** The server does not filter by this; it must be looked for otherwise. */
  | { readonly outcome: 'no-filter' }
  | CallFailed;

/** Asks by a filter `path eq value`. A filter that is refused, or passed over, is not tried again for a while. */
export async function findBy(server: ScimServer, sought: Sought, budget: CallBudget): Promise<Found> {
  const { kind, path, value, matches, query } = sought;
  const attribute = kind === 'users' ? path : `groups ${path}`;
  if (!server.traits.canFilter(attribute)) return { outcome: 'no-filter' };
  const filter = `${path} eq ${quoted(value)}`;
  const answer = await server.list(kind, { ...query, filter }, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'objection') {
    // RFC 7644 3.4.2: some servers answer 404 to a filter that finds nothing.
    if (answer.status === 404) return { outcome: 'found', resources: [] };
    server.traits.refusedFilter(attribute);
    return { outcome: 'no-filter' };
  }
  const { resources } = answer.page;
  const found = resources.filter(matches);
  if (found.length < resources.length && found.length === 0) {
    server.traits.refusedFilter(attribute);
    return { outcome: 'no-filter' };
  }
  return { outcome: 'found', resources: found };
}
