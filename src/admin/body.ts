import { AdminError } from './errors.ts';
import { isObject } from './merge-patch.ts';

export const MAX_BODY_BYTES = 512 * 1024;
const MAX_DEPTH = 16;

/** Members that are for reading only. Sent back, as after a read, they mean nothing. */
const READ_ONLY = ['status'];

export type Body = Readonly<Record<string, unknown>>;

/** @throws AdminError `admin.malformed` */
export function readBody(body: unknown): Body {
  if (!isObject(body) || isTooDeep(body, 0)) throw new AdminError('admin.malformed');
  return Object.fromEntries(Object.entries(body).filter(([key]) => !READ_ONLY.includes(key)));
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_DEPTH) return true;
  return Object.values(value).some((member) => isTooDeep(member, depth + 1));
}
