import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { parse, stringify } from 'yaml';
import { ConfigFile, type Configuration, checkConfiguration, expand } from '../../src/app/index.ts';
import { ConfigurationError, DAY, HOUR } from '../../src/base/index.ts';
import { parseConfig } from '../../src/platform/config/index.ts';

// One file for all rooms: each object by itself, then all of them together.

const DEMO = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'demo.yaml'), 'utf8');

/** The demo's configuration as a tree, changed as a test pleases. */
// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function read(change: (tree: any) => void = () => undefined): Configuration {
  const tree: unknown = parse(DEMO);
  change(tree);
  return expand(parseConfig(stringify(tree), '/', ConfigFile, checkConfiguration));
}

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function problemsOf(change: (tree: any) => void): string[] {
  try {
    read(change);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

test('the demo is a sound configuration, and what it leaves out has safe values', () => {
  const config = read();

  assert.equal(config.session.lifetime, 10 * HOUR);
  assert.deepEqual(config.limits, { beginsPerMinute: 6_000, entriesPerMinute: 120 });
  assert.deepEqual(config.trustedProxies, []);
  assert.deepEqual(config.outbound.allow, []);
  assert.deepEqual(
    config.connections.map(({ onNoMatch }) => onNoMatch),
    ['create', 'create'],
  );
  assert.deepEqual(config.connections.find(({ id }) => id === 'access-manager')?.trustedMailDomains, []);
});

test('a configuration for production needs no permission for plain http', () => {
  const config = read((tree) => {
    delete tree.allowInsecureLoopback;
    secure(tree);
  });

  assert.equal(config.allowInsecureLoopback, false);
});

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function secure(tree: any): void {
  tree.publicUrl = 'https://sso.example.com';
  tree.connections[0].baseUrl = 'https://otds.example.com/otdsws';
  tree.connections[1].metadataUrl = 'https://am.example.com/nidp/saml2/metadata';
  for (const target of tree.targets) delete target.apiUrl;
  const overTls = (part: object) => JSON.parse(JSON.stringify(part).replaceAll('http://', 'https://'));
  tree.targets = overTls(tree.targets);
  tree.relyingParties = overTls(tree.relyingParties);
}

suite('what does not fit together is found, all of it at once', () => {
  for (const [what, change, problems] of [
    [
      'plain http in production',
      (tree) => {
        secure(tree);
        tree.allowInsecureLoopback = false;
        tree.publicUrl = 'http://sso.example.com';
        tree.targets[0].apiUrl = 'http://api.example.com';
      },
      [
        /^publicUrl: plain http is allowed for localhost only/,
        /^targets\[0\]\.apiUrl: plain http is allowed/,
      ],
    ],
    [
      'plain http to another machine, although loopback is allowed',
      (tree) => {
        tree.publicUrl = 'http://localhost.example.com';
        tree.targets[1].apiUrl = 'http://10.0.0.1';
      },
      [/^publicUrl: plain http/, /^targets\[1\]\.apiUrl: plain http/],
    ],
    [
      'a public address below a path',
      (tree) => {
        tree.publicUrl = 'http://sso.localhost:3000/sso';
      },
      [/^publicUrl: give scheme, host and port only/],
    ],
    [
      'a connection that takes a path of ours',
      (tree) => {
        tree.connections[1].id = 'continue';
        tree.rules[1].when = 'person.region == "NA"';
      },
      [/^connections\[1\]\.id: continue is a path of ours; use another id/],
    ],
    [
      'two connections whose groups would keep plain names',
      (tree) => {
        tree.connections[1].primary = true;
      },
      [/primary/],
    ],
    [
      'a rule for a place and a role that do not exist',
      (tree) => {
        tree.rules[0].give = [{ relyingParty: 'store-asia', roles: ['merchandiser'] }];
        tree.rules[1].give[0].roles = ['king'];
      },
      [/^rules\[0\]\.give\[0\]\.relyingParty: .*store-asia/, /^rules\[1\]\.give\[0\]\.roles\[0\]: .*king/],
    ],
    [
      'a rule that asks for an attribute that nobody declared',
      (tree) => {
        delete tree.attributes.contractEnd;
        for (const connection of tree.connections) delete connection.attributes.contractEnd;
      },
      [/^rules\[3\]\.give\[0\]\.until: .*contractEnd/],
    ],
    [
      'a session that lasts for weeks',
      (tree) => {
        tree.session = { lifetime: '14d' };
      },
      [/^session\.lifetime: too long/],
    ],
    [
      'an attribute with a name that rules cannot say',
      (tree) => {
        tree.attributes['contract-end'] = 'timestamp';
      },
      [/^attributes/],
    ],
    [
      'an attribute of no known type',
      (tree) => {
        tree.attributes.region = 'text';
      },
      [/^attributes\.region: must be one of string, number, boolean, list, timestamp/],
    ],
  ] as readonly (readonly [string, (tree: ReturnType<typeof parse>) => void, readonly RegExp[]])[]) {
    test(what, () => {
      const found = problemsOf(change);

      for (const problem of problems) {
        assert.ok(
          found.some((line) => problem.test(line)),
          `${problem} in ${found.join('\n')}`,
        );
      }
      assert.ok(found.length <= problems.length + 1, found.join('\n'));
    });
  }
});

test('a configuration that is printed shows no secret', () => {
  const config = read();

  for (const text of [inspect(config, { depth: 20 }), JSON.stringify(config), String(config)]) {
    assert.doesNotMatch(text, /vestibule-demo-secret|sandbox-secret|sandbox-token/);
  }
});

test('a session lasts a week at most and five minutes at least', () => {
  assert.equal(
    read((tree) => Object.assign(tree, { session: { lifetime: '7d' } })).session.lifetime,
    7 * DAY,
  );
  assert.match(
    problemsOf((tree) => Object.assign(tree, { session: { lifetime: '4m' } })).join(),
    /^session\.lifetime: too short/,
  );
});
