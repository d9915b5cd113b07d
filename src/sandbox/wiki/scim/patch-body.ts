import { bad } from './problem.ts';
import { isObject } from './read.ts';

export type Operation = {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path?: string;
  readonly value?: unknown;
};

export type OpSpelling = 'any-case' | 'lower' | 'capitalised';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const OPERATIONS = ['add', 'remove', 'replace'] as const;

/** The body of a PATCH (RFC 7644 3.5.2). @throws ScimProblem invalidSyntax, invalidPath */
export function readPatch(body: unknown, spelling: OpSpelling): readonly Operation[] {
  if (!isObject(body)) throw bad('invalidSyntax', 'The body is no JSON object.');
  const schemas = member(body, 'schemas');
  if (
    !Array.isArray(schemas) ||
    !schemas.some((each) => String(each).toLowerCase() === PATCH_OP.toLowerCase())
  ) {
    throw bad('invalidSyntax', `schemas does not name ${PATCH_OP}.`);
  }
  const operations = member(body, 'operations');
  if (!Array.isArray(operations) || operations.length === 0) {
    throw bad('invalidSyntax', 'Operations is missing, empty or no list.');
  }
  return operations.map((each: unknown) => readOperation(each, spelling));
}

function readOperation(given: unknown, spelling: OpSpelling): Operation {
  if (!isObject(given)) throw bad('invalidSyntax', 'An operation is no JSON object.');
  const [written, path, value] = [member(given, 'op'), member(given, 'path'), member(given, 'value')];
  const op = OPERATIONS.find((each) => isSpelled(each, written, spelling));
  if (!op) throw bad('invalidSyntax', `${JSON.stringify(written)} is no operation.`);
  if (path !== undefined && (typeof path !== 'string' || path === ''))
    throw bad('invalidPath', 'The path is no text.');
  if (op !== 'remove' && value === undefined) throw bad('invalidValue', `The operation ${op} has no value.`);
  return { op, ...(path !== undefined && { path }), ...(value !== undefined && { value }) };
}

function isSpelled(op: Operation['op'], written: unknown, spelling: OpSpelling): boolean {
  if (typeof written !== 'string') return false;
  if (spelling === 'lower') return written === op;
  if (spelling === 'capitalised') return written === `${op.slice(0, 1).toUpperCase()}${op.slice(1)}`;
  return written.toLowerCase() === op;
}

function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.entries(object).find(([each]) => each.toLowerCase() === name)?.[1];
}
