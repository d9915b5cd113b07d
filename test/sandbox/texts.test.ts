import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, instant, prose } from '../../src/sandbox/html.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { send } from './client/request.ts';

// What people read in the sandbox: sentences, days and tables that fit a phone.

test('instants are written for people, with the exact one beside them', () => {
  const at = new Date('2026-03-02T09:05:00Z');

  assert.equal(
    instant(at).text,
    '<time datetime="2026-03-02T09:05:00.000Z">2 March 2026 at 09:05 UTC</time>',
  );
  assert.equal(day(at).text, '<time datetime="2026-03-02T09:05:00.000Z">2 March 2026</time>');
});

test('what stands between backticks is code, and everything is escaped', () => {
  assert.equal(prose('Holds `<sub>` & more.').text, 'Holds <code>&lt;sub&gt;</code> &amp; more.');
});

test('the start page has no raw backticks, and each cell of its tables says what it is', async () => {
  await using sandbox = await startSandbox({ port: 0, clock: new ManualClock() });

  const { body: text } = await send(sandbox.url('sandbox', '/'));

  assert.doesNotMatch(text, /`/);
  assert.equal(text.match(/<td(?! data-label=)/), null);
  assert.match(text, /<td data-label="Region and groups">/);
});
