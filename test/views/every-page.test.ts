import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createViews } from '../../src/platform/http/index.ts';
import { fixtures } from './fixtures.ts';
import { all, readTags, textOf, unbalanced } from './markup.ts';
import { cases, views, viewsFolder } from './rendering.ts';

test('every template of views/ has fixtures', () => {
  const templates = readdirSync(viewsFolder)
    .filter((name) => name.endsWith('.eta') && name !== 'layout.eta')
    .map((name) => name.slice(0, -'.eta'.length));

  assert.deepEqual(templates.sort(), Object.keys(fixtures).sort());
});

for (const { page, name, data } of cases) {
  const html = views.render(page, data);
  const tags = readTags(html);

  test(`${page} (${name}) is well formed and says nothing that is missing`, () => {
    assert.match(html, /^<!doctype html>\n<html lang="en">/);
    assert.deepEqual(unbalanced(html), []);
    assert.equal(
      html.split('<').length - 1,
      tags.length + 1,
      'each < opens a tag that was read, or the doctype',
    );
    assert.doesNotMatch(textOf(tags), /\b(undefined|null|NaN|\[object)\b/);
    assert.doesNotMatch(textOf(tags), /\s[.,;:]/, 'a stray space before a point');
  });

  test(`${page} (${name}) has a title, one h1, headings in order and landmarks`, () => {
    const [title] = all(tags, 'title');
    assert.match(title?.text ?? '', /^\S.* · Vestibule$/);
    const levels = tags
      .filter((tag) => !tag.closes && /^h[1-6]$/.test(tag.name))
      .map((tag) => Number(tag.name[1]));
    assert.equal(levels[0], 1);
    assert.equal(levels.filter((level) => level === 1).length, 1);
    levels.reduce((before, level) => {
      assert.ok(level <= before + 1, `h${level} follows h${before}`);
      return level;
    });
    for (const landmark of ['header', 'main', 'footer'])
      assert.equal(all(tags, landmark).length, 1, landmark);
    assert.equal(all(tags, 'a')[0]?.attributes.get('href'), '#main', 'the skip link comes first');
  });

  test(`${page} (${name}) names its controls, and every id exists once`, () => {
    const ids = tags.filter((tag) => !tag.closes).flatMap((tag) => tag.attributes.get('id') ?? []);
    assert.equal(new Set(ids).size, ids.length);
    for (const tag of tags) {
      for (const reference of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'data-copy']) {
        for (const id of tag.attributes.get(reference)?.split(' ') ?? [])
          assert.ok(ids.includes(id), `${reference} ${id}`);
      }
    }
    const labelled = all(tags, 'label').map((label) => label.attributes.get('for'));
    for (const input of all(tags, 'input')) {
      const type = input.attributes.get('type');
      if (type === 'hidden' || type === 'checkbox') continue;
      assert.ok(labelled.includes(input.attributes.get('id')), 'an input without a label');
    }
    for (const svg of all(tags, 'svg')) assert.equal(svg.attributes.get('aria-hidden'), 'true');
  });

  test(`${page} (${name}) has nothing inline that the content security policy would block`, () => {
    assert.equal(all(tags, 'style').length, 0);
    assert.deepEqual(
      all(tags, 'script').map((script) => [script.attributes.get('src')?.split('?')[0], script.text]),
      [['/assets/app.js', '']],
    );
    for (const tag of tags) {
      assert.ok(!tag.attributes.has('style'), `style on ${tag.name}`);
      for (const key of tag.attributes.keys()) assert.doesNotMatch(key, /^on/);
    }
  });

  test(`${page} (${name}) loads only our own assets, with their version`, () => {
    for (const tag of [...all(tags, 'link'), ...all(tags, 'script'), ...all(tags, 'img')]) {
      const url = tag.attributes.get('href') ?? tag.attributes.get('src') ?? '';
      const [, asset] = /^\/assets\/([a-z.]+)\?v=[0-9a-f]{10}$/.exec(url) ?? [];
      assert.ok(asset !== undefined && existsSync(join(viewsFolder, 'assets', asset)), url);
    }
  });

  test(`${page} (${name}) sends what changes something by POST alone`, () => {
    for (const form of all(tags, 'form')) assert.equal(form.attributes.get('method'), 'post');
  });
}

test('an installation without an organisation shows the product alone', () => {
  const alone = createViews(viewsFolder, { productName: 'Vestibule', organisation: null });

  const html = alone.render('expired', fixtures.expired.usual);

  assert.doesNotMatch(html, /brand-owner|Halden<\/span>| for /);
});
