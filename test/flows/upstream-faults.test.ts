import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { assertExit, assertNothingMade, sessionCookie, setFaults, turn } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// Whatever is wrong with the upstream: a page in words, a reference, an event, and nothing half-made.

suite('faults of an upstream', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  afterEach(async () => {
    await setFaults(world, 'otds');
    await turn(world, 'otds', { issuerOverride: null, omitGroups: false, audOverride: null });
    world.sandbox.system('otds').clock.offsetMs = 0;
  });

  function signIn(browser: Browser): Promise<Page> {
    return world.signIn(browser, 'mira', '/launch/store-emea?to=/promo');
  }

  async function assertKeptOut(browser: Browser): Promise<void> {
    assert.equal(sessionCookie(browser), undefined);
    await assertNothingMade(world);
  }

  const TOKEN = { path: '/otdsws/oauth2/token' };
  const SILENT: readonly [string, FaultInput][] = [
    ['is down', { kind: 'refuse-connection', match: TOKEN }],
    ['loses the answer', { kind: 'lost-reply', match: TOKEN }],
    ['answers 500', { kind: 'status', status: 500, match: TOKEN }],
    ['hides behind a proxy that answers with a page', { kind: 'html-503', match: TOKEN }],
  ];

  for (const [what, fault] of SILENT) {
    test(`an upstream that ${what} when the code is exchanged is named as the reason, and trying again works later`, async () => {
      await setFaults(world, 'otds', fault);
      const browser = world.browser();

      const page = await signIn(browser);

      const event = await assertExit(world, page, {
        status: 503,
        says: /sign-in service of your organisation does not answer/,
        type: 'login.failed',
        code: 'federation.upstream_unavailable',
      });
      assert.equal(event.facts['system'], 'otds');
      assert.equal(event.relyingParty, 'store-emea');
      await assertKeptOut(browser);
      const again = page.links().find(({ text }) => text === 'Try again');
      assert.equal(again?.href, '/launch/store-emea?to=%2Fpromo');
    });
  }

  test('an upstream that is down when the sign-in begins is named as the reason', async () => {
    await using other = await startWorld();
    await setFaults(other, 'otds', { kind: 'refuse-connection' });
    await other.restart();
    const browser = other.browser();

    const page = await browser.open(`${other.origin}/login?connection=otds&rp=store-emea`);

    await assertExit(other, page, {
      status: 503,
      says: /sign-in service of your organisation does not answer/,
      type: 'login.failed',
      code: 'federation.upstream_unavailable',
    });
    await assertNothingMade(other);
    await setFaults(other, 'otds');
    other.clock.advance(MINUTE);
    const back = await other.signIn(browser, 'mira', '/launch/store-emea');
    assert.match(back.text, /Mira Lindqvist/);
  });

  test('a token of another issuer is refused', async () => {
    await turn(world, 'otds', { issuerOverride: 'http://evil.localhost' });
    const browser = world.browser();

    const page = await signIn(browser);

    const says = /does not come from the sign-in service that was asked/;
    const code = 'federation.wrong_issuer';
    await assertExit(world, page, { status: 403, says, type: 'login.failed', code });
    await assertKeptOut(browser);
  });

  test('a token for another application is refused', async () => {
    await turn(world, 'otds', { audOverride: 'another-client' });
    const browser = world.browser();

    const page = await signIn(browser);

    const says = /meant for another application/;
    await assertExit(world, page, {
      status: 403,
      says,
      type: 'login.failed',
      code: 'federation.wrong_audience',
    });
    await assertKeptOut(browser);
  });

  for (const [what, offsetMs] of [
    ['ahead', 10 * MINUTE],
    ['behind', -30 * MINUTE],
  ] as const) {
    test(`an upstream whose clock is far ${what} of ours is refused`, async () => {
      world.sandbox.system('otds').clock.offsetMs = offsetMs;
      const browser = world.browser();

      const page = await signIn(browser);

      const says = /not valid at this time/;
      await assertExit(world, page, { status: 403, says, type: 'login.failed', code: 'federation.expired' });
      await assertKeptOut(browser);
    });
  }

  test('an upstream that sends no groups signs the person in, and policy lets them into nothing', async () => {
    await turn(world, 'otds', { omitGroups: true });
    const browser = world.browser();

    const page = await signIn(browser);

    const says = /The European store is for merchandising in the region EMEA/;
    await assertExit(world, page, { status: 403, says, type: 'decision.denied', code: 'policy.no_rule' });
    await assertNothingMade(world);
  });
});
