import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import { ConfigurationError, MINUTE, type Problem, Secret } from '../../../src/base/index.ts';
import {
  duration,
  identifier,
  jsonSchemaOf,
  loadConfig,
  parseConfig,
  readEnvironment,
  secret,
  url,
} from '../../../src/platform/config/index.ts';

const Schema = z.strictObject({
  publicUrl: url(),
  pause: duration({ max: 60 * MINUTE }).default(MINUTE),
  stores: z.array(z.strictObject({ id: identifier(), apiToken: secret() })).default([]),
});

function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.problems;
  }
  assert.fail('the configuration was accepted');
}

test('a secret may be given as a file beside the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-config-'));
  writeFileSync(join(folder, 'token'), 's3cret\n');
  writeFileSync(
    join(folder, 'vestibule.yaml'),
    'publicUrl: https://sso.example.com\nstores: [{ id: acme, apiTokenFile: token }]\n',
  );

  const config = loadConfig(join(folder, 'vestibule.yaml'), Schema);

  assert.equal(config.stores[0]?.apiToken.reveal(), 's3cret');
});

test('all problems are reported at once, each with its path', () => {
  const text =
    'publicUrl: nowhere\npause: soon\nstores: [{ id: "Bad Id" }, { id: b, apiToken: x, colour: red }]';

  const paths = problemsOf(() => parseConfig(text, '.', Schema)).map(({ path }) => path);

  assert.deepEqual(paths.sort(), [
    'pause',
    'publicUrl',
    'stores[0].apiToken',
    'stores[0].id',
    'stores[1].colour',
  ]);
});

test('a file that cannot be read is one problem, not two', () => {
  const text = 'publicUrl: https://a.example\nstores: [{ id: acme, apiTokenFile: nowhere/token }]';

  const problems = problemsOf(() => parseConfig(text, '/nonexistent', Schema));

  assert.deepEqual(
    problems.map(({ path }) => path),
    ['stores[0].apiTokenFile'],
  );
});

test('a value given twice, directly and as a file, is refused', () => {
  const text = 'publicUrl: https://a.example\nstores: [{ id: acme, apiToken: x, apiTokenFile: y }]';

  assert.match(
    problemsOf(() => parseConfig(text, '.', Schema))[0]?.message ?? '',
    /either apiToken or apiTokenFile/,
  );
});

test('broken YAML is reported with line and column', () => {
  assert.match(
    problemsOf(() => parseConfig('publicUrl: [', '.', Schema))[0]?.path ?? '',
    /^line \d+, column \d+$/,
  );
});

test('a configuration that does not exist says which variable to set', () => {
  assert.match(
    problemsOf(() => loadConfig('/nonexistent/v.yaml', Schema))[0]?.message ?? '',
    /VESTIBULE_CONFIG/,
  );
});

test('problems across objects are reported when each object is well-formed', () => {
  const problems = problemsOf(() =>
    parseConfig('publicUrl: https://a.example', '.', Schema, () => [
      { path: 'stores', message: 'add a store' },
    ]),
  );

  assert.deepEqual(problems, [{ path: 'stores', message: 'add a store' }]);
});

test('a parsed configuration can be printed without showing a secret', () => {
  const config = parseConfig(
    'publicUrl: https://a.example\nstores: [{ id: a, apiToken: s3cret }]',
    '.',
    Schema,
  );

  assert.ok(!inspect(config, { depth: 9 }).includes('s3cret'));
  assert.ok(!JSON.stringify(config).includes('s3cret'));
  assert.ok(!`${config.stores[0]?.apiToken}`.includes('s3cret'));
});

test('the JSON Schema offers a file for each secret and requires one of the two', () => {
  const schema = JSON.stringify(jsonSchemaOf(Schema, 'Vestibule'));

  assert.match(schema, /"apiTokenFile"/);
  assert.match(schema, /\{"anyOf":\[\{"required":\["apiToken"\]\},\{"required":\["apiTokenFile"\]\}\]\}/);
});

test('environment variables that are wrong are all named', () => {
  const problems = problemsOf(() => readEnvironment({ PORT: 'many', VESTIBULE_LOG_LEVEL: 'loud' }));

  assert.deepEqual(problems, [
    { path: 'VESTIBULE_LOG_LEVEL', message: 'must be one of debug, info, warn, error, silent' },
    { path: 'PORT', message: 'must be a number' },
  ]);
});

test('an empty environment gives loopback and the bundled parts', () => {
  const env = readEnvironment({ DATABASE_URL: '' });

  assert.equal(env.databaseUrl, undefined);
  assert.deepEqual(env.management, { host: '127.0.0.1', port: 3001 });
  assert.ok(readEnvironment({ REDIS_URL: 'redis://x' }).redisUrl instanceof Secret);
});

test('bounds that are not kept are named with what to do', () => {
  const Bounded = z.strictObject({
    list: z.array(z.string()).min(1).max(2),
    text: z.string().min(2).max(3),
    count: z.int().min(1).max(9),
  });
  const told = (yaml: string) =>
    problemsOf(() => parseConfig(yaml, '/', Bounded)).map(({ path, message }) => `${path}: ${message}`);

  assert.deepEqual(told('{ list: [], text: a, count: 0 }'), [
    'list: needs at least 1 of them; add what is missing',
    'text: must have at least 2 characters; fill it in',
    'count: must be at least 1; use a larger one',
  ]);
  assert.deepEqual(told('{ list: [a, b, c], text: abcd, count: 10 }'), [
    'list: may have at most 2 of them; remove some',
    'text: may have at most 3 characters; shorten it',
    'count: must be at most 9; use a smaller one',
  ]);
});

test('of two ways to write an object, the one that was meant is explained', () => {
  const Either = z.strictObject({
    it: z.union([
      z.strictObject({ target: z.string() }),
      z.strictObject({ hash: z.string(), login: z.string(), api: z.string(), size: z.int() }),
    ]),
  });

  const problems = problemsOf(() =>
    parseConfig('it: { hash: 1, login: 2, api: a, size: x }', '/', Either),
  ).map(({ path }) => path);

  assert.deepEqual(problems, ['it.hash', 'it.login', 'it.size']);
});
