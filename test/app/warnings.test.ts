import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { ConfigFile, checkConfiguration, expand, warningsOf } from '../../src/app/index.ts';
import { parseConfig } from '../../src/platform/config/index.ts';

// What works and may surprise is said by `check`, in sentences that name the object and what to do.

const DEMO = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'demo.yaml'), 'utf8');

/** The demo, with the first connection changed. */
function warnings(...changes: readonly object[]): readonly string[] {
  const tree = parse(DEMO);
  for (const [at, change] of changes.entries()) Object.assign(tree.connections[at], change);
  return warningsOf(expand(parseConfig(stringify(tree), '/', ConfigFile, checkConfiguration)));
}

const isAboutUnverified = (warning: string): boolean => /calls unverified/.test(warning);

test('believing unverified addresses is warned of, with the connection and its domains', () => {
  const trusted = { trustedMailDomains: ['halden.example', 'halden.test'] };

  const [warning = '', ...more] = warnings({ ...trusted, ignoreEmailVerified: true }).filter(
    isAboutUnverified,
  );

  assert.match(warning, /^otds is believed about addresses in halden\.example, halden\.test/);
  assert.match(warning, /remove ignoreEmailVerified\.$/);
  assert.deepEqual(more, []);
});

test('whoever does not believe them, and connections that know no such setting, are not warned of', () => {
  const trusted = { trustedMailDomains: ['halden.example'] };

  for (const change of [{ trustedMailDomains: [] }, trusted, { ...trusted, ignoreEmailVerified: false }]) {
    assert.deepEqual(warnings(change).filter(isAboutUnverified), []);
  }
});

test('two connections, and applications that go by mail, are warned of until a domain is trusted', () => {
  const isAboutShared = (warning: string): boolean => /whoever comes first with an address/.test(warning);

  assert.equal(warnings({ trustedMailDomains: [] }).filter(isAboutShared).length, 1);
  assert.equal(warnings().filter(isAboutShared).length, 0);
});
