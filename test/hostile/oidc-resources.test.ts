import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { ConfigFile, checkConfiguration } from '../../src/app/index.ts';
import { ConfigurationError } from '../../src/base/index.ts';
import { demoConfiguration } from '../../src/cli/demo-world.ts';
import { parseConfig } from '../../src/platform/config/index.ts';

// RFC 8707: the audience is all that an API looks at. An application that may call itself what a store is called gets
// tokens for the store by an entitlement of its own.

const application = (id: string, resource?: string): object => ({
  ...{ id, kind: 'oidc', title: id, roles: [{ id: 'editor' }], clientSecrets: ['a-secret-of-the-catalogue'] },
  redirectUris: [`http://${id}.localhost:9/callback`],
  ...(resource !== undefined && { resource }),
});

function problemsOf(...applications: readonly object[]): readonly string[] {
  const tree = parse(demoConfiguration({ broker: 8400, sandbox: 8401 }));
  tree.relyingParties.push(...applications);
  try {
    parseConfig(stringify(tree), tmpdir(), ConfigFile, checkConfiguration);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.problems.map(({ path, message }) => `${path.replace(/\[\d+\]/, '[]')} ${message}`);
  }
}

for (const [what, applications] of [
  ['that a store has by itself', [application('catalog', 'urn:vestibule:store-emea')]],
  [
    'that another application has by itself',
    [application('pim'), application('catalog', 'urn:vestibule:pim')],
  ],
] as const) {
  test(`a resource identifier ${what} cannot be another one's`, () => {
    assert.deepEqual(problemsOf(...applications), [
      'relyingParties[].resource belongs to another relying party; each has its own',
    ]);
  });
}

test('two applications cannot share one', () => {
  const both = [application('pim', 'https://api.example'), application('catalog', 'https://api.example')];
  assert.equal(problemsOf(...both).length, 2);
});

test('nor can one be the API of the broker itself', () => {
  const [problem = ''] = problemsOf(application('catalog', 'http://sso.localhost:8400'));
  assert.match(problem, /is the address of the broker itself/);
});

test('one of its own is fine', () => {
  assert.deepEqual(problemsOf(application('catalog', 'https://api.example'), application('pim')), []);
});
