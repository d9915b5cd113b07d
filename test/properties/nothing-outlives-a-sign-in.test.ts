import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { addMs, DAY, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { createRandom, type Random } from '../base/random.ts';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf, turn } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { TravellingClock } from '../support/travelling-clock.ts';
import { startWorld, type World } from '../support/world.ts';

// R3.1, R3.4, R4.6: the ends of everything that one sign-in brings, collected at the relying parties, and what still
// works just before the earliest reason ends, and at that instant.

const SEED = Number(process.env['VESTIBULE_PROPERTY_SEED'] ?? 20_260_302);
const CASES = 20;
const REDIRECT = 'http://catalog.localhost:9/callback';
const SECRET = 'a-secret-of-the-catalogue';
/** What verifiers forgive is taken off, so OpenID stops so much before the edge. */
const TOLERANCE_MS = 16 * SECOND;
/** Upstream, a session of its own time; without, OTDS, which says no end. */
const NO_END = undefined;

type Limits = {
  readonly name: string;
  readonly sessionMinutes: number;
  readonly claimsMaxAgeMinutes: number;
  readonly upstreamSeconds: number | undefined;
  readonly untilMs: number | undefined;
  /** End of the daily window, in minutes from the minute of the sign-in. */
  readonly windowMinutes: number | undefined;
};

function randomLimits(random: Random, number: number): Limits {
  return {
    name: `case ${number} of seed ${SEED}`,
    sessionMinutes: 5 + random.below(random.pick([30, 20 * 60])),
    claimsMaxAgeMinutes: 1 + random.below(random.pick([20, 600])),
    upstreamSeconds: random.chance(0.5) ? 120 + random.below(random.pick([900, 40_000])) : NO_END,
    untilMs: random.chance(0.5) ? 60_000 + random.below(random.pick([10 * MINUTE, 20 * HOUR])) : NO_END,
    windowMinutes: random.chance(0.5) ? 2 + random.below(random.pick([15, 600])) : NO_END,
  };
}

type Works = {
  readonly refresh: boolean;
  readonly userinfo: boolean;
  readonly introspection: boolean;
  readonly launch: boolean;
};
const ALL: Works = { refresh: true, userinfo: true, introspection: true, launch: true };
const NOTHING: Works = { refresh: false, userinfo: false, introspection: false, launch: false };

const clockTime = (at: Date): string => at.toISOString().slice(11, 16);

type Edges = { readonly edge: Date; readonly session: Date };

/**
 * Puts the limits in force, and reckons the earliest end by itself. What ends one relying party's access does not
 * end the session (R3.2), so that has an edge of its own.
 */
async function putInForce(world: World, limits: Limits): Promise<Edges> {
  const now = world.clock.now();
  const minute = new Date(now.getTime() - (now.getTime() % MINUTE));
  const until = limits.untilMs === NO_END ? NO_END : addMs(now, limits.untilMs);
  const windowEnd = limits.windowMinutes === NO_END ? NO_END : addMs(minute, limits.windowMinutes * MINUTE);
  const window = windowEnd && `daily ${clockTime(addMs(minute, -5 * MINUTE))}-${clockTime(windowEnd)} UTC`;
  await world.apply((config) => {
    config.session = { lifetime: `${limits.sessionMinutes}m` };
    for (const connection of config.connections) connection.claimsMaxAge = `${limits.claimsMaxAgeMinutes}m`;
    const give = (relyingParty: string, role: string) => ({
      ...{ relyingParty, roles: [role] },
      ...(until && { until: until.toISOString() }),
      ...(window && { windows: [window] }),
    });
    config.rules = [
      {
        ...{ id: 'everything', when: 'true' },
        give: [give('catalog', 'editor'), give('handbook', 'reader'), give('store-na', 'merchandiser')],
      },
    ];
  });
  if (limits.upstreamSeconds !== NO_END) {
    await turn(world, 'access-manager', { sessionSeconds: limits.upstreamSeconds });
  }
  const upstream = limits.upstreamSeconds;
  const ofSession = [
    addMs(now, limits.sessionMinutes * MINUTE),
    ...(upstream === NO_END ? [] : [addMs(now, upstream * SECOND)]),
  ];
  const ofAccess = [until, windowEnd].filter((end) => end !== NO_END);
  return { edge: first([...ofSession, ...ofAccess]), session: first(ofSession) };
}

function first(instants: readonly Date[]): Date {
  return new Date(Math.min(...instants.map(Number)));
}

