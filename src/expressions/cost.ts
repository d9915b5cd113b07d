import type { ASTNode } from '@marcbachmann/cel-js';
import { type EnvironmentShape, normalise } from './environment.ts';
import { MACROS } from './language.ts';
import { LIMITS } from './limits.ts';
import type { Tables } from './tables.ts';

/** Upper bounds of a value: items, characters of one item, characters altogether. A text is one item. */
type Size = {
  readonly items: number;
  readonly item: number;
  readonly chars: number;
  /** Of what a table's row holds. */
  readonly row?: Size;
};
type Cost = { readonly steps: number; readonly size: Size };

const SCALAR: Size = { items: 1, item: 0, chars: 0 };
const text = (chars: number): Size => ({ items: 1, item: chars, chars });
const list = (items: number, item: number): Size => ({ items, item, chars: items * item });

// One step is about 50 ns: the native text functions pass some 32 characters in it, `like` some 8.
// Comparing two texts for equality is one block comparison.
const NATIVE = 32;
const EQUALITY = 512;
const LIKE = 8;

type Estimate = { readonly shape: EnvironmentShape; readonly local: ReadonlyMap<string, Size> };

/**
 * Steps that an evaluation takes in the worst case, with every value as large as the limits allow (R4.4). Expects
 * a tree that passed inspection and the type check.
 */
export function worstCaseSteps(root: ASTNode, shape: EnvironmentShape): number {
  return estimate(root, { shape, local: new Map() }).steps;
}

function estimate(node: ASTNode, context: Estimate): Cost {
  switch (node.op) {
    case 'value':
      return { steps: 1, size: typeof node.args === 'string' ? text(node.args.length) : SCALAR };
    case 'id':
      return { steps: 1, size: context.local.get(node.args) ?? SCALAR };
    case '.':
      return estimateField(node.args[0], node.args[1], context);
    case '[]':
      return estimateIndex(node.args[0], node.args[1], context);
    case 'call':
      return estimateCall(node.args[0], node.args[1], context);
    case 'rcall':
      return MACROS.has(node.args[0])
        ? estimateMacro(node.args[0], node.args[1], node.args[2], context)
        : estimateCall(node.args[0], [node.args[1], ...node.args[2]], context);
    case 'list':
      return estimateList(node.args, context);
    case 'map':
      return estimateList(node.args.flat(), context);
    case '?:':
      return estimateChoice(node.args, context);
    case '!_':
    case '-_': {
      const inner = estimate(node.args, context);
      return { steps: inner.steps + 1, size: inner.size };
    }
    case '.?':
    case '[?]':
      throw new TypeError('optional access was refused before');
    default:
      return estimateOperator(node.op, node.args[0], node.args[1], context);
  }
}

function estimateField(left: ASTNode, field: string, context: Estimate): Cost {
  if (left.op !== 'id') {
    const inner = estimate(left, context);
    return { steps: inner.steps + 1, size: inner.size.row ?? inner.size };
  }
  if (left.args === 'tables') return { steps: 2, size: sizeOfTable(context.shape.tables?.[field] ?? {}) };
  const shape = context.shape.objects[left.args]?.[field];
  const { type, maxItems } = normalise(shape ?? 'string');
  if (type === 'list') return { steps: 2, size: list(maxItems, LIMITS.itemLength) };
  return { steps: 2, size: type === 'string' ? text(LIMITS.textLength) : SCALAR };
}

function sizeOfTable(rows: Tables[string]): Size {
  let row = SCALAR;
  for (const value of Object.values(rows)) {
    if (Array.isArray(value)) row = larger(row, list(value.length, longest(value)));
    else if (typeof value === 'string') row = larger(row, text(value.length));
  }
  const keys = Object.keys(rows);
  return { ...list(keys.length, longest(keys)), row };
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, item) => Math.max(most, item.length), 0);
}

function larger(a: Size, b: Size): Size {
  return {
    items: Math.max(a.items, b.items),
    item: Math.max(a.item, b.item),
    chars: Math.max(a.chars, b.chars),
    ...(a.row && b.row ? { row: larger(a.row, b.row) } : {}),
  };
}

