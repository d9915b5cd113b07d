import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addMs, HOUR, MINUTE, newId, SECOND, type SessionId } from '../../src/base/index.ts';
import type { LoginRequest, SignOn } from '../../src/issuing/index.ts';
import type { RelyingParty } from '../../src/relying-parties/index.ts';
import {
  applicationOf,
  followOut,
  type OidcWorld,
  openOidcWorld,
  signOn,
  startRequest,
} from './oidc-world.ts';

/** Asks as an application does, and stops before the login answers. */
async function ask(world: OidcWorld, parameters: Record<string, string> = {}) {
  const { url } = await startRequest(await applicationOf(world), parameters);
  const browser = world.browser();
  const paused = browser.pauseAt((place) => place.pathname.startsWith('/login/request/oidc/'));
  await browser.open(url.href);
  const login = new URL(paused());
  const handle = login.pathname.split('/').at(-1) ?? '';
  const request = await world.provider.requests.find(handle);
  if (!request || 'gone' in request) throw new Error('the request is not there');
  return { request, browser, login, handle };
}

function signOnOf(
  world: OidcWorld,
  request: LoginRequest | undefined,
  sessionId: SessionId,
  to?: string,
): SignOn {
  const now = world.clock.now();
  return {
    ...{ now, thread: newId('lgn'), person: world.people.person('mira') },
    relyingParty: world.needs.registry.relyingParty(request?.relyingParty ?? 'wiki') as RelyingParty,
    identity: {
      ...{ id: newId('idn'), connection: 'otds', issuer: 'https://otds.example' },
      ...{ authTime: now, confirmedAt: now, amr: [] },
    },
    session: { id: sessionId, ends: addMs(now, HOUR), authTime: now, amr: [] },
    entitlement: { relyingParty: 'wiki', roles: [{ id: 'reader', because: [] }], scopes: [] },
    ...(request && { request }),
    ...(to !== undefined && { to }),
  };
}

suite('a request waits for its sign-in', () => {
  test('and says what was asked for', async (t) => {
    const world = await openOidcWorld(t);
    const { request } = await ask(world, {
      ...{ prompt: 'login', max_age: '300', login_hint: 'mira@halden.example' },
      resource: 'urn:vestibule:store-emea',
    });

    assert.equal(request.protocol, 'oidc');
    assert.equal(request.relyingParty, 'wiki');
    assert.equal(request.force, true);
    assert.equal(request.passive, false);
    assert.equal(request.maxAgeSeconds, 300);
    assert.equal(request.loginHint, 'mira@halden.example');
    assert.deepEqual(request.resources, ['store-emea']);
    assert.ok(!request.requestId.includes(request.handle), 'the id for the log opens nothing');
  });

  const prompts: readonly (readonly [Record<string, string>, { force: boolean; passive: boolean }])[] = [
    [{}, { force: false, passive: false }],
    [{ prompt: 'none' }, { force: false, passive: true }],
    [{ prompt: 'consent' }, { force: false, passive: false }],
    [{ prompt: 'login consent' }, { force: true, passive: false }],
    [{ prompt: 'select_account' }, { force: true, passive: false }],
    [{ max_age: '0' }, { force: true, passive: false }],
  ];
  for (const [parameters, { force, passive }] of prompts) {
    test(`${JSON.stringify(parameters)} means force ${force}, passive ${passive}`, async (t) => {
      const world = await openOidcWorld(t);

      const { request } = await ask(world, parameters);

      assert.deepEqual({ force: request.force, passive: request.passive }, { force, passive });
    });
  }

  test('for fifteen minutes, and is told apart from one that never was', async (t) => {
    const world = await openOidcWorld(t);
    const { handle } = await ask(world);

    world.clock.advance(14 * MINUTE);
    assert.ok(await world.provider.requests.find(handle));
    world.clock.advance(2 * MINUTE);

    assert.deepEqual(await world.provider.requests.find(handle), { gone: true, relyingParty: 'wiki' });
    assert.equal(await world.provider.requests.find('never-was'), undefined);
  });

  test('in every process', async (t) => {
    const world = await openOidcWorld(t, { keyValue: 'redis' });
    const { handle } = await ask(world);

    const other = await world.open();

    assert.equal((await other.requests.find(handle))?.relyingParty, 'wiki');
  });

  test('and without an answer it asks again as it was', async (t) => {
    const world = await openOidcWorld(t);
    const { browser, handle } = await ask(world, { prompt: 'none', max_age: '60' });

    const paused = browser.pauseAt((place) => place.pathname.startsWith('/login/request/oidc/'));
    await browser.open(world.url(`/oidc/auth/${handle}`));
    const again = await world.provider.requests.find(new URL(paused()).pathname.split('/').at(-1) ?? '');

    assert.ok(again && !('gone' in again));
    assert.equal(again.passive, true);
    assert.equal(again.maxAgeSeconds, 60);
  });
});

