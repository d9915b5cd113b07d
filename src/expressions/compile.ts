import { type ASTNode, type ParseResult, serialize } from '@marcbachmann/cel-js';
import { worstCaseSteps } from './cost.ts';
import type { Environment, Scope } from './environment.ts';
import type { Compiled, Evaluation, Expression, ExpressionProblem, ResultType } from './expression.ts';
import { reasonOf } from './failure.ts';
import { type Inspection, inspect } from './inspect.ts';
import { LIMITS } from './limits.ts';

type Options<R extends ResultType> = {
  readonly environment: Environment;
  /** Type that the expression must have. */
  readonly result: R;
  /** False: the expression may not read `now`; for values that must not move with time. Default true. */
  readonly mayUseNow?: boolean;
};

const CEL_RESULT: Readonly<Record<ResultType, readonly string[]>> = {
  bool: ['bool'],
  timestamp: ['google.protobuf.Timestamp'],
  string: ['string'],
  'list<string>': ['list<string>', 'list<T>'],
};

/**
 * Checks an expression: syntax, subset of the language, names, types, worst-case cost. Nothing that passes can
 * fail later for another reason than the values it meets.
 */
export function compileExpression<R extends ResultType>(source: string, options: Options<R>): Compiled<R> {
  const { environment, result } = options;
  const problems = (list: { message: string; offset: number }[]): Compiled<R> => ({
    outcome: 'invalid',
    problems: list.map(({ message, offset }) => locate(source, message, offset)),
  });

  if (source.length > LIMITS.sourceLength) {
    return problems([
      { message: `is longer than ${LIMITS.sourceLength} characters; use a table`, offset: 0 },
    ]);
  }
  try {
    const parsed = environment.cel.parse(source);
    const inspection = inspect(parsed.ast, environment.shape);
    if (options.mayUseNow === false && inspection.edges.length > 0) {
      return problems([{ message: 'may not use now', offset: 0 }]);
    }
    if (inspection.problems.length > 0) return problems([...inspection.problems]);
    const found = checkTypeAndCost(parsed, environment, result);
    return found
      ? problems([found])
      : { outcome: 'compiled', expression: build(source, parsed, inspection, options) };
  } catch (error) {
    return problems([describe(error)]);
  }
}

function checkTypeAndCost(
  parsed: ParseResult,
  environment: Environment,
  result: ResultType,
): { message: string; offset: number } | undefined {
  const checked = parsed.check();
  if (!checked.valid) return describe(checked.error);
  if (!CEL_RESULT[result].includes(checked.type ?? '')) {
    return { message: `is a ${checked.type}, but must be a ${result}`, offset: 0 };
  }
  const constant = constantFailure(parsed.ast, environment);
  if (constant) return constant;
  const steps = worstCaseSteps(parsed.ast, environment.shape);
  if (steps <= LIMITS.steps) return undefined;
  return { message: 'could take too long with long lists or texts; simplify it or use a table', offset: 0 };
}

/** Instants and durations are written in the expression, so whether they can be read is known now. */
function constantFailure(
  root: ASTNode,
  environment: Environment,
): { message: string; offset: number } | undefined {
  const pending: unknown[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (Array.isArray(node)) pending.push(...node);
    if (typeof node !== 'object' || node === null || !('op' in node)) continue;
    const tree = node as ASTNode;
    pending.push(tree.args);
    if (tree.op !== 'call' || (tree.args[0] !== 'timestamp' && tree.args[0] !== 'duration')) continue;
    try {
      environment.cel.evaluate(serialize(tree));
    } catch {
      const example = tree.args[0] === 'timestamp' ? 'timestamp("2026-12-31T00:00:00Z")' : 'duration("36h")';
      return {
        message: `${tree.args[0]}() cannot read its text; write it like ${example}`,
        offset: tree.start,
      };
    }
  }
  return undefined;
}

function build<R extends ResultType>(
  source: string,
  parsed: ParseResult,
  inspection: Inspection,
  { environment, result }: Options<R>,
): Expression<R> {
  const edges = inspection.edges.map(({ node, inclusive }) => ({
    at: environment.cel.parse(serialize(node)),
    inclusive,
  }));
  return {
    source,
    evaluate: (scope) =>
      evaluate(parsed, inspection.reads, result, scope) as ReturnType<Expression<R>['evaluate']>,
    nextEdge(scope, now) {
      let next: number | undefined;
      for (const { at, inclusive } of edges) {
        const edge = evaluate(at, inspection.reads, 'timestamp', scope);
        // An instant that cannot be told makes its comparison fail now and later alike: no edge.
        if (edge.outcome !== 'value' || !(edge.value instanceof Date)) continue;
        const changes = edge.value.getTime() + (inclusive ? 1 : 0);
        if (changes > now.getTime() && (next === undefined || changes < next)) next = changes;
      }
      return next === undefined ? undefined : new Date(next);
    },
  };
}

function evaluate(
  parsed: ParseResult,
  reads: ReadonlySet<string>,
  result: ResultType,
  scope: Scope,
): Evaluation<unknown> {
  for (const path of scope.oversized) {
    if (reads.has(path)) return { outcome: 'failed', reason: `${path} is too large` };
  }
  try {
    const value: unknown = parsed(scope.values);
    if (isResult(value, result)) return { outcome: 'value', value };
    return { outcome: 'failed', reason: `the expression gave no ${result}` };
  } catch (error) {
    return { outcome: 'failed', reason: reasonOf(error) };
  }
}

function isResult(value: unknown, result: ResultType): boolean {
  switch (result) {
    case 'bool':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime());
    case 'list<string>':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    default:
      return result satisfies never;
  }
}

function describe(error: unknown): { message: string; offset: number } {
  const known = error as {
    readonly code?: unknown;
    readonly summary?: unknown;
    readonly range?: { readonly start?: unknown };
  };
  const offset = typeof known?.range?.start === 'number' ? known.range.start : 0;
  if (known?.code === 'limit_exceeded') {
    return { message: 'is too long or nested too deeply; split the rule or use a table', offset };
  }
  const summary = typeof known?.summary === 'string' ? known.summary : 'cannot be read as an expression';
  return { message: summary, offset };
}

function locate(source: string, message: string, offset: number): ExpressionProblem {
  const before = source.slice(0, offset).split('\n');
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
