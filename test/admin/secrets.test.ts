import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { mergePatch } from '../../src/admin/merge-patch.ts';
import { secretsToGiveAgain, withoutSecrets, withStoredSecrets } from '../../src/admin/secrets.ts';
import { secret } from '../../src/platform/config/index.ts';

const Store = z.strictObject({
  url: z.string(),
  title: z.string().optional(),
  token: secret(),
  former: z.array(secret()).default([]),
});
const refOf = (text: string): string => `ref-of-${text.length}`;

suite('what is shown of an object', () => {
  test('is nothing of its secrets, and nothing that the schema does not know', () => {
    const shown = withoutSecrets(
      Store,
      { url: 'https://a.example', token: 'one', former: ['three'], tokenOfAnOlderVersion: 'x' },
      refOf,
    );

    assert.deepEqual(shown, {
      url: 'https://a.example',
      token: { set: true, ref: 'ref-of-3' },
      former: [{ set: true, ref: 'ref-of-5' }],
      tokenOfAnOlderVersion: { set: true },
    });
  });
});

suite('a reference that is sent back', () => {
  const stored = { url: 'https://a.example', token: 'one', former: ['three'] };

  test('stands for the stored secret, wherever a secret may stand', () => {
    const { document, problems } = withStoredSecrets(
      Store,
      {
        url: 'https://a.example',
        token: { set: true, ref: 'ref-of-5' },
        former: ['new', { ref: 'ref-of-3' }],
      },
      { stored, refOf },
    );

    assert.deepEqual(problems, []);
    assert.deepEqual(document, { url: 'https://a.example', token: 'three', former: ['new', 'one'] });
  });

  test('to nothing is a problem, and elsewhere it stays what it is', () => {
    const { document, problems } = withStoredSecrets(
      Store,
      { title: { ref: 'ref-of-3' }, token: { ref: 'ref-of-99' } },
      { stored, refOf },
    );

    assert.deepEqual(
      problems.map(({ path }) => path),
      ['token'],
    );
    assert.deepEqual((document as { title: unknown }).title, { ref: 'ref-of-3' });
  });
});

suite('a host that is new (R7.2)', () => {
  const before = { url: 'https://a.example/x', token: 'one', former: ['three'] };
  const pathsFor = (after: object, sent: object): string[] =>
    secretsToGiveAgain(Store, { before, after: { ...before, ...after }, sent }).map(({ path }) => path);

  test('wants every secret again that did not come along', () => {
    const url = 'https://b.example/x';

    assert.deepEqual(pathsFor({ url }, {}), ['token', 'former[0]']);
    assert.deepEqual(pathsFor({ url }, { token: 'one' }), ['former[0]']);
    assert.deepEqual(pathsFor({ url }, { token: 'one', former: ['three'] }), []);
    assert.deepEqual(pathsFor({ url, token: 'two', former: [] }, { token: 'two', former: [] }), []);
  });

  test('is another name, another port, or another way of writing one; another path is not', () => {
    assert.deepEqual(pathsFor({ url: 'https://a.example/y' }, {}), []);
    assert.deepEqual(pathsFor({ url: 'https://A.EXAMPLE/x' }, {}), []);
    assert.notDeepEqual(pathsFor({ url: 'https://a.example:8443/x' }, {}), []);
    assert.notDeepEqual(pathsFor({ url: 'HTTPS://b.example/x' }, {}), []);
    assert.notDeepEqual(pathsFor({ url: 'https://a.example@b.example/x' }, {}), []);
    assert.notDeepEqual(pathsFor({ url: 'https://a.example.b.example' }, {}), []);
    for (const url of [
      ' https://b.example',
      'ht\ttps://b.example',
      'https:b.example',
      '\0https:\\\\b.example',
    ]) {
      assert.notDeepEqual(pathsFor({ url }, {}), [], JSON.stringify(url));
    }
  });
});

suite('a merge patch (RFC 7396, appendix A)', () => {
  for (const [target, patch, result] of [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as const) {
    test(`${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => {
      assert.deepEqual(mergePatch(target, patch), result);
    });
  }
});
