import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { main } from '../../src/cli/index.ts';
import { swallowedByNpm } from '../../src/cli/npm-options.ts';
import { systems } from '../../src/sandbox/systems.ts';

// A wrong call says what is wrong with it and how to call, and does nothing.

/** Runs in this process: none of these calls may get as far as reading settings. */
async function called(t: TestContext, ...args: string[]) {
  const out = t.mock.method(console, 'log', () => undefined);
  const err = t.mock.method(console, 'error', () => undefined);
  const code = await main(args);
  const text = (printed: typeof out): string =>
    printed.mock.calls.map((call) => call.arguments[0]).join('\n');
  return { code, out: text(out), err: text(err) };
}

for (const args of [[], ['help'], ['--help']]) {
  test(`\`vestibule ${args.join(' ')}\` lists the commands`, async (t) => {
    const { code, out } = await called(t, ...args);

    assert.equal(code, 0);
    for (const name of ['serve', 'demo', 'check', 'migrate', 'log verify', 'keys rotate']) {
      assert.match(out, new RegExp(`^  ${name} `, 'm'));
    }
  });
}

for (const args of [
  ['fly'],
  ['log'],
  ['keys'],
  ['log', 'fly'],
  ['toString'],
  ['constructor'],
  ['__proto__'],
  [''],
]) {
  test(`\`vestibule ${args.join(' ')}\` is no command, and the commands are listed`, async (t) => {
    const { code, out, err } = await called(t, ...args);

    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /^Usage: vestibule COMMAND/);
  });
}

test('--help of a command says how to call it', async (t) => {
  const { code, out } = await called(t, 'log', 'verify', '--help');

  assert.equal(code, 0);
  assert.match(out, /^vestibule log verify FILE --checkpoint FILE --key FILE/);
});

suite('a wrong call is refused with its reason and the usage', () => {
  const HERE = import.meta.filename;
  for (const [line, reason] of [
    ['serve --role boss', /--role takes one of web, worker, all/],
    ['serve now', /Unexpected argument 'now'/],
    ['check --fast', /Unknown option '--fast'/],
    ['migrate --to 7', /Unknown option '--to'/],
    ['demo --port none', /--port takes a whole number from 1 to 65533/],
    ['demo --port 65534', /--port takes a whole number/],
    ['sandbox --port -1', /--port/],
    ['keys rotate', /Name one of oidc-rs256, .+, checkpoint, or --master alone/],
    ['keys rotate moon', /Name one of oidc-rs256/],
    ['keys rotate checkpoint saml-service-provider', /Name one of oidc-rs256/],
    ['keys rotate checkpoint --master', /Name one of oidc-rs256/],
    ['keys rotate --master --now', /Name one of oidc-rs256/],
    ['keys list all', /Unexpected argument 'all'/],
    ['apply --release brk_1', /--release goes with the one target that is held back/],
    ['apply bc-emea bc-na --release brk_1', /--release goes with the one target/],
    ['erase --reason left', /Name one person/],
    ['erase mira noah --reason left', /Name one person/],
    ['erase mira', /Say why, with --reason/],
    ['erase mira --reason left --json', /--json goes with --yes/],
    ['import', /Name the one target to import from/],
    ['import bc-emea bc-na', /Name the one target to import from/],
    ['set-up', /Name the one target to set up/],
    ['set-up bc-emea bc-na', /Name the one target to set up/],
    ['tasks --all', /Unknown option '--all'/],
    ['queue replay', /Name dead letters, or say --all/],
    ['queue discard job_1 --all', /Name dead letters, or say --all/],
    ['report provisioning --from yesterday', /--from takes a day such as 2026-03-02, or an instant/],
    ['report provisioning --to 2026-02-31', /--to takes a day/],
    ['report provisioning --to 2026-03-02T09:00', /--to takes a day/],
    ['report provisioning --json --csv', /Choose one of --json and --csv/],
    ['report accounts', /Name the one target/],
    ['report accounts bc-emea --dormant long', /--dormant takes a time such as 90d/],
    ['report accounts bc-emea --dormant 0d', /--dormant takes a time such as 90d/],
    ['report thread', /Name the one reference/],
    ['log export --format xml', /--format takes jsonl or csv/],
    ['log verify', /Name the one file to verify/],
    [`log verify ${HERE} ${HERE}`, /Name the one file to verify/],
    ['log verify /nowhere/log.jsonl', /\/nowhere\/log\.jsonl cannot be read/],
    [`log verify ${HERE}`, /--key is missing/],
    [`log verify ${HERE} --key ${HERE}`, /holds no public checkpoint keys/],
    [`log verify ${HERE} --key /nowhere/key.pem`, /holds no public checkpoint keys/],
  ] as const) {
    test(line.replaceAll(HERE, 'FILE'), async (t) => {
      const { code, out, err } = await called(t, ...line.split(' '));

      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, reason);
      assert.match(err, /\nUsage: vestibule /);
    });
  }
});

suite('--help of each command', () => {
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    test(`${name} has a line for each option of its usage`, async (t) => {
      const command = await load();
      const { out } = await called(t, ...name.split(' '), '--help');

      const options = [...command.usage.matchAll(/--([a-z-]+)/g)].map(([, option]) => option);
      for (const option of options) assert.match(out, new RegExp(`^  --${option}( [A-Z]+)?  +\\S`, 'm'));
      assert.deepEqual(Object.keys(command.options ?? {}).sort(), [...new Set(options)].sort());
    });
  }

  test('the sandbox names its systems', async (t) => {
    const { out } = await called(t, 'sandbox', '--help');

    for (const system of Object.keys(systems)) {
      const host = {
        bigcommerce: 'api.bigcommerce',
        'access-manager': 'am',
        salesforce: 'halden.my.salesforce',
      };
      assert.match(
        out,
        new RegExp(
          `^  ${Object.entries(host).find(([key]) => key === system)?.[1] ?? system}\\.localhost +\\S`,
          'm',
        ),
      );
    }
  });
});

suite('an option that npm kept for itself', () => {
  const options = {
    create: { type: 'boolean', help: '' },
    person: { type: 'string', value: 'WHO', help: '' },
  } as const;
  const noWait = { 'no-wait': { type: 'boolean', help: '' } } as const;
  const npm = { npm_lifecycle_event: 'vestibule' };

  test('is named, with how to write it', () => {
    const env = { ...npm, npm_config_create: 'true', npm_config_person: 'true' };

    const hint = swallowedByNpm(env, 'apply', options, ['bc-emea', 'mira']);

    assert.match(
      hint ?? '',
      /^npm kept --create --person WHO for itself\. .*npm run vestibule apply -- --create --person WHO$/m,
    );
    assert.match(
      swallowedByNpm({ ...npm, npm_config_wait: '' }, 'apply', noWait, []) ?? '',
      /kept --no-wait/,
    );
    assert.match(
      swallowedByNpm(
        { ...npm, npm_lifecycle_event: 'demo', npm_config_create: 'true' },
        'demo',
        options,
        [],
      ) ?? '',
      /npm run demo -- --create/,
    );
  });

  test('is nothing to mention without npm, when it was given all the same, or when npm means something else', () => {
    assert.equal(swallowedByNpm({ npm_config_create: 'true' }, 'apply', options, []), undefined);
    assert.equal(
      swallowedByNpm({ ...npm, npm_config_create: 'true' }, 'apply', options, ['--create']),
      undefined,
    );
    assert.equal(
      swallowedByNpm({ ...npm, npm_config_create: '', npm_config_yes: '' }, 'apply', options, []),
      undefined,
    );
  });
});
