import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { mapSecrets, parseObject, secret } from '../../../src/platform/config/index.ts';

// What is secret in an object that is shown again, and what an object over the API may not ask for.

const either = z.union([secret(), z.strictObject({ secret: secret() }).transform((each) => each.secret)]);
const Application = z.strictObject({
  kind: z.literal('application'),
  title: z.string().optional(),
  secrets: z.array(either).default([]),
  labels: z.record(z.string(), z.string()).optional(),
  tokens: z.record(z.string(), secret()).optional(),
  nested: z.strictObject({ password: secret().optional() }).prefault({}),
  keys: z.looseObject({ kty: z.string() }).optional(),
});
const Store = z.strictObject({ kind: z.literal('store'), title: secret(), login: secret() });
const Anything = z.discriminatedUnion('kind', [Application, Store]);

function shown(value: unknown): unknown {
  return mapSecrets(Anything, value, { secret: () => '***', unknown: () => '???' });
}

suite('secrets are found by the schema alone', () => {
  test('in lists, records, objects, and on both sides of a choice', () => {
    assert.deepEqual(
      shown({
        ...{ kind: 'application', title: 'a', secrets: ['a', { secret: 'b' }, 'c'] },
        ...{ labels: { x: 'a' }, tokens: { y: 'b' }, nested: { password: 'a' } },
      }),
      {
        ...{ kind: 'application', title: 'a', secrets: ['***', { secret: '***' }, '***'] },
        ...{ labels: { x: 'a' }, tokens: { y: '***' }, nested: { password: '***' } },
      },
    );
  });

  test('by the kind of the object: what is a title in one may be a secret in another', () => {
    assert.deepEqual(shown({ kind: 'store', title: 'a', login: 'b' }), {
      ...{ kind: 'store', title: '***', login: '***' },
    });
  });

  test('also where the value does not fit', () => {
    assert.deepEqual(shown({ kind: 'application', secrets: [7, null, { secret: 7 }, { other: 'x' }] }), {
      kind: 'application',
      secrets: ['***', '***', { secret: '***' }, '***'],
    });
    assert.deepEqual(shown({ kind: 'application', secrets: 'text' }), {
      kind: 'application',
      secrets: '???',
    });
  });

  test('what no schema knows is told apart; objects of others that may hold anything are public', () => {
    assert.deepEqual(shown({ kind: 'application', extra: 'a', keys: { kty: 'EC', x: 'b' } }), {
      ...{ kind: 'application', extra: '???', keys: { kty: 'EC', x: 'b' } },
    });
  });

  test('with their paths', () => {
    const paths: string[] = [];
    const note = (value: unknown, path: string): unknown => {
      paths.push(path);
      return value;
    };
    mapSecrets(Application, { secrets: ['a', { secret: 'b' }], nested: { password: 'c' } }, { secret: note });

    assert.deepEqual(paths, ['secrets[0]', 'secrets[1].secret', 'nested.password']);
  });
});

suite('an object that did not come from the file', () => {
  test('is parsed by the same schema', () => {
    const parsed = parseObject({ kind: 'application', secrets: ['a'] }, Application);

    assert.equal(parsed.outcome, 'parsed');
  });

  test('names no files, wherever they stand, and is not told to', () => {
    const parsed = parseObject({ kind: 'store', titleFile: '/etc/passwd', login: { xFile: 'y' } }, Store);

    assert.ok(parsed.outcome === 'problems');
    assert.deepEqual(parsed.problems, [
      { path: 'titleFile', message: 'names a file; give the value itself' },
      { path: 'login.xFile', message: 'names a file; give the value itself' },
      { path: 'title', message: 'missing; set it' },
    ]);
  });
});