function estimateIndex(left: ASTNode, index: ASTNode, context: Estimate): Cost {
  const from = estimate(left, context);
  const at = estimate(index, context);
  return { steps: from.steps + at.steps + 1, size: from.size.row ?? text(from.size.item) };
}

function estimateList(nodes: readonly ASTNode[], context: Estimate): Cost {
  const parts = nodes.map((part) => estimate(part, context));
  const steps = parts.reduce((sum, part) => sum + part.steps, 1);
  const item = parts.reduce((most, part) => Math.max(most, part.size.chars), 0);
  return { steps, size: list(parts.length, item) };
}

function estimateChoice(nodes: readonly [ASTNode, ASTNode, ASTNode], context: Estimate): Cost {
  const [condition, yes, no] = nodes;
  const [a, b, c] = [estimate(condition, context), estimate(yes, context), estimate(no, context)];
  return { steps: a.steps + Math.max(b.steps, c.steps) + 1, size: larger(b.size, c.size) };
}

function estimateOperator(op: string, left: ASTNode, right: ASTNode, context: Estimate): Cost {
  const [a, b] = [estimate(left, context), estimate(right, context)];
  const own = a.steps + b.steps + 1;
  if (op === '+') {
    const size = {
      items: Math.max(a.size.items, b.size.items, a.size.items + b.size.items - 1),
      item: a.size.item + b.size.item,
      chars: a.size.chars + b.size.chars,
    };
    return { steps: own + size.items + size.chars / NATIVE, size };
  }
  if (op === '&&' || op === '||') return { steps: own, size: SCALAR };
  if (op === 'in') {
    // Comparing texts stops at the shorter of the two.
    const each = 1 + Math.min(a.size.item, b.size.item) / EQUALITY;
    return { steps: own + (b.size.row ? 1 : b.size.items * each), size: SCALAR };
  }
  const compared = Math.min(a.size.items, b.size.items) + Math.min(a.size.chars, b.size.chars) / EQUALITY;
  return { steps: own + compared, size: SCALAR };
}

function estimateCall(name: string, args: readonly ASTNode[], context: Estimate): Cost {
  const parts = args.map((arg) => estimate(arg, context));
  const steps = parts.reduce((sum, part) => sum + part.steps, 1);
  const [subject = SCALAR, pattern = SCALAR] = parts.map((part) => part.size);
  switch (name) {
    case 'like':
      return { steps: steps + (subject.chars + pattern.chars) / LIKE, size: SCALAR };
    case 'contains':
    case 'indexOf':
      return { steps: steps + search(subject, pattern), size: SCALAR };
    case 'split':
      return {
        steps: steps + search(subject, pattern) + subject.chars,
        size: { items: subject.chars + 1, item: subject.chars, chars: subject.chars },
      };
    case 'size':
      // The characters of a text are counted one by one, the items of a list are known.
      return { steps: steps + (subject.items === 1 ? subject.item : 0), size: SCALAR };
    default:
      return { steps: steps + (subject.chars + pattern.chars) / NATIVE, size: subject };
  }
}

/** The native search for a text within a text may compare the whole pattern at every place. */
function search(subject: Size, pattern: Size): number {
  return (subject.chars * Math.max(1, Math.min(pattern.chars, subject.chars))) / (NATIVE / 2);
}

function estimateMacro(name: string, receiver: ASTNode, args: readonly ASTNode[], context: Estimate): Cost {
  const over = estimate(receiver, context);
  const [variable, ...bodies] = args;
  const local = new Map(context.local);
  if (variable?.op === 'id') local.set(variable.args, text(over.size.item));
  const parts = bodies.map((body) => estimate(body, { ...context, local }));
  const each = parts.reduce((sum, part) => sum + part.steps, 2);
  const steps = over.steps + over.size.items * each;
  if (name === 'filter') return { steps, size: list(over.size.items, over.size.item) };
  if (name === 'map') return { steps, size: list(over.size.items, parts.at(-1)?.size.chars ?? 0) };
  return { steps, size: SCALAR };
}
