import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEMO, openCommandLine } from '../support/command-line.ts';

// What the commands print ends up in terminals, tickets and build logs.

async function run(args: readonly string[], variables: Record<string, string>, config = DEMO) {
  using command = openCommandLine({ config, variables });
  const { code, out, err } = await command.run(...args);
  return { code, output: `${out}${err}` };
}

for (const value of [
  '*s3cretpart',
  '!s3cretpart',
  '!<s3cretpart> x',
  '|s3cretpart',
  '>s3cretpart',
  '}s3cretpart',
  '"a\\q s3cretpart"',
  '%s3cretpart',
  's3cretpart: x',
]) {
  test(`a secret written into the file as ${JSON.stringify(value)} is not repeated when the file cannot be read`, async () => {
    const config = DEMO.replace('clientSecret: vestibule-demo-secret', () => `clientSecret: ${value}`);

    const { code, output } = await run(['check', '--offline'], {}, config);

    assert.equal(code, 2, output);
    assert.doesNotMatch(output, /s3cretpart/);
    assert.match(output, /problem/);
  });
}

for (const url of [
  'redis://u:s3cretpart@[bad',
  'redis://u:s3cretpart@127.0.0.1:99999',
  'redis-cluster://u:s3cretpart@h:99999',
]) {
  test(`the password in an unreadable REDIS_URL like ${url.slice(0, 14)}… is not printed`, async () => {
    const database = { DATABASE_URL: 'postgres://a@127.0.0.1:1/x' };

    const { code, output } = await run(['check'], { ...database, REDIS_URL: url });

    assert.notEqual(code, 0);
    assert.doesNotMatch(output, /s3cretpart/);
  });
}

test('the password in an unreadable DATABASE_URL is not printed', async () => {
  const { code, output } = await run(['migrate'], { DATABASE_URL: 'postgres://u:s3cretpart@[bad/db' });

  assert.notEqual(code, 0);
  assert.doesNotMatch(output, /s3cretpart/);
});
