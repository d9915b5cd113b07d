import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import supertest from 'supertest';
import { accessEvents, EVENT_TYPES } from '../src/access-log/index.ts';
import { ConfigFile, checkConfiguration, expand } from '../src/app/index.ts';
import { configurationSchema } from '../src/cli/schema.ts';
import { parseConfig } from '../src/platform/config/index.ts';
import { type Capabilities, connectors } from '../src/provisioning/index.ts';
import { FAULT_KINDS } from '../src/sandbox/frame/fault.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { configurationReference, type SchemaNode } from './project/configuration-reference.ts';
import { codesIn, documentedCodes, statusesIn } from './project/error-codes.ts';
import { anchorsIn, linksIn } from './project/links.ts';
import { filesBelow, ROOT, read, readAll, readPackage } from './project/repository.ts';
import { ManualClock } from './support/manual-clock.ts';

const sources = readAll(filesBelow('src', '.ts').filter((file) => !file.startsWith('src/sandbox/')));

suite('docs/errors.md', () => {
  const documented = documentedCodes(read('docs/errors.md'));
  const rooms = new Set([...documented.keys()].map((code) => code.slice(0, code.indexOf('.'))));
  const used = new Set([...sources.values()].flatMap((text) => codesIn(text, rooms)));

  test('explains every code of the sources', () => {
    assert.deepEqual(
      [...used].filter((code) => !documented.has(code)),
      [],
    );
  });

  test('explains no code that is gone', () => {
    assert.deepEqual(
      [...documented.keys()].filter((code) => !used.has(code)),
      [],
    );
  });

  test('gives the status that the sources give', () => {
    const stated = [...sources.values()].flatMap(statusesIn);
    const wrong = stated.filter(([code, status]) => (documented.get(code) ?? status) !== status);

    assert.ok(stated.length > 20, 'the sources state most statuses beside their codes');
    assert.deepEqual(wrong, []);
  });

  test('would notice a new code and a row that is incomplete', () => {
    const found = codesIn("throw new Fault({ code: 'moon.too_far' }); fail('login.tired');", rooms);

    assert.deepEqual(found, ['moon.too_far', 'login.tired']);
    assert.throws(() => documentedCodes('| `login.tired` | 400 | asleep |'), /incomplete/);
  });
});

suite('docs/access-log.md', () => {
  const rows = [...read('docs/access-log.md').matchAll(/^\| `([a-z_.]+)` \| (yes|no) \| .+ \|$/gm)];

  test('lists every type of event once, and no other', () => {
    assert.deepEqual(
      rows.map(([, type]) => type),
      EVENT_TYPES,
    );
  });

  test('says truly which types are written', () => {
    const text = [...sources.values()].join('\n');
    const written = Object.entries(accessEvents).filter(([name]) => text.includes(`accessEvents.${name}(`));

    assert.deepEqual(
      rows.filter(([, , isWritten]) => isWritten === 'yes').map(([, type]) => type),
      written.map(([, { type }]) => type).sort(),
    );
  });
});

suite('what is generated from the sources (npm run docs)', () => {
  test('config/schema.json is the schema of the configuration', () => {
    assert.equal(read('config/schema.json'), configurationSchema());
  });

  test('docs/configuration.md says the same as the schema', () => {
    const schema = JSON.parse(configurationSchema()) as SchemaNode;

    assert.equal(read('docs/configuration.md'), configurationReference(schema));
  });
});