suite('a request is answered once', () => {
  test('of ten parallel answers in two processes, one counts', async (t) => {
    const world = await openOidcWorld(t, { keyValue: 'redis' });
    const { request } = await ask(world);
    const other = await world.open();
    const signOnNow = signOnOf(world, request, world.people.open('mira'));

    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? other : world.provider).issuer.issue(signOnNow)),
    );

    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const answer of answers) {
      if (answer.status === 'rejected') assert.equal(answer.reason.code, 'issuing.request_gone');
    }
    assert.deepEqual(await world.provider.requests.find(request.handle), {
      gone: true,
      relyingParty: 'wiki',
    });
  });

  test('a refusal uses it up as well', async (t) => {
    const world = await openOidcWorld(t);
    const { request } = await ask(world);

    await world.provider.requests.refuse(request, 'cancelled');

    await assert.rejects(world.provider.requests.refuse(request, 'cancelled'), {
      code: 'issuing.request_gone',
    });
    const signOnNow = signOnOf(world, request, world.people.open('mira'));
    await assert.rejects(world.provider.issuer.issue(signOnNow), { code: 'issuing.request_gone' });
  });

  test('never for another application than the one that asked', async (t) => {
    const world = await openOidcWorld(t);
    const { request } = await ask(world);
    const forged = { ...request, relyingParty: 'notes' };

    const signOnNow = signOnOf(world, forged, world.people.open('mira'));

    await assert.rejects(world.provider.issuer.issue(signOnNow), { code: 'issuing.request_gone' });
  });
});

suite('a refusal is told in the words of the protocol', () => {
  for (const [why, error] of [
    ['login-required', 'login_required'],
    ['denied', 'access_denied'],
    ['authn-context', 'unmet_authentication_requirements'],
    ['cancelled', 'access_denied'],
    ['unavailable', 'temporarily_unavailable'],
  ] as const) {
    test(`${why} is ${error}`, async (t) => {
      const world = await openOidcWorld(t);
      const { request, browser } = await ask(world, { state: 'mine' });
      const answer = await world.provider.requests.refuse(request, why);

      assert.equal(answer.kind, 'redirect');
      const place = await followOut(
        world,
        browser,
        answer.kind === 'redirect' ? answer.location : new URL('x:'),
      );

      assert.equal(place.origin, 'http://wiki.localhost');
      assert.equal(place.searchParams.get('error'), error);
      assert.equal(place.searchParams.get('state'), 'mine');
      assert.equal(place.searchParams.get('iss'), world.issuerUrl);
      assert.equal(place.searchParams.get('code'), null);
    });
  }

  test('prompt=none without a session is login_required, and with one it is a code', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world);
    const stranger = await followOut(
      world,
      world.browser(),
      (await startRequest(configuration, { prompt: 'none' })).url,
    );
    assert.equal(stranger.searchParams.get('error'), 'login_required');

    const { browser } = await signOn(world);
    const known = await followOut(
      world,
      browser,
      (await startRequest(configuration, { prompt: 'none' })).url,
    );

    assert.ok(known.searchParams.get('code'));
  });
});

suite('the session of ours is the only truth', () => {
  test('the library leaves no session behind, in the browser or the store', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');

    const { browser } = await signOn(world);

    const names = browser.cookieNames('sso.localhost');
    assert.deepEqual(
      names.filter((name) => name.includes('session')),
      ['test-session'],
    );
  });

  test('every request goes through login, also right after one that was answered', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { browser, configuration } = await signOn(world);
    const before = browser.visited.length;

    await followOut(world, browser, (await startRequest(configuration)).url);

    const visited = browser.visited.slice(before);
    assert.ok(visited.some((place) => place.includes('/login/request/oidc/')));
  });

  test('without it nothing comes of an answered request', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { request, browser } = await ask(world);
    const session = world.people.open('mira');
    const { answer } = await world.provider.issuer.issue(signOnOf(world, request, session));

    const place = await followOut(
      world,
      browser,
      answer.kind === 'redirect' ? answer.location : new URL('x:'),
    );

    assert.equal(place.searchParams.get('error'), 'login_required');
  });

  test('access is asked again on the way back', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.login.signInAs = 'mira';
    const { url } = await startRequest(await applicationOf(world));
    const browser = world.browser();
    const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
    await browser.open(url.href);

    world.people.forbid('mira', 'wiki');
    const place = await followOut(world, browser, new URL(paused()));

    assert.equal(place.searchParams.get('error'), 'access_denied');
    assert.equal(place.searchParams.get('error_description'), 'No rule lets you into wiki.');
  });

  test('id_token_hint of another person is login_required', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('noah', 'wiki');
    const { exchange, configuration, browser } = await signOn(world);
    const hint = (await exchange()).id_token ?? '';
    const same = await followOut(
      world,
      browser,
      (await startRequest(configuration, { id_token_hint: hint })).url,
    );
    assert.ok(same.searchParams.get('code'));

    const other = await signOn(world, { as: 'noah', parameters: { id_token_hint: hint } });

    assert.equal(other.answer.searchParams.get('error'), 'login_required');
  });

  test('auth_time, amr and acr are the session’s, whatever was asked', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { browser } = await signOn(world);
    const session = world.people.sessions.get(browser.cookie('sso.localhost', 'test-session') as SessionId);
    assert.ok(session);
    const authTime = addMs(world.clock.now(), -HOUR);
    Object.assign(session, { authTime, acr: 'urn:example:silver', amr: ['pwd', 'otp'] });

    const { exchange } = await signOn(world, { browser, parameters: { acr_values: 'urn:example:gold' } });
    const claims = (await exchange()).claims();

    assert.equal(claims?.['acr'], 'urn:example:silver');
    assert.deepEqual(claims?.['amr'], ['pwd', 'otp']);
    assert.equal(claims?.['auth_time'], authTime.getTime() / SECOND);
  });
});