suite('nothing that one sign-in brings outlives its reasons', () => {
  let clock: TravellingClock;
  let world: World;
  let catalogue: TestApplication;
  let handbook: SamlApplication;

  before(async () => {
    clock = new TravellingClock();
    world = await startWorld({
      clock,
      configure: (config) => {
        config.relyingParties.push(
          {
            ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
            ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET], refreshTokens: true },
            resources: ['store-na'],
          },
          samlRegistration('handbook'),
        );
      },
    });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
    handbook = openSamlApplication(world, 'handbook');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    clock[Symbol.dispose]();
  });

  async function signIn(browser: Browser, limits: Limits): Promise<Page> {
    if (limits.upstreamSeconds === NO_END) return world.signIn(browser, 'noah', '/');
    const form = await (await browser.open(`${world.origin}/`)).click('Access Manager');
    return form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  }

  async function tokensFor(browser: Browser, resource?: string) {
    const parameters: Record<string, string> = resource === undefined ? {} : { resource };
    const leaving = await leaveFor(catalogue, parameters);
    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
    return redeem(catalogue, leaving, callback, parameters);
  }

  /** By name, when each artefact stops to work, as the other side reads it. */
  async function collect(browser: Browser) {
    const own = await tokensFor(browser);
    const store = await tokensFor(browser, 'urn:vestibule:store-na');
    const introspect = (token: string | undefined) =>
      client.tokenIntrospection(catalogue.config, token ?? '');
    const assertion = await handbook.receive(browser, () => browser.open(handbook.leave().url));
    const arrived = browser.pauseAt((url) => url.pathname.startsWith('/login/token/'));
    await browser.open(`${world.origin}/launch/store-na`);
    const login = decodeJwt(new URL(arrived()).pathname.split('/').at(-1) ?? '');
    const session = (await eventsOf(world, { types: ['session.opened'] })).at(-1);
    const numeric = (seconds: unknown): Date => new Date(Number(seconds) * SECOND);
    const ends = {
      'access token of a store': numeric(decodeJwt(store.access_token).exp),
      'expires_in of the access token': addMs(clock.now(), Number(own.expires_in) * SECOND),
      'ID token': numeric(own.claims()?.exp),
      'access token, introspected': numeric((await introspect(own.access_token)).exp),
      'refresh token, introspected': numeric((await introspect(own.refresh_token)).exp),
      'SAML NotOnOrAfter': assertion.notOnOrAfter,
      'SAML SessionNotOnOrAfter': assertion.sessionNotOnOrAfter,
      'login token of a store': numeric(Number(login.iat) + 30),
    };
    return { own, ends, sessionEnds: new Date(String(session?.facts['ends'])) };
  }

  /** Asks for everything once. @returns what works, and the tokens to go on with. */
  async function tryAll(
    browser: Browser,
    tokens: client.TokenEndpointResponse,
  ): Promise<{ readonly works: Works; readonly next: client.TokenEndpointResponse }> {
    const { config } = catalogue;
    const worked = <T>(asked: Promise<T>): Promise<T | undefined> => asked.catch(() => undefined);
    const launch = await opensStore(browser);
    const info = await worked(client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck));
    const { active } = await client.tokenIntrospection(config, tokens.access_token);
    const next = await worked(client.refreshTokenGrant(config, tokens.refresh_token ?? ''));
    return {
      works: { refresh: next !== undefined, userinfo: info !== undefined, introspection: active, launch },
      next: next ?? tokens,
    };
  }

  async function opensStore(browser: Browser): Promise<boolean> {
    const page = await browser.open(`${world.origin}/launch/store-na`);
    return page.url.hostname === 'store-na.localhost' && !/Invalid login/.test(page.text);
  }

  const random = createRandom(SEED);
  for (let number = 0; number < CASES; number += 1) {
    const limits = randomLimits(random, number);
    const pause = random.below(30 * HOUR);

    test(`${limits.name}: ${JSON.stringify(limits)}`, async () => {
      clock.advance(pause);
      const { edge, session } = await putInForce(world, limits);
      const stale = addMs(clock.now(), limits.claimsMaxAgeMinutes * MINUTE);
      const browser = world.browser();
      await signIn(browser, limits);

      const { own, ends, sessionEnds } = await collect(browser);

      assert.deepEqual(sessionEnds, session);
      for (const [what, end] of Object.entries(ends)) {
        assert.ok(!Number.isNaN(end.getTime()), what);
        assert.ok(end <= edge, `${what} ends ${end.toISOString()}, reasons ${edge.toISOString()}`);
      }

      // The upstream forgets the browser, so that what works is what the broker itself still stands for.
      for (const upstream of ['otds.localhost', 'am.localhost']) browser.forget(upstream);
      let tokens: client.TokenEndpointResponse = own;
      const near = Math.min(edge.getTime() - TOLERANCE_MS - 2 * SECOND, stale.getTime() - SECOND);
      if (near > clock.now().getTime()) {
        clock.set(new Date(near));
        // The first access token is long over then; the youngest is the one to try.
        const young = await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? '');
        const before = await tryAll(browser, young);
        assert.deepEqual(before.works, ALL, 'just before');
        tokens = before.next;
      }
      if (stale < edge) {
        clock.set(stale);
        const { works } = await tryAll(browser, tokens);
        assert.deepEqual([works.refresh, works.launch], [false, false], 'facts too old');
      } else {
        clock.set(addMs(edge, -SECOND));
        assert.equal(await opensStore(browser), true, 'a second before');
      }
      clock.set(edge);
      assert.deepEqual((await tryAll(browser, tokens)).works, NOTHING, 'at the edge');
    });
  }

  test('an end that moves earlier counts at once for refresh, userinfo, introspection and entry', async () => {
    const limits = { ...randomLimits(random, CASES), claimsMaxAgeMinutes: 60, sessionMinutes: 300 };
    clock.advance(DAY);
    await putInForce(world, { ...limits, untilMs: 2 * HOUR, windowMinutes: NO_END });
    const browser = world.browser();
    await world.signIn(browser, 'noah', '/');
    const tokens = await tokensFor(browser);
    assert.deepEqual((await tryAll(browser, tokens)).works, ALL);
    const fresh = await tokensFor(browser);

    await world.apply((config) => {
      for (const give of config.rules[0].give) give.until = clock.now().toISOString();
    });

    assert.deepEqual((await tryAll(browser, fresh)).works, NOTHING);
    const refused = (await eventsOf(world, { types: ['token.refused'] })).at(-1);
    assert.equal(refused?.code, 'policy.ended');
  });
});
