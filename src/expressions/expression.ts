import type { Scope } from './environment.ts';

/** Types that an expression may be asked to have. */
export type ResultType = 'bool' | 'timestamp' | 'string' | 'list<string>';

type ValueOf = {
  bool: boolean;
  timestamp: Date;
  string: string;
  'list<string>': readonly string[];
};

/** One thing wrong with an expression. Line and column count from 1. */
export type ExpressionProblem = {
  readonly message: string;
  readonly line: number;
  readonly column: number;
};

/** A value, or why there is none. The reason is a plain sentence part without personal data. */
export type Evaluation<T> =
  | { readonly outcome: 'value'; readonly value: T }
  | { readonly outcome: 'failed'; readonly reason: string };

/** A checked expression. Pure: the same scope always gives the same result; never throws. */
export type Expression<R extends ResultType> = {
  readonly source: string;
  evaluate(scope: Scope): Evaluation<ValueOf[R]>;
  /**
   * When the passing of time alone may change the result: the first edge after `now` of all comparisons with
   * `now`. Absent: time does not matter to this expression in this scope.
   */
  nextEdge(scope: Scope, now: Date): Date | undefined;
};

export type Compiled<R extends ResultType> =
  | { readonly outcome: 'compiled'; readonly expression: Expression<R> }
  | { readonly outcome: 'invalid'; readonly problems: readonly ExpressionProblem[] };