suite('without a request', () => {
  const access = {
    initiateLoginUri: 'https://wiki.example/begin?tenant=1',
    startUrl: 'https://wiki.example/home',
  };

  test('an application that can begin is asked to', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: access } });
    const made = signOnOf(world, undefined, world.people.open('mira'), '/pages/7');

    const issued = await world.provider.issuer.issue(made);

    assert.equal(issued.artefact, 'link');
    assert.ok(issued.answer.kind === 'redirect');
    const { location } = issued.answer;
    assert.equal(location.origin + location.pathname, 'https://wiki.example/begin');
    assert.equal(location.searchParams.get('tenant'), '1');
    assert.equal(location.searchParams.get('iss'), world.issuerUrl);
    assert.equal(location.searchParams.get('target_link_uri'), 'https://wiki.example/pages/7');
  });

  test('another is opened at its start page, and one with neither not at all', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { startUrl: access.startUrl } } });
    const made = signOnOf(world, undefined, world.people.open('mira'));
    const issued = await world.provider.issuer.issue(made);
    assert.equal(issued.answer.kind === 'redirect' && issued.answer.location.href, access.startUrl);

    world.register({});
    const relyingParty = world.needs.registry.relyingParty('wiki') as RelyingParty;

    await assert.rejects(world.provider.issuer.issue({ ...made, relyingParty }), {
      code: 'issuing.no_start_page',
    });
    assert.equal(world.provider.issuer.accepts('/pages/7', relyingParty), false);
  });

  test('a deep link stays on the application', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: access } });
    const relyingParty = world.needs.registry.relyingParty('wiki') as RelyingParty;

    assert.equal(world.provider.issuer.accepts('/pages/7?a=b', relyingParty), true);
    for (const to of ['//evil.test', '/\\evil.test', 'https://evil.test', '/%2f/evil.test', '/a\nb', '']) {
      assert.equal(world.provider.issuer.accepts(to, relyingParty), false, to);
    }
  });
});

test('the party that can be told later is the session as the application knows it', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { request } = await ask(world);
  const session = world.people.open('mira');

  const { party, artefact, artefactId } = await world.provider.issuer.issue(
    signOnOf(world, request, session),
  );

  assert.equal(artefact, 'code');
  assert.equal(artefactId, request.requestId);
  assert.equal(party?.subject, world.people.id('mira'));
  assert.ok(party?.handle);
  const { exchange } = await signOn(world);
  const claims = (await exchange()).claims();
  assert.notEqual(claims?.['sid'], party?.handle, 'another session has another name');
});

test('an answer by fragment is not given', async (t) => {
  const world = await openOidcWorld(t);
  const configuration = await applicationOf(world);
  assert.deepEqual(configuration.serverMetadata().response_modes_supported, ['query', 'form_post']);
  assert.equal(configuration.serverMetadata().end_session_endpoint, `${world.publicUrl.origin}/logout`);
  assert.equal(configuration.serverMetadata().backchannel_logout_session_supported, true);

  const place = await followOut(
    world,
    world.browser(),
    (await startRequest(configuration, { response_mode: 'fragment' })).url,
  );

  assert.match(place.href, /error=invalid_request/);
});

suite('a request that is posted', () => {
  const send = (world: OidcWorld, body: string, type = 'application/x-www-form-urlencoded') =>
    world.fetch(world.url('/oidc/auth'), {
      method: 'POST',
      headers: { 'content-type': type, origin: 'http://wiki.localhost', 'sec-fetch-site': 'cross-site' },
      body,
    });

  test('goes on as the same request of this site, and sets nothing', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.login.signInAs = 'mira';
    const { url } = await startRequest(await applicationOf(world));

    const answer = await send(world, url.searchParams.toString());

    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('set-cookie'), null);
    const on = new URL(answer.headers.get('location') ?? '', world.publicUrl);
    assert.equal(on.href, url.href);
    assert.ok((await followOut(world, world.browser(), on)).searchParams.get('code'));
  });

  test('is refused when it is too long or no form', async (t) => {
    const world = await openOidcWorld(t);

    assert.equal((await send(world, `state=${'x'.repeat(9_000)}`)).status, 413);
    assert.equal((await send(world, '{}', 'application/json')).status, 415);
  });
});
