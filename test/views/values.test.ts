import assert from 'node:assert/strict';
import test from 'node:test';
import { createViews } from '../../src/platform/http/index.ts';
import { readTags, type Tag, unescapeText } from './markup.ts';
import { cases, views, viewsFolder } from './rendering.ts';

type Path = readonly (string | number)[];

/** Paths of all values that pages must be given; `share` alone may be left out (no bar is drawn then). */
function pathsOf(value: unknown, before: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...before, Array.isArray(value) ? Number(key) : key];
    if (key === 'share') return [];
    return Array.isArray(value) ? pathsOf(inner, path) : [path, ...pathsOf(inner, path)];
  });
}

function without(data: unknown, path: Path): Readonly<Record<string, unknown>> {
  const copy = structuredClone(data) as Record<string, unknown>;
  let parent: Record<string | number, unknown> = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  delete parent[path.at(-1) ?? ''];
  return copy;
}

for (const { page, data } of cases.filter((one) => one.name === 'usual')) {
  for (const path of pathsOf(data)) {
    test(`${page} without ${path.join('.')} is an error, never a hole in the page`, () => {
      assert.throws(() => views.render(page, without(data, path)));
    });
  }
}

test('a page without the shared values is an error', () => {
  const bare = createViews(viewsFolder, {});

  assert.throws(() => bare.render('expired', { restartHref: '/', title: 'Halden EMEA', reference: '' }));
});

const HOSTILE = `"'><script src=//evil.example></script><img src=x onerror="alert(1)"></title>{{7*7}}<%= 1 %>&lt;b&gt;`;
/** Words that choose a class or a text; a hostile one finds none, or is tested by itself. */
const CHOICES = new Set(['state', 'outcome', 'kind']);

function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return value === '' || CHOICES.has(key) ? value : `${HOSTILE}${value}`;
  if (Array.isArray(value)) return value.map((inner) => poison(inner, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poison(inner, name)]));
}

/** Elements and the names of their attributes: what must not depend on any value. */
const skeleton = (tags: readonly Tag[]): readonly string[] =>
  tags.map((tag) => `${tag.closes ? '/' : ''}${tag.name} ${[...tag.attributes.keys()].join(' ')}`);

for (const { page, name, data } of cases) {
  test(`hostile values in ${page} (${name}) stay text`, () => {
    const usual = views.render(page, data);

    const html = views.render(page, poison(data) as Readonly<Record<string, unknown>>);

    assert.deepEqual(skeleton(readTags(html)), skeleton(readTags(usual)));
    assert.equal(html.split('<').length, usual.split('<').length, 'a value opened a tag');
    assert.doesNotMatch(html, /<script src=\/\/|onerror="/);
  });
}

test('a hostile value is shown exactly as it was given', () => {
  const html = views.render('expired', { restartHref: '/', title: HOSTILE, reference: '' });

  const shown = /<p class="kicker">(.*)<\/p>/.exec(html)?.[1] ?? '';

  assert.equal(unescapeText(shown), HOSTILE);
});

test('hostile words for a state, an outcome or a kind do not reach the page unescaped', () => {
  const party = { title: 'x', state: HOSTILE, text: 'x', href: null };

  assert.throws(() =>
    views.render('signed-out', { parties: [party], upstream: null, next: null, signInHref: '/' }),
  );
});
