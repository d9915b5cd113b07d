import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';

/** Renders pages of `views/`. Everything printed is escaped; a missing value is an error, never the word "undefined". */
export interface Views {
  /** @param page file name without ending: `launchpad`. */
  render(page: string, data: Readonly<Record<string, unknown>>): string;
}

/**
 * @param shared values that every page may use, such as the product's name.
 * @throws at start if the folder is missing.
 */
export function createViews(folder: string, shared: Readonly<Record<string, unknown>> = {}): Views {
  const eta = new Eta({
    views: folder,
    cache: true,
    useWith: false,
    varName: 'it',
    autoEscape: true,
    autoFilter: true,
    filterFunction: (value: unknown) => {
      if (value === undefined) throw new Error('a view printed a value that is missing');
      return value === null ? '' : String(value);
    },
  });
  const versions = assetVersions(join(folder, 'assets'));
  const asset = (name: string): string => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`no asset ${name}`);
    return `/assets/${name}?v=${version}`;
  };
  return { render: (page, data) => eta.render(`./${page}`, { ...shared, asset, ...data }) };
}

/** A hash in the URL lets browsers keep assets for good and still see a new one at once. */
function assetVersions(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')
        .slice(0, 10),
    ]),
  );
}
