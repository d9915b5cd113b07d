import { parseDocument } from './document.ts';
import { execute } from './execute.ts';
import { readVariables } from './input.ts';
import type { GraphqlError, Schema } from './schema.ts';
import { SyntaxProblem } from './tokens.ts';
import { validate } from './validate.ts';

export type GraphqlAnswer =
  /** Nothing ran: the body is no request, the document is wrong, or the variables do not fit. */
  | { readonly outcome: 'rejected'; readonly errors: readonly GraphqlError[] }
  | { readonly outcome: 'ran'; readonly data: unknown; readonly errors: readonly GraphqlError[] };

/** One GraphQL request: `{ query, variables?, operationName? }`. */
export function answerGraphql<Context>(
  schema: Schema<Context>,
  body: unknown,
  context: Context,
): GraphqlAnswer {
  const { query, variables, operationName } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string') return rejected({ message: 'No query document supplied.' });
  try {
    const document = parseDocument(query);
    const { operations } = document;
    const isOnly = operations.length === 1 && (operationName ?? null) === null;
    const operation = isOnly ? operations[0] : operations.find(({ name }) => name === operationName);
    if (!operation || operation.kind === 'subscription') return rejected({ message: 'No operation to run.' });
    const problems = validate(schema, document, operation);
    if (problems.length > 0) return rejected(...problems);
    const given = readVariables(schema, operation, (variables ?? {}) as Readonly<Record<string, unknown>>);
    if ('problem' in given) return rejected({ message: given.problem });
    const ran = execute({ schema, document, variables: given.variables, context }, operation);
    return { outcome: 'ran', ...ran };
  } catch (error) {
    if (error instanceof SyntaxProblem) return rejected({ message: error.message, locations: [error.place] });
    throw error;
  }
}

function rejected(...errors: readonly GraphqlError[]): GraphqlAnswer {
  return { outcome: 'rejected', errors };
}
