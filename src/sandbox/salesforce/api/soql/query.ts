import { type Problem, problem } from '../problems.ts';

/** `Profile.Name` is `['Profile', 'Name']`. */
export type Path = readonly string[];

/** What stands beside an operator. */
export type Literal =
  | { readonly kind: 'text' | 'moment'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'truth'; readonly truth: boolean }
  | { readonly kind: 'null' }
  /** `LAST_N_DAYS:30`; the number is 0 where none belongs. */
  | { readonly kind: 'period'; readonly name: string; readonly days: number };

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly path: Path; readonly operator: Operator; readonly literal: Literal }
  | {
      readonly kind: 'in';
      readonly path: Path;
      readonly isNegated: boolean;
      readonly literals: readonly Literal[];
      /** Instead of literals: the values that another query gives. */
      readonly query?: Query;
    };

export type Selected =
  | { readonly kind: 'field'; readonly path: Path }
  | { readonly kind: 'children'; readonly query: Query }
  | {
      readonly kind: 'aggregate';
      readonly name: 'COUNT' | 'COUNT_DISTINCT' | 'MIN' | 'MAX';
      readonly path: Path;
      readonly alias?: string;
    };

export type Order = {
  readonly path: Path;
  readonly isDescending: boolean;
  readonly nullsLast: boolean;
};

export type Query = {
  /** `COUNT()` alone answers with a number and no records. */
  readonly counts: boolean;
  readonly selected: readonly Selected[];
  readonly from: string;
  readonly where?: Condition;
  readonly groupBy: readonly Path[];
  readonly orderBy: readonly Order[];
  readonly limit?: number;
  readonly offset: number;
};

/** A query that cannot be read or carried out; `problem` is the answer. */
export class SoqlError extends Error {
  override readonly name = 'SoqlError';
  readonly problem: Problem;
  constructor(errorCode: string, message: string) {
    super(message);
    this.problem = problem(errorCode, message);
  }
}
