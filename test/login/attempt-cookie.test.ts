import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from 'express';
import { createAttemptCookies } from '../../src/login/attempt-cookie.ts';
import { createCookies } from '../../src/platform/http/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

// R2.2: each attempt to sign in is bound to the browser that started it by a cookie of its own.

type Set = { readonly name: string; readonly value: string; readonly options: Record<string, unknown> };

/** A browser that keeps what it is told, oldest first, and an answer that tells it. */
function openBrowser(publicUrl = 'https://sso.example.com') {
  const clock = new ManualClock();
  const attempts = createAttemptCookies(createCookies(new URL(publicUrl)), clock);
  const kept = new Map<string, Set>();
  const res = {
    cookie: (name: string, value: string, options: Set['options']) =>
      kept.set(name, { name, value, options }),
    clearCookie: (name: string) => kept.delete(name),
  } as unknown as Response;
  const req = (): Request => {
    const cookie = [...kept.values()].map(({ name, value }) => `${name}=${value}`).join('; ');
    return { headers: { cookie } } as Request;
  };
  return {
    ...{ clock, attempts, kept, res, req },
    start: (correlation: string, secret = `secret-of-${correlation}`) =>
      attempts.write(req(), res, correlation, { secret, destination: { relyingParty: correlation } }),
  };
}

test('two tabs keep two attempts apart', () => {
  const browser = openBrowser();
  browser.start('one');
  browser.start('two');

  assert.deepEqual(browser.attempts.read(browser.req(), 'one'), {
    secret: 'secret-of-one',
    destination: { relyingParty: 'one' },
  });
  assert.equal(browser.attempts.read(browser.req(), 'two')?.secret, 'secret-of-two');
  assert.equal(browser.attempts.read(browser.req(), 'three'), undefined);
});

test('an attempt that is over takes its own cookie away and no other', () => {
  const browser = openBrowser();
  browser.start('one');
  browser.start('two');

  browser.attempts.clear(browser.res, 'one');

  assert.equal(browser.attempts.read(browser.req(), 'one'), undefined);
  assert.ok(browser.attempts.read(browser.req(), 'two'));
});

test('over https the cookie is bound to this host, out of reach for scripts, and not sent along by other sites', () => {
  const browser = openBrowser();
  browser.start('one');

  const [cookie] = [...browser.kept.values()];
  assert.match(cookie?.name ?? '', /^__Host-vestibule-login-[A-Za-z0-9_-]{16}$/);
  const { expires: _expires, ...options } = cookie?.options ?? {};
  assert.deepEqual(options, { path: '/', httpOnly: true, sameSite: 'lax', secure: true });
});

test('on plain http for a trial the name has no prefix that http cannot have', () => {
  const browser = openBrowser('http://sso.localhost:3000');
  browser.start('one');

  const [cookie] = [...browser.kept.values()];
  assert.match(cookie?.name ?? '', /^vestibule-login-/);
  assert.equal(cookie?.options['secure'], false);
});

test('the cookie names no attempt that somebody could use elsewhere: the correlation is hashed', () => {
  const browser = openBrowser();
  browser.start('state-of-the-transaction');

  const [cookie] = [...browser.kept.values()];
  assert.ok(!cookie?.name.includes('state'));
});

test('the cookie goes an hour after the attempt began', () => {
  const browser = openBrowser();
  browser.start('one');

  const [cookie] = [...browser.kept.values()];
  assert.deepEqual(cookie?.options['expires'], new Date('2026-03-02T10:00:00Z'));
});

test('attempts that nobody finishes give way, the oldest first, so that a browser keeps at most twelve', () => {
  const browser = openBrowser();
  for (let count = 1; count <= 30; count += 1) browser.start(`attempt-${count}`);

  assert.equal(browser.kept.size, 12);
  assert.equal(browser.attempts.read(browser.req(), 'attempt-18'), undefined);
  assert.ok(browser.attempts.read(browser.req(), 'attempt-19'));
  assert.ok(browser.attempts.read(browser.req(), 'attempt-30'));
});

for (const [what, value] of [
  ['without a destination', 'secret'],
  ['with a part too many', 'secret.e30.e30'],
  ['with a destination that is no JSON', 'secret.!!!'],
  [
    'with a destination of another shape',
    `secret.${Buffer.from('{"relyingParty":7}').toString('base64url')}`,
  ],
  ['without a secret', '.e30'],
  ['that is empty', ''],
] as const) {
  test(`a cookie ${what} is no attempt`, () => {
    const browser = openBrowser();
    browser.start('one');
    const [cookie] = [...browser.kept.values()];
    assert.ok(cookie);
    browser.kept.set(cookie.name, { ...cookie, value });

    assert.equal(browser.attempts.read(browser.req(), 'one'), undefined);
  });
}
