import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from 'express';
import { createCookies } from '../../src/platform/http/index.ts';

const cookies = createCookies(new URL('https://sso.example.com'));

/** As Node hands a header on: every byte a character. */
function sent(header: string): Request {
  return { headers: { cookie: header } } as Request;
}

test('a session cookie is read by its exact name', () => {
  assert.equal(cookies.read(sent('a=b; __Host-vestibule-session=mine; c=d'), 'session'), 'mine');
});

test('a cookie that a neighbouring host planted without the prefix is not ours', () => {
  assert.equal(cookies.read(sent('vestibule-session=theirs'), 'session'), undefined);
});

for (const [name, space] of [
  ['a no-break space', '\u00a0'],
  ['a line tabulation', '\u000b'],
  ['a form feed', '\u000c'],
] as const) {
  test(`a name that only looks like ours because of ${name} before it is another cookie`, () => {
    const header = `${space}__Host-vestibule-session=theirs`;

    assert.equal(cookies.read(sent(header), 'session'), undefined);
    assert.deepEqual(cookies.names(sent(header), 'session'), []);
    assert.equal(cookies.read(sent(`${header}; __Host-vestibule-session=mine`), 'session'), 'mine');
  });
}

test('two different cookies of one name are no cookie at all: a browser never holds two with this prefix', () => {
  const header = '__Host-vestibule-session=theirs; __Host-vestibule-session=mine';

  assert.equal(cookies.read(sent(header), 'session'), undefined);
});

test('a value keeps what follows its first equals sign', () => {
  assert.equal(cookies.read(sent('__Host-vestibule-session=a=b'), 'session'), 'a=b');
});
