import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../../base/index.ts';

/**
 * One rule for all: a key that ends in `File` names a file whose content becomes the value of the key without
 * `File`. Relative paths start at the configuration file's folder; one line break at the end is dropped.
 */
export function resolveFiles(value: unknown, folder: string, problems: Problem[], path = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveFiles(item, folder, problems, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return value;

  const resolved: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    const name = /^(.+)File$/.exec(key)?.[1];
    if (name === undefined) resolved[key] = resolveFiles(member, folder, problems, here);
    else if (name in value) problems.push({ path: here, message: `give either ${name} or ${key}, not both` });
    else resolved[name] = readValue(member, folder, here, problems);
  }
  return resolved;
}

function readValue(file: unknown, folder: string, path: string, problems: Problem[]): string | undefined {
  if (typeof file !== 'string' || file === '') {
    problems.push({ path, message: 'write the path of a file' });
    return undefined;
  }
  try {
    const content = readFileSync(resolve(folder, file), 'utf8').replace(/\r?\n$/, '');
    if (content === '') problems.push({ path, message: 'the file is empty; put the value into it' });
    return content;
  } catch {
    problems.push({ path, message: `cannot read ${file}; check the path and who may read it` });
    return undefined;
  }
}
