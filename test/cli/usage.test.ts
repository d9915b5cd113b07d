import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { main } from '../../src/cli/index.ts';

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
    ['plan --person mira', /--person takes an id like per_…/],
    ['apply --release brk_1', /--release goes with the one target that is held back/],
    ['apply bc-emea bc-na --release brk_1', /--release goes with the one target/],
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
    ['report provisioning --person mira', /--person takes an id like per_…/],
    ['report provisioning --json --csv', /Choose one of --json and --csv/],
    ['report accounts', /Name the one target/],
    ['report accounts bc-emea --dormant long', /--dormant takes a time such as 90d/],
    ['report accounts bc-emea --dormant 0d', /--dormant takes a time such as 90d/],
    ['report thread', /Name the one reference/],
    ['log export --format xml', /--format takes jsonl or csv/],
    ['log export --person mira', /--person takes an id like per_/],
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
