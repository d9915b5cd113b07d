import type { ASTNode } from '@marcbachmann/cel-js';
import type { EnvironmentShape } from './environment.ts';
import { FUNCTIONS, INSTEAD, MACROS, METHODS } from './language.ts';

/** What a walk over the parsed tree finds out before types are checked. */
export type Inspection = {
  readonly problems: readonly { readonly message: string; readonly offset: number }[];
  /** Paths that the expression reads: `person.region`, `tables.region`. */
  readonly reads: ReadonlySet<string>;
  /** Other sides of the comparisons with `now`; `inclusive` when the edge itself still counts as before. */
  readonly edges: readonly { readonly node: ASTNode; readonly inclusive: boolean }[];
};

type Walk = {
  readonly shape: EnvironmentShape;
  readonly problems: { message: string; offset: number }[];
  readonly reads: Set<string>;
  readonly edges: { node: ASTNode; inclusive: boolean }[];
  /** Names of the running macro's variable. */
  readonly local: ReadonlySet<string>;
  readonly depth: number;
};

/** Walks the tree as it was written, macros not yet expanded, and refuses whatever is not in the subset (R4.4). */
export function inspect(root: ASTNode, shape: EnvironmentShape): Inspection {
  const walk: Walk = { shape, problems: [], reads: new Set(), edges: [], local: new Set(), depth: 0 };
  visit(root, walk);
  return walk;
}

function visit(node: ASTNode, walk: Walk): void {
  switch (node.op) {
    case 'value':
      return;
    case 'id':
      visitName(node.args, node, walk);
      break;
    case '.':
      visitField(node.args[0], node.args[1], node, walk);
      break;
    case '[]':
      visitIndex(node.args[0], node.args[1], walk);
      break;
    case 'call':
      visitCall(node.args[0], node.args[1], node, walk);
      break;
    case 'rcall':
      visitMethod(node.args[0], node.args[1], node.args[2], node, walk);
      break;
    case '<':
    case '<=':
    case '>':
    case '>=':
      visitComparison(node.op, node.args[0], node.args[1], walk);
      break;
    case '.?':
    case '[?]':
      refuse(walk, node, 'optional access is not offered; use has(person.attribute)');
      break;
    default:
      for (const child of children(node)) visit(child, walk);
  }
}

function children(node: ASTNode): readonly ASTNode[] {
  const args = node.args as unknown;
  return Array.isArray(args) ? (args.flat() as ASTNode[]) : [args as ASTNode];
}

function visitName(name: string, node: ASTNode, walk: Walk): void {
  if (walk.local.has(name)) return;
  if (name === 'now') {
    refuse(
      walk,
      node,
      'now may only be compared with an instant by <, <=, > or >=, so that the edge is known; for hours and days use windows',
    );
  } else if (name === 'tables' || Object.hasOwn(walk.shape.objects, name)) {
    refuse(walk, node, `${name} is not a value by itself; name one of its fields: ${name}.…`);
  } else {
    const known = [...Object.keys(walk.shape.objects), 'now', 'tables'];
    refuse(walk, node, `the name ${name} is not known; the names are ${known.join(', ')}`);
  }
}

/** Field names are checked here because the type checker lets `has(person.unknown)` pass. */
function visitField(left: ASTNode, field: string, node: ASTNode, walk: Walk): void {
  if (left.op !== 'id' || walk.local.has(left.args)) {
    visit(left, walk);
    return;
  }
  const known = fieldsOf(left.args, walk.shape);
  if (!known) {
    visitName(left.args, left, walk);
    return;
  }
  if (known.includes(field)) {
    walk.reads.add(`${left.args}.${field}`);
    return;
  }
  const list = known.length > 0 ? `; known are ${known.join(', ')}` : '';
  const hint = left.args === 'person' ? '; declare it under attributes' : '';
  refuse(walk, node, `${left.args}.${field} is not known${list}${hint}`);
}

function fieldsOf(name: string, shape: EnvironmentShape): readonly string[] | undefined {
  const fields = name === 'tables' ? (shape.tables ?? {}) : undefined;
  const object = Object.hasOwn(shape.objects, name) ? shape.objects[name] : undefined;
  return fields || object ? Object.keys(fields ?? object ?? {}) : undefined;
}

