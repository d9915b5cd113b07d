import { fileURLToPath } from 'node:url';
import { createViews, type Views } from '../../src/platform/http/index.ts';
import { fixtures, type Page } from './fixtures.ts';

export const viewsFolder = fileURLToPath(new URL('../../views', import.meta.url));

export const views: Views = createViews(viewsFolder, { productName: 'Vestibule', organisation: 'Halden' });

export type Case = {
  readonly page: Page;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Every page with every set of data. */
export const cases: readonly Case[] = Object.entries(fixtures).flatMap(([page, sets]) =>
  Object.entries(sets).map(([name, data]) => ({ page: page as Page, name, data })),
);

export function render(page: Page, name = 'usual'): string {
  const found = cases.find((one) => one.page === page && one.name === name);
  if (found === undefined) throw new Error(`no fixture ${page}/${name}`);
  return views.render(page, found.data);
}
