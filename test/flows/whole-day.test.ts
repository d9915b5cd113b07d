import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  parseCheckpoints,
  parsePublicKeys,
  renderCheckpoint,
  verifyLog,
} from '../../src/access-log/index.ts';
import { HOUR } from '../../src/base/index.ts';
import { createLog } from '../../src/platform/log/index.ts';
import {
  customersMade,
  eventBehind,
  eventsOf,
  sessionCookie,
  setFaults,
  threadOf,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// A day with everything in it, on both key-value stores, and what is left of it in the two logs.

async function liveThroughADay(world: World): Promise<readonly string[]> {
  const ines = world.browser();
  const emea = await world.signIn(ines, 'ines', '/launch/store-emea?to=/promo');
  assert.equal(emea.url.pathname, '/promo');
  assert.match(emea.text, /Managers, 25 % off/);
  const token = sessionCookie(ines) ?? assert.fail();
  const na = await ines.open(`${world.origin}/launch/store-na`);
  assert.match(na.text, /Inês Carvalho/);
  const outlet = await ines.open(`${world.origin}/launch/store-outlet`);
  assert.equal(outlet.status, 403);
  await eventBehind(world, outlet, 'decision.denied');

  const noah = world.browser();
  const chooser = await noah.open(`${world.origin}/launch/store-na`);
  const form = await chooser.click('Access Manager');
  const shop = await form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  assert.match(shop.text, /Noah Whitfield/);

  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match: { path: '/stores' } });
  const away = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  assert.equal(away.status, 503);
  await setFaults(world, 'bigcommerce');
  await setFaults(world, 'otds', { kind: 'refuse-connection', match: { path: '/otdsws/oauth2/token' } });
  assert.equal((await world.signIn(world.browser(), 'sam', '/')).status, 503);
  await setFaults(world, 'otds');
  await world.browser().open(`${world.origin}/launch/nowhere?to=//mira@halden.example`);
  await world.browser().open(`${world.origin}/login/otds/callback?code=stolen-code&state=stolen-state`);

  world.clock.advance(HOUR);
  assert.match((await ines.open(`${world.origin}/launch/store-emea`)).text, /Inês Carvalho/);
  const newer = sessionCookie(ines) ?? assert.fail();
  const confirm = await ines.open(`${world.origin}/logout`);
  const result = await confirm.submit({}, /logout/);
  assert.match(result.text, /Halden Europe/);
  assert.notEqual((await ines.open(`${world.origin}/`)).heading, 'Stores and apps');
  return [token, newer];
}

async function assertVerifies(world: World): Promise<void> {
  const { accessLog, keys } = await world.stores();
  const checkpoint = (await accessLog.runOnce({ checkpoint: 'now' })) ?? (await accessLog.latestCheckpoint());
  assert.ok(checkpoint);
  const { publicKey } = await keys.checkpointSigner();
  const lines = accessLog.exportLog({ format: 'jsonl', by: { via: 'cli' }, reveal: false });

  // As an auditor has them: texts, from outside the database.
  const result = await verifyLog(lines, {
    publicKey: parsePublicKeys(String(publicKey.export({ type: 'spki', format: 'pem' }))),
    checkpoint: parseCheckpoints(renderCheckpoint(checkpoint)),
    allowWithheld: false,
  });

  assert.equal(result.outcome, 'intact', JSON.stringify(result.findings));
  assert.ok(result.events > 20, `${result.events} events`);
}

for (const keyValue of ['memory', 'redis'] as const) {
  suite(`a day with sessions in ${keyValue}`, () => {
    test('people get in, are refused, meet faults and sign out; the log of it verifies, and no log names them', async () => {
      const lines: string[] = [];
      const log = createLog('debug', { write: (line) => void lines.push(line) });
      await using world = await startWorld({ keyValue, log });

      const tokens = await liveThroughADay(world);

      assert.equal(
        (await customersMade(world, 'store-emea')).length,
        1,
        'one customer for ines, none for mira',
      );
      await assertThreads(world);
      await assertVerifies(world);
      assertSaysNothing(lines, tokens);
      await assertFindsReferences(world, lines);
    });
  });
}

/** One thread leads from the sign-in to the token (R6, DESIGN §10). */
async function assertThreads(world: World): Promise<void> {
  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  const types = (await threadOf(world, issued?.thread ?? '')).map(({ type }) => type);
  for (const type of ['login.identified', 'session.opened', 'decision.allowed', 'account.created']) {
    assert.ok(types.includes(type), `${type} in ${types.join()}`);
  }
  const [failed] = await eventsOf(world, { types: ['login.failed'] });
  assert.equal(failed?.facts['stage'], 'provision');
}

/** The operator's log is read by more people than the access log, and kept in more places. */
function assertSaysNothing(lines: readonly string[], tokens: readonly string[]): void {
  const text = lines.join('');
  assert.ok(lines.length > 30, 'requests are logged');
  assert.match(text, /request refused|sign-in failed/);
  for (const token of tokens) assert.ok(!text.includes(token), 'a session token');
  for (const [what, pattern] of [
    ['a password', /halden-demo/],
    ['a client secret', /vestibule-demo-secret|sandbox-secret|sandbox-token/],
    ['a JWT', /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/],
    ['a SAML message', /PHNhbWxw|SAMLResponse|<saml/],
    ['a code or state', /[?&](code|state)=|stolen-/],
    ['a mail address', /[A-Za-z0-9._-]+@halden\.example|mira@/],
    ['a name', /Carvalho|Whitfield|Lindqvist/],
    ['a query of a link', /[?&]to=/],
  ] as const) {
    assert.doesNotMatch(text, pattern, what);
  }
}

/** A page about no sign-in has a reference of its own, which leads the help desk to the line about it. */
async function assertFindsReferences(world: World, lines: readonly string[]): Promise<void> {
  for (const [path, code] of [
    ['/launch/nowhere', 'login.unknown_relying_party'],
    ['/nowhere', 'http.not_found'],
    ['/login/otds/callback?state=x', 'login.unknown_transaction'],
  ] as const) {
    const page = await world.browser().open(`${world.origin}${path}`);
    const reference = /ref_[0-9a-z]{26}/.exec(page.text)?.[0] ?? assert.fail(page.text);
    const about = lines.filter((line) => line.includes(reference));
    assert.ok(
      about.some((line) => line.includes(code)),
      about.join(),
    );
  }
}
