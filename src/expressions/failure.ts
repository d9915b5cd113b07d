import { EvaluationError } from '@marcbachmann/cel-js';

/**
 * Says why an evaluation failed, in words of ours: the package's own messages quote values, and values may be
 * personal data.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof EvaluationError)) return 'the expression could not be evaluated';
  const node = error.node;
  switch (error.code) {
    case 'no_such_key':
      if (node?.op === '.' && node.args[0].op === 'id')
        return `${node.args[0].args}.${node.args[1]} has no value`;
      return 'the table has no row for the value';
    case 'index_out_of_bounds':
    case 'index_out_of_range':
      return 'a list or text is shorter than expected';
    case 'int_conversion_error':
    case 'double_conversion_error':
      return 'a text is not a number';
    case 'division_by_zero':
    case 'modulo_by_zero':
      return 'a division by zero';
    default:
      return 'the expression could not be evaluated';
  }
}
