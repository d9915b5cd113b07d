import { earliest } from '../base/index.ts';
import type { Evaluation, Scope } from '../expressions/index.ts';
import type { CompiledGive, CompiledRule } from './compile.ts';
import type { Ending } from './ending.ts';

/** Whether a rule's condition holds, and until when that cannot change by the passing of time alone. */
export type Condition =
  | { readonly state: 'holds' | 'does-not-hold'; readonly edge?: Date }
  | { readonly state: 'failed'; readonly reason: string; readonly edge?: Date };

/** What one give of a rule whose condition holds amounts to now. */
export type Offer =
  | {
      readonly state: 'open';
      readonly ends?: Date;
      /** The end that the rule itself names; the next edge of a window may be earlier. */
      readonly until?: Date;
      readonly scopes: readonly string[];
    }
  | { readonly state: 'closed'; readonly opens?: Date; readonly times: string }
  | { readonly state: 'ended' }
  | { readonly state: 'failed'; readonly reason: string };

/** One person at one instant; each rule's condition is evaluated at most once. */
export type Case = {
  readonly now: Date;
  readonly scope: Scope;
  readonly conditions: Map<CompiledRule, Condition>;
};

export function conditionOf(rule: CompiledRule, on: Case): Condition {
  let condition = on.conditions.get(rule);
  if (!condition) {
    condition = evaluateCondition(rule, on);
    on.conditions.set(rule, condition);
  }
  return condition;
}

function evaluateCondition(rule: CompiledRule, { scope, now }: Case): Condition {
  const result = rule.when.evaluate(scope);
  const edge = rule.when.nextEdge(scope, now);
  const until = edge ? { edge } : {};
  if (result.outcome === 'failed') return { state: 'failed', reason: result.reason, ...until };
  return { state: result.value ? 'holds' : 'does-not-hold', ...until };
}

/** Evaluates a give whose rule holds. Fails safe: an end or a scope list that cannot be told gives nothing (R4.1). */
export function offerOf(give: CompiledGive, condition: Condition, { scope, now }: Case): Offer {
  const until = endOf(give.until, scope);
  if (until.outcome === 'failed') return { state: 'failed', reason: until.reason };
  if (until.value && until.value <= now) return { state: 'ended' };

  const window = give.schedule?.at(now);
  if (window && !window.open) return closed(window.opens, until.value, give.schedule?.text ?? '');

  const scopes = give.scopesFrom?.evaluate(scope) ?? { outcome: 'value', value: [] };
  if (scopes.outcome === 'failed') return { state: 'failed', reason: scopes.reason };
  // Everything the give hangs on counts: its end, the window's edge, and the edge of a condition on `now` (R3.1).
  const ends = earliest(until.value, window?.ends, condition.edge);
  return {
    ...{ state: 'open', scopes: [...give.scopes, ...scopes.value] },
    ...(ends ? { ends } : {}),
    ...(until.value ? { until: until.value } : {}),
  };
}

function closed(opens: Date | undefined, until: Date | undefined, times: string): Offer {
  // A window that opens only after the end never opens.
  if (opens && until && opens >= until) return { state: 'ended' };
  return { state: 'closed', times, ...(opens ? { opens } : {}) };
}

function endOf(until: Ending | undefined, scope: Scope): Evaluation<Date | undefined> {
  if (!until) return { outcome: 'value', value: undefined };
  return until.kind === 'instant' ? { outcome: 'value', value: until.at } : until.expression.evaluate(scope);
}
