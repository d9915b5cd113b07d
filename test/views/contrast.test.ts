import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { all, readTags } from './markup.ts';
import { cases, views, viewsFolder } from './rendering.ts';

const css = readFileSync(join(viewsFolder, 'assets', 'app.css'), 'utf8');
const rootBlocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) => coloursOf(body));
const [light = new Map<string, string>(), dark = new Map<string, string>()] = rootBlocks;
const themes: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  light,
  dark: new Map([...light, ...dark]),
};
const doors = [...css.matchAll(/\.hue-(\d+) \{\s*--door: (#[0-9a-f]{6});/g)].map(
  ([, , colour = '']) => colour,
);

function coloursOf(body: string): ReadonlyMap<string, string> {
  return new Map(
    [...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  );
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function colour(theme: string, name: string): string {
  const found = themes[theme]?.get(name);
  assert.ok(found, `--${name} is not a colour of the ${theme} theme`);
  return found;
}

/** Text on what it stands on; WCAG 1.4.3 asks for 4.5. */
const texts: Readonly<Record<string, readonly string[]>> = {
  ground: ['ink', 'soft', 'accent', 'accent-over', 'warn', 'bad', 'good'],
  surface: ['ink', 'soft', 'accent', 'accent-over', 'warn', 'bad', 'good'],
  sunken: ['ink', 'soft', 'accent', 'accent-over'],
  accent: ['accent-ink'],
  'accent-over': ['accent-ink'],
  band: ['band-ink', 'band-soft'],
  'band-arch': ['band-ink', 'band-soft'],
  'warn-ground': ['warn'],
  'bad-ground': ['bad'],
};

/** Borders of controls and focus rings; WCAG 1.4.11 asks for 3. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  ground: ['edge', 'focus'],
  surface: ['edge', 'focus', 'bad'],
  band: ['lamp', 'band-soft', 'focus'],
  'band-arch': ['lamp', 'band-soft'],
};

for (const theme of Object.keys(themes)) {
  for (const [least, pairs] of [
    [4.5, texts],
    [3, shapes],
  ] as const) {
    for (const [behind, names] of Object.entries(pairs)) {
      for (const name of names) {
        test(`${theme}: ${name} on ${behind} has a contrast of at least ${least}`, () => {
          const ratio = contrast(colour(theme, name), colour(theme, behind));

          assert.ok(ratio >= least, `is ${ratio.toFixed(2)}`);
        });
      }
    }
  }
}

test('initials can be read on each of the twelve doors', () => {
  assert.equal(doors.length, 12);
  for (const door of doors) {
    const ratio = contrast(colour('light', 'door-ink'), door);
    assert.ok(ratio >= 4.5, `${door}: ${ratio.toFixed(2)}`);
  }
});

test('the sheet is small and loads nothing from elsewhere', () => {
  assert.ok(Buffer.byteLength(css) <= 20_000);
  assert.doesNotMatch(css, /@import|@font-face/);
  for (const [, url = ''] of css.matchAll(/url\("?([^")]*)/g)) assert.match(url, /^data:image\/svg\+xml,/);
});

test('every class of the sheet is used by some page', () => {
  const used = new Set(
    cases.flatMap(({ page, data }) =>
      readTags(views.render(page, data)).flatMap((tag) => (tag.attributes.get('class') ?? '').split(/\s+/)),
    ),
  );
  const selectors = css
    .replace(/url\("[^"]*"\)/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\{[^{}]*\}/g, '{}');
  const named = new Set([...selectors.matchAll(/\.([a-z][a-z0-9-]*)/g)].map(([, name = '']) => name));

  const unused = [...named].filter((name) => !used.has(name) && !name.startsWith('hue-'));

  assert.deepEqual(unused, []);
});

test('the icon is an image without script', () => {
  const icon = readFileSync(join(viewsFolder, 'assets', 'icon.svg'), 'utf8');

  assert.equal(all(readTags(icon), 'script').length, 0);
});
