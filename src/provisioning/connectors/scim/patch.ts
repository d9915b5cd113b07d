import type { CallBudget } from '../../targets/call-budget.ts';
import { type Dialects, isAboutForm } from './dialects.ts';
import type { Objection } from './failures.ts';
import type { Kind, ResourceAnswer, ScimServer } from './scim-server.ts';
import { type Dialect, type Operation, patchBody } from './user-body.ts';

export type Patch = {
  readonly kind: Kind;
  readonly id: string;
  readonly operations: (dialect: Dialect) => readonly Operation[];
  /** Which parts of the dialect these operations show. */
  readonly matters: readonly (keyof Dialect)[];
  readonly ifMatch?: string | undefined;
  /** Objections that mean that there was nothing to do. */
  readonly isDone?: (objection: Objection) => boolean;
};

/** Sends a PATCH in the way that the server is known to take, else in each that it may; the first refusal is told. */
export async function sendPatch(
  server: ScimServer,
  dialects: Dialects,
  patch: Patch,
  budget: CallBudget,
): Promise<ResourceAnswer> {
  const { kind, id, operations, matters, ifMatch, isDone } = patch;
  let first: ResourceAnswer | undefined;
  for (const dialect of dialects.candidates(matters)) {
    const body = patchBody(operations(dialect), dialect);
    const answer = await server.write('PATCH', kind, id, { body, ifMatch }, budget);
    if (answer.outcome === 'objection') {
      if (isDone?.(answer)) return NOTHING;
      if (!isAboutForm(answer)) return first ?? answer;
      first ??= answer;
      continue;
    }
    if (answer.outcome !== 'unavailable') dialects.accepted(dialect, matters);
    return answer;
  }
  return first ?? NOTHING;
}

const NOTHING: ResourceAnswer = { outcome: 'silent', isNew: false };