suite('connectors', () => {
  const folder = 'src/provisioning/connectors';
  const files = filesBelow(folder, 'index.ts').filter((file) => file !== `${folder}/index.ts`);

  const CAPABILITY_ROWS = {
    createsAccounts: 'creates accounts',
    adoptsAccounts: 'takes over existing accounts',
    findsByMail: 'finds accounts by mail',
    listsAccounts: 'lists accounts',
    endsSessions: 'ends running sessions',
    measuresClock: "measures the [a-z]+'s clock",
  } satisfies Record<keyof Capabilities, string>;

  test('every folder is registered under its name', () => {
    assert.deepEqual(
      files.map((file) => file.split('/').at(-2)),
      [...connectors.keys()].sort(),
    );
  });

  for (const kind of connectors.keys()) {
    test(`${kind} has a README that says truly what it can do`, () => {
      const readme = read(`${folder}/${kind}/README.md`);
      const { capabilities } = connectors.get(kind) ?? {};

      for (const [name, row] of Object.entries(CAPABILITY_ROWS)) {
        const answer = new RegExp(`^\\| ${row} \\| (.+) \\|$`, 'm').exec(readme)?.[1];
        assert.ok(answer, `there is a row for ${row}`);
        assert.equal(!/^(no|not yet)\b/.test(answer), capabilities?.[name as keyof Capabilities], row);
      }
    });

    test(`${kind} is held to the contract of connectors, against a simulator`, () => {
      const contract = read(`test/provisioning/${kind}.test.ts`);

      assert.match(contract, /connectorContract\(/);
      assert.match(contract, /startSandbox\(/);
    });
  }
});

suite('docs/sandbox.md', () => {
  const text = read('docs/sandbox.md');

  test('names every host, everybody in the cast and every kind of fault', async () => {
    await using sandbox = await startSandbox({ port: 0, clock: new ManualClock() });
    const answer = await supertest(`http://127.0.0.1:${sandbox.port}`)
      .get('/systems')
      .set('Host', new URL(sandbox.url('sandbox')).host);
    const hosts = (answer.body as { hosts: string[] }[]).flatMap((system) => system.hosts);
    const rows = [
      ...sandbox.people.all().map(({ login, shows }) => `| \`${login}\` | ${shows} |`),
      ...Object.entries(FAULT_KINDS).map(
        ([kind, explains]) => `| \`${kind}\` | ${explains.replaceAll('`', '')}`,
      ),
    ];

    assert.ok(hosts.length > 5);
    assert.deepEqual(
      [...hosts.map((host) => `\`${host}\``), ...rows].filter(
        (part) => !comparable(text).includes(comparable(part)),
      ),
      [],
    );
  });

  function comparable(part: string): string {
    return part.replaceAll('`', '');
  }
});

suite('docs/operations.md', () => {
  test('lists every metric of the sources and no other', () => {
    const made = [...sources.values()].flatMap((text) =>
      [...text.matchAll(/metrics\.(?:counter|gauge|histogram)\(\s*'([a-z_]+)'/g)].map(
        ([, name]) => `vestibule_${name}`,
      ),
    );
    const listed = [...read('docs/operations.md').matchAll(/^\| `(vestibule_[a-z_]+)` /gm)].map(
      ([, name]) => name,
    );

    assert.deepEqual(listed.sort(), made.sort());
  });
});

suite('docs/decisions/dependencies.md', () => {
  const { dependencies, devDependencies } = readPackage();
  const rows = [...read('docs/decisions/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, name = '']) => name,
  );

  test('has a row for every runtime dependency', () => {
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => !rows.includes(name)),
      [],
    );
  });

  test('has no row for a package that is gone', () => {
    assert.deepEqual(
      rows.filter((name) => !(name in dependencies) && !(name in devDependencies)),
      [],
    );
  });
});

suite('README.md', () => {
  const readme = read('README.md');

  test('shows a configuration that is right', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const withSecrets = yaml.replaceAll(
      /(\w+)File: secrets\/[\w-]+/g,
      '$1: a-secret-that-is-long-enough-for-anything',
    );
    const config = expand(parseConfig(withSecrets, ROOT, ConfigFile, checkConfiguration));

    assert.equal(config.relyingParties[0]?.target, 'store');
    assert.equal(config.rules.length, 1);
  });

  test('lists every environment variable that is read', () => {
    const environment = sources.get('src/platform/config/environment.ts') ?? '';
    const variables = [...environment.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name = '']) => name);
    const missing = variables.filter((name) => !readme.includes(`\`${name}\``));

    assert.ok(variables.length > 8);
    assert.deepEqual(missing, []);
  });

  test('gives the commands that .ci/run runs', () => {
    const command = 'npm ci && npm run setup && npm test';

    assert.ok(readme.includes(command));
    assert.ok(read('.ci/run').includes(command));
  });
});

suite('documents', () => {
  const documents = [
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
    ...filesBelow('docs', '.md'),
    ...filesBelow('src', '.md'),
  ];

  for (const document of documents) {
    test(`${document} links to what is there`, () => {
      const broken = linksIn(read(document)).filter(({ path, anchor }) => {
        const target = path === '' ? document : join(dirname(document), path);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchorsIn(read(target)).has(anchor);
      });

      assert.deepEqual(broken, []);
    });
  }

  test('the npm scripts that documents name exist', () => {
    const scripts = new Set(
      Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts),
    );
    const named = documents.flatMap((file) =>
      [...read(file).matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name),
    );

    assert.deepEqual(
      [...new Set(named)].filter((name) => !scripts.has(name)),
      [],
    );
  });
});
