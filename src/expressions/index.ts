/**
 * expressions: small conditions that an operator writes in configuration, in CEL (R4.4). The only home of the CEL
 * package.
 *
 *   environment (names and their types) ──▶ compileExpression(source) ──▶ problems with positions, or an expression
 *   environment.bind(values) ──▶ scope ──▶ expression.evaluate(scope) ──▶ a value, or a failure with its reason
 *
 * Owns the subset of the language, its limits and its words for what went wrong. Compiling finds every unknown
 * name and wrong type; evaluating never throws, never waits, and is bounded: the worst case is estimated from the
 * declared sizes when compiling, and values above these sizes make the evaluation fail. Never decides anything:
 * what a failure means (refuse, deny, cap) is for `policy` to say (R4.1).
 */
export { compileExpression } from './compile.ts';
export {
  createEnvironment,
  type Environment,
  type EnvironmentShape,
  type FieldShape,
  type Scope,
} from './environment.ts';
export type { Compiled, Evaluation, Expression, ExpressionProblem, ResultType } from './expression.ts';
export { like } from './glob.ts';
export { LIMITS } from './limits.ts';
export { Tables } from './tables.ts';
export { IDENTITY_FIELDS, PERSON_FIELDS } from './vocabulary.ts';
