import type { Document, FieldNode, Operation, Selection, Value } from './document.ts';
import { givenValue, misfit } from './input.ts';
import { fieldOf, type GraphqlError, isComposite, isRequired, namedType, type Schema } from './schema.ts';

/** GraphQL October 2021, 5: what can be said against an operation before it runs. Empty when nothing can. */
export function validate<Context>(
  schema: Schema<Context>,
  document: Document,
  operation: Operation,
): readonly GraphqlError[] {
  const errors: GraphqlError[] = [];
  const root = operation.kind === 'mutation' ? schema.mutation : schema.query;
  const known = new Set(operation.variables.map(({ name }) => name));
  const complain = (node: Selection, message: string): void => {
    errors.push({ message, locations: [node.place] });
  };
  const visit = (selection: readonly Selection[], typeName: string, open: readonly string[]): void => {
    for (const node of selection) {
      if (node.kind === 'field') visitField(node, typeName, open);
      else if (node.kind === 'inline') visit(node.selection, node.on ?? typeName, open);
      else {
        const fragment = document.fragments.get(node.name);
        if (!fragment) complain(node, `Unknown fragment '${node.name}'.`);
        else if (open.includes(node.name))
          complain(node, `Cannot spread fragment '${node.name}' within itself.`);
        else visit(fragment.selection, fragment.on, [...open, node.name]);
      }
    }
  };
  const visitField = (node: FieldNode, typeName: string, open: readonly string[]): void => {
    const field = fieldOf(schema, typeName, node.name);
    if (!field) {
      complain(node, `Cannot query field '${node.name}' on type '${typeName}'.`);
      return;
    }
    for (const message of argumentProblems(schema, node, field.args ?? {}, known)) complain(node, message);
    const type = namedType(field.type);
    if (isComposite(schema, type)) {
      if (node.selection) visit(node.selection, type, open);
      else complain(node, `Field '${node.name}' of type '${field.type}' must have a sub selection.`);
    } else if (node.selection) {
      complain(node, `Field '${node.name}' of type '${field.type}' must not have a sub selection.`);
    }
  };
  visit(operation.selection, root, []);
  return errors;
}

function argumentProblems<Context>(
  schema: Schema<Context>,
  node: FieldNode,
  args: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
): readonly string[] {
  const problems: string[] = [];
  for (const [name, value] of node.args) {
    const undefinedName = variablesIn(value).find((each) => !known.has(each));
    const type = Object.hasOwn(args, name) ? args[name] : undefined;
    if (undefinedName !== undefined) problems.push(`Variable '$${undefinedName}' is not defined.`);
    else if (type === undefined) problems.push(`Unknown argument '${name}' on field '${node.name}'.`);
    else if (variablesIn(value).length === 0) {
      const problem = misfit(schema, type, givenValue(value, {}), name);
      if (problem !== undefined) problems.push(`Argument '${name}' has wrong value. ${problem}`);
    }
  }
  for (const [name, type] of Object.entries(args)) {
    if (isRequired(type) && !node.args.has(name)) {
      problems.push(
        `Field '${node.name}' argument '${name}' of type '${type}' is required but not provided.`,
      );
    }
  }
  return problems;
}

function variablesIn(value: Value): readonly string[] {
  if (value.kind === 'variable') return [value.name];
  if (value.kind === 'list') return value.items.flatMap(variablesIn);
  return value.kind === 'object' ? [...value.members.values()].flatMap(variablesIn) : [];
}