function visitIndex(left: ASTNode, index: ASTNode, walk: Walk): void {
  if (left.op === 'id' && fieldsOf(left.args, walk.shape) && !walk.local.has(left.args)) {
    // A computed field name would have no type, and checking at save would be worth nothing.
    refuse(
      walk,
      left,
      `write ${left.args}.field, not ${left.args}[…]; to look a value up use a table: tables.name[value]`,
    );
    return;
  }
  visit(left, walk);
  visit(index, walk);
}

function visitCall(name: string, args: readonly ASTNode[], node: ASTNode, walk: Walk): void {
  if (!FUNCTIONS.has(name)) {
    refuse(walk, node, notOffered(name));
    return;
  }
  if ((name === 'timestamp' || name === 'duration') && !isShortText(args[0])) {
    refuse(
      walk,
      node,
      `${name}() takes a text written in the expression; declare attributes that hold instants as timestamp`,
    );
    return;
  }
  if (name === 'timestamp' && !hasZone(args[0])) {
    refuse(
      walk,
      node,
      'timestamp() needs a zone: timestamp("2026-12-31T00:00:00Z") or with an offset such as +01:00',
    );
    return;
  }
  for (const arg of args) visit(arg, walk);
}

/** The package reads durations with an expression that takes cubic time, and zoneless times in the server's zone. */
function isShortText(node: ASTNode | undefined): boolean {
  return node?.op === 'value' && typeof node.args === 'string' && node.args.length <= 32;
}

function hasZone(node: ASTNode | undefined): boolean {
  return node?.op === 'value' && /(?:Z|[+-]\d{2}:\d{2})$/.test(String(node.args));
}

function visitMethod(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  walk: Walk,
): void {
  if (MACROS.has(name)) {
    visitMacro(name, receiver, args, node, walk);
    return;
  }
  const counts = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!counts) {
    refuse(walk, node, notOffered(name));
    return;
  }
  if (!counts.includes(args.length)) {
    refuse(
      walk,
      node,
      `${name} takes ${counts.join(' or ')} arguments here, not ${args.length}; for hours and days use windows`,
    );
    return;
  }
  visit(receiver, walk);
  for (const arg of args) visit(arg, walk);
}

function visitMacro(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  walk: Walk,
): void {
  if (walk.depth > 0) {
    refuse(walk, node, `${name} stands inside another loop; use "in" or a table, loops do not nest`);
    return;
  }
  visit(receiver, walk);
  const [variable, ...bodies] = args;
  if (variable?.op !== 'id' || bodies.length === 0) {
    refuse(walk, node, `${name} needs a name and a condition: person.groups.${name}(g, …)`);
    return;
  }
  if (fieldsOf(variable.args, walk.shape) || variable.args === 'now') {
    refuse(walk, variable, `the name ${variable.args} is taken; choose another one for the items`);
    return;
  }
  const inside: Walk = { ...walk, local: new Set([variable.args]), depth: walk.depth + 1 };
  for (const body of bodies) visit(body, inside);
}

function visitComparison(op: '<' | '<=' | '>' | '>=', left: ASTNode, right: ASTNode, walk: Walk): void {
  const isNow = (node: ASTNode) => node.op === 'id' && node.args === 'now' && !walk.local.has('now');
  const other = isNow(left) ? right : isNow(right) ? left : undefined;
  if (!other) {
    visit(left, walk);
    visit(right, walk);
    return;
  }
  if (walk.depth > 0) {
    refuse(walk, other, 'now may not be compared inside a loop; compare it outside');
    return;
  }
  // `now <= x` and `now > x` change just after x, the other two at x itself.
  const inclusive = isNow(left) ? op === '<=' || op === '>' : op === '>=' || op === '<';
  walk.edges.push({ node: other, inclusive });
  visit(other, walk);
}

function notOffered(name: string): string {
  const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
  return `${name} is not offered; ${instead ?? 'the documentation of rules lists what is'}`;
}

function refuse(walk: Walk, node: ASTNode, message: string): void {
  walk.problems.push({ message, offset: node.start });
}
