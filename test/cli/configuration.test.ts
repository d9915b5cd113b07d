import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { DEMO, openCommandLine } from '../support/command-line.ts';

// A configuration that is wrong is told at once and as a whole, and nothing starts on it.

const SECRET = 'vestibule-demo-secret';
const WRONG = DEMO.replace('publicUrl: http://sso.localhost:3000', 'publicUrl: http://sso.example.com')
  .replace('target: bc-na', 'target: bc-nowhere')
  .replace('roles: [content-editor], until', 'roles: [content-writer], until')
  .replace('person.region == "EMEA"', 'person.regoin == "EMEA"');
const PATHS = ['publicUrl', 'relyingParties[1].target', 'rules[0].when', 'rules[3].give[0].roles[0]'];

for (const args of [['check'], ['serve'], ['migrate']]) {
  test(`\`vestibule ${args.join(' ')}\` names every problem with its place, exits with 2 and echoes no secret`, async () => {
    using command = openCommandLine({ config: WRONG });

    const { code, out, err } = await command.run(...args);

    assert.equal(code, 2, err);
    assert.equal(out, '');
    const paths = err.split('\n').flatMap((line) => /^ {2}(\S+): \S/.exec(line)?.[1] ?? []);
    assert.deepEqual(paths.toSorted(), PATHS.toSorted(), err);
    assert.match(err, /^The configuration has 4 problems:\n/);
    assert.ok(!err.includes(SECRET) && !err.includes('sandbox-token'));
  });
}

suite('a configuration that cannot be used', () => {
  for (const [what, config, reason] of [
    ['has a setting that nobody knows', `${DEMO}\npublicUrI: x\n`, /publicUrI: unknown setting; check its/],
    [
      'points at a file that is missing',
      DEMO.replace(`clientSecret: ${SECRET}`, 'clientSecretFile: secrets/otds'),
      /connections\[0\]\.clientSecretFile: cannot read secrets\/otds; check the path and who may read it/,
    ],
    [
      'gives a secret twice',
      DEMO.replace(`clientSecret: ${SECRET}`, `clientSecret: ${SECRET}\n    clientSecretFile: x`),
      /connections\[0\]\.clientSecretFile: give either clientSecret or clientSecretFile, not both/,
    ],
    [
      'leaves a secret empty',
      DEMO.replace(`clientSecret: ${SECRET}`, 'clientSecret: ""'),
      /connections\[0\]\.clientSecret: must have at least 1 characters; fill it in/,
    ],
    [
      'has a number where a secret should be',
      DEMO.replace(`clientSecret: ${SECRET}`, 'clientSecret: 8675309'),
      /connections\[0\]\.clientSecret: must be a string/,
    ],
    [
      'names no connection',
      'publicUrl: https://sso.example.com\nconnections: []',
      /name at least one connec/,
    ],
    ['is empty', '', /\(top level\): /],
  ] as const) {
    test(`one that ${what} says so`, async () => {
      using command = openCommandLine({ config });

      const { code, err } = await command.run('check', '--offline');

      assert.equal(code, 2, err);
      assert.match(err, reason);
      assert.doesNotMatch(err, /vestibule-demo-secret|8675309/);
    });
  }

  test('one that is not there says which variable to set', async () => {
    using command = openCommandLine();
    command.variables['VESTIBULE_CONFIG'] = join(command.folder, 'nowhere.yaml');

    const { code, err } = await command.run('serve');

    assert.equal(code, 2);
    assert.match(err, /nowhere\.yaml: the configuration file does not exist; .*VESTIBULE_CONFIG/);
  });

  test('variables that are wrong are named, not their values', async () => {
    using command = openCommandLine({
      variables: { PORT: 'secret-in-the-wrong-place', MANAGEMENT_PORT: '-1' },
    });

    const { code, err } = await command.run('check', '--offline');

    assert.equal(code, 2);
    assert.match(err, /PORT: must be a number/);
    assert.match(err, /MANAGEMENT_PORT: must be at least 0/);
    assert.ok(!err.includes('secret-in-the-wrong-place'));
  });
});

test('a sound configuration is said to be one, with what is meant for trying out only', async () => {
  using command = openCommandLine();

  const { code, out, err } = await command.run('check', '--offline');

  assert.equal(code, 0, err);
  assert.match(out, /^ok {6}configuration .*vestibule\.yaml$/m);
  assert.match(out, /warning allowInsecureLoopback is on/);
  assert.match(out, /warning the bundled PostgreSQL gets no security updates/);
});

test('an application that goes by mail is warned of where no connection is trusted with addresses', async () => {
  const untrusted = DEMO.replace(/^ *trustedMailDomains:.*$/m, '');
  using trusting = openCommandLine();
  using command = openCommandLine({ config: untrusted });
  using alone = openCommandLine({
    config: untrusted.replace(/^ {2}- id: access-manager[\s\S]*?(?=^\S)/m, ''),
  });

  const [quiet, warned, single] = await Promise.all(
    [trusting, command, alone].map((each) => each.run('check', '--offline')),
  );

  assert.match(
    warned?.out ?? '',
    /^warning people come through 2 connections, and iconik knows them by their mail address: .*trustedMailDomains/m,
  );
  for (const other of [quiet, single]) {
    assert.equal(other?.code, 0, other?.err);
    assert.doesNotMatch(other?.out ?? '', /mail address/);
  }
});

test('an application that may do without PKCE is warned of in one line; a public one is a problem', async () => {
  const old = DEMO.replace(/^( +)redirectUris: \[.*callback\]$/m, '$&\n$1pkce: nonce-instead');
  using command = openCommandLine({ config: old });
  using open = openCommandLine({
    config: old.replace(/^( +)clientSecrets: \[wiki.*$/m, '$1tokenEndpointAuthMethod: none'),
  });

  const [warned, refused] = await Promise.all([command, open].map((each) => each.run('check', '--offline')));

  assert.equal(warned?.code, 0, warned?.err);
  assert.match(warned?.out ?? '', /^warning wiki may sign people in without PKCE: .* Remove pkce once/m);
  assert.equal(refused?.code, 2);
  assert.match(refused?.err ?? '', /relyingParties\[\d+\]\.pkce: a public client is protected by PKCE alone/);
});
