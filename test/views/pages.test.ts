import assert from 'node:assert/strict';
import test from 'node:test';
import { fixtures, tile } from './fixtures.ts';
import { all, readTags, textOf, unescapeText } from './markup.ts';
import { render, views } from './rendering.ts';

const usual = fixtures.launchpad.usual;
const launchpadWith = (more: object): string => views.render('launchpad', { ...usual, ...more });
const tilesOf = (html: string): readonly string[] => html.split('<li class="tile').slice(1);

test('a tile is one link whose name is the title, with its role and the time left beside it', () => {
  const [, second = ''] = tilesOf(render('launchpad'));
  const tags = readTags(second.split('</li>')[0] ?? '');

  assert.equal(all(tags, 'a').length, 1);
  assert.equal(all(tags, 'button').length, 0);
  assert.equal(all(tags, 'a')[0]?.attributes.get('href'), '/launch/store-na');
  assert.equal(all(tags, 'a')[0]?.text, 'Halden North America');
  assert.match(textOf(tags), /Your role: Store manager 18 days left until 20 March 2026/);
  assert.equal(all(tags, 'time')[0]?.attributes.get('datetime'), '2026-03-20T00:00:00.000Z');
});

test('the bar shows the share that is left, at least a sliver and never more than all', () => {
  const widthOf = (share: unknown): string | undefined => {
    const ends = { iso: '2026-03-20T00:00:00.000Z', text: '20 March', left: '1 day left', share };
    const bar = all(readTags(launchpadWith({ tiles: [tile('a', 'A', 0, { ends })] })), 'rect')[1];
    return bar?.attributes.get('width');
  };

  assert.deepEqual([0.5, 0, -1, 7].map(widthOf), ['50', '1', '1', '100']);
  assert.deepEqual([null, undefined].map(widthOf), [undefined, undefined]);
});

test('the hue of a tile is one of twelve classes, and any other is an error', () => {
  const classOf = (hue: number): string | undefined =>
    /<li class="tile (hue-\d+)"/.exec(launchpadWith({ tiles: [tile('a', 'A', hue)] }))?.[1];

  assert.deepEqual([0, 1, 11].map(classOf), ['hue-0', 'hue-1', 'hue-11']);
  for (const wrong of [-1, 12, 0.5, Number.NaN]) assert.throws(() => classOf(wrong));
});

test('the filter is offered from nine tiles on, and only where script runs', () => {
  const tiles = (count: number): object => ({
    tiles: Array.from({ length: count }, (_, index) => tile(`rp-${index}`, `Store ${index}`, 0)),
  });

  assert.doesNotMatch(launchpadWith(tiles(8)), /data-find/);
  assert.match(launchpadWith(tiles(9)), /role="search" data-find hidden>/);
});

test('each own session has a real button that posts to its own address', () => {
  const forms = all(readTags(render('launchpad')), 'form');

  assert.deepEqual(
    forms.map((form) => [form.attributes.get('method'), form.attributes.get('action')]),
    [
      ['post', '/logout/now'],
      ['post', '/sessions/ses_1/end'],
      ['post', '/sessions/ses_2/end'],
    ],
  );
});

test('a person without any store learns what to do', () => {
  assert.match(textOf(readTags(render('launchpad', 'empty'))), /Nothing is open to you .* login name lena\b/);
});

test('closed stores are listed with their reason, and without any there is no such section', () => {
  assert.match(
    textOf(readTags(render('launchpad'))),
    /Closed to you right now Halden Outlet Open to your role/,
  );
  assert.doesNotMatch(render('launchpad', 'empty'), /Closed to you/);
});

test('a refusal leads with the reason, then what to do, then the reference', () => {
  const text = textOf(readTags(render('refused')));
  const order = [
    'You have no access',
    'This store is for people',
    'If your region is wrong',
    'Reference',
    'ref_0199',
  ];

  const places = order.map((part) => text.lastIndexOf(part));

  assert.ok(places.every((place) => place >= 0));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('an answer that proves nothing is not called none', () => {
  const parties = [{ title: 'iconik', state: 'unproven', text: 'It answered.', href: null }];

  const text = textOf(
    readTags(views.render('signed-out', { parties, upstream: null, next: null, signInHref: '/' })),
  );

  assert.match(text, /Not confirmed/);
  assert.doesNotMatch(text, /No answer/);
});

test('R3.4: after signing out, only what was confirmed is called ended', () => {
  for (const state of ['sent', 'no-answer', 'unproven', 'not-supported', 'still-open']) {
    const parties = [{ title: 'Wiki', state, text: 'Text.', href: null }];
    const text = textOf(
      readTags(views.render('signed-out', { parties, upstream: null, next: null, signInHref: '/' })),
    );
    assert.doesNotMatch(text, /has ended|\bEnded\b/);
    assert.match(text, /may still be open/);
  }
  assert.match(render('signed-out', 'all ended'), /Ended/);
});

test('R2.6: the page that goes on names the address in the refresh and in a link', () => {
  const tags = readTags(render('continue'));
  const { href } = fixtures.continue.usual;

  const refresh = all(tags, 'meta').find((meta) => meta.attributes.get('http-equiv') === 'refresh');

  assert.equal(refresh?.attributes.get('content'), `0;url=${href}`);
  assert.ok(all(tags, 'a').some((link) => link.attributes.get('href') === href));
});

test('only the page that goes on refreshes itself', () => {
  for (const page of ['error', 'post', 'refused', 'launchpad'] as const)
    assert.doesNotMatch(render(page), /http-equiv="refresh"/);
});

test('R2.6: the post page is a form with its fields and a button, marked for the script', () => {
  const tags = readTags(render('post'));
  const [form] = all(tags, 'form');
  const fields = all(tags, 'input').map(({ attributes }) => [
    attributes.get('name'),
    attributes.get('value'),
  ]);

  assert.ok(form?.attributes.has('data-auto-submit'));
  assert.equal(form?.attributes.get('action'), fixtures.post.usual.action);
  assert.deepEqual(
    fields,
    fixtures.post.usual.fields.map(({ name, value }) => [name, value]),
  );
  assert.equal(all(tags, 'button').length, 1);
  assert.ok(!all(tags, 'button')[0]?.attributes.has('name'), 'a named button would be sent along');
});

test('a wrong address is said in the title, beside the field and to assistive technology', () => {
  const html = render('choose', 'mail only, wrong');

  assert.match(html, /<title>Problem: /);
  assert.match(html, /role="alert">We do not know/);
  assert.match(html, /aria-describedby="problem mail-note" aria-invalid="true"/);
  assert.match(html, /value="mira@halden.exampl"/);
});

test('the wait of a busy service is said in words', () => {
  const waiting = (retryAfterSeconds: number): string =>
    unescapeText(textOf(readTags(views.render('error', { ...fixtures.error.usual, retryAfterSeconds }))));

  assert.match(waiting(1), /try again in 1 second\./);
  assert.match(waiting(30), /try again in 30 seconds\./);
  assert.match(waiting(600), /try again in about 10 minutes\./);
});

test('an error without a reference shows no empty one', () => {
  assert.doesNotMatch(render('error', 'without reference'), /id="reference"/);
});
