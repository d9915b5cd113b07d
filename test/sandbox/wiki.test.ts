import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser, type Page } from './client/browser.ts';
import { OpenIdBroker } from './client/openid-broker.ts';
import { type Reply, sendForm } from './client/request.ts';
import { field, NOWHERE } from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: OpenIdBroker;

type State = {
  client: Record<string, string>;
  sessions: { sub: string; sid?: string; tokens: { resource: string; scope: string; claims?: unknown }[] }[];
  logouts: { outcome: string; problem?: string }[];
  refusals: { what: string; problem: string }[];
};
const wiki = () => sandbox.system('wiki');
const state = (): State => wiki().state() as unknown as State;
const at = (path = ''): string => sandbox.url('wiki', path);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['wiki'] });
  broker = await OpenIdBroker.start(clock);
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(() => {
  sandbox.reset();
  broker.reset();
  sandbox.registerBroker({ publicUrl: broker.origin });
});

async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  await browser.open(at('/login'), NOWHERE);
  assert.equal(state().sessions.length, 1, 'signed in');
  return browser;
}
async function press(browser: Browser, path: string, fields: Record<string, string> = {}): Promise<Page> {
  const answer = await browser.visit(at(path), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
  return answer.headers.location === undefined
    ? answer
    : browser.open(new URL(answer.headers.location, answer.url).href, NOWHERE);
}

suite('signing in', () => {
  test('uses a code with PKCE, state and nonce, and leads back to the page that was wanted', async () => {
    const page = await new Browser().open(at('/pages/price-changes?a=1'), NOWHERE);

    const asked = broker.last('auth');
    assert.equal(page.url, at('/pages/price-changes?a=1'));
    assert.match(page.body, /Prices change on Tuesdays/);
    assert.equal(asked.get('response_type'), 'code');
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.equal(asked.get('redirect_uri'), state().client['redirectUri']);
    for (const name of ['state', 'nonce']) assert.ok((asked.get(name) ?? '').length > 20, name);
  });

  test('proves the application by client_secret_basic', async () => {
    broker.secret = 'another secret';

    const page = await new Browser().open(at('/login'), NOWHERE);

    assert.equal(page.status, 403);
    assert.match(field(page, 'problem') ?? '', /401 invalid_client/);
    broker.secret = 'wiki-demo-secret-0000000000000000';
  });

  test('shows the claims', async () => {
    const page = await (await signedIn()).visit(at('/me'));

    assert.match(page.body, /data-claim="sub">per_mira</);
    assert.match(page.body, /data-claim="sid">sid-1</);
    assert.doesNotMatch(page.body, /undefined|\[object/);
  });

  test('begins at the broker too, by initiate_login_uri, for its own issuer only', async () => {
    const start = (iss: string, target: string): Promise<Page> =>
      new Browser().open(
        at(
          `/login/initiate?iss=${encodeURIComponent(iss)}&login_hint=mira&target_link_uri=${encodeURIComponent(target)}`,
        ),
        NOWHERE,
      );

    assert.equal((await start(broker.issuer, at('/pages/opening-hours'))).url, at('/pages/opening-hours'));
    assert.equal(broker.last('auth').get('login_hint'), 'mira');
    assert.equal((await start(broker.issuer, 'https://evil.example/')).url, at('/'));
    assert.equal((await start('https://evil.example', at('/'))).status, 400);
  });

  test('ends in the browser that began it', async () => {
    const begun = await new Browser().visit(at('/login'));
    const answer = await new Browser().visit(begun.headers.location ?? '');

    const page = await new Browser().visit(answer.headers.location ?? '');

    assert.equal(page.status, 400);
    assert.equal(state().sessions.length, 0);
  });

  test('shows the reason when the broker refuses', async () => {
    broker.error = { error: 'access_denied', error_description: 'Nothing gives you the wiki.' };

    const page = await new Browser().open(at('/login'), NOWHERE);

    assert.equal(page.status, 403);
    assert.match(field(page, 'problem') ?? '', /access_denied: Nothing gives you the wiki/);
  });

  const forgeries = {
    issuer: { iss: 'https://evil.example' },
    audience: { aud: 'another' },
    nonce: { nonce: 'another' },
    expiry: { exp: 1_000 },
  };
  for (const [what, change] of Object.entries(forgeries)) {
    test(`refuses an ID token with a wrong ${what}`, async () => {
      broker.forge = (payload) => ({ ...payload, ...change });

      assert.equal((await new Browser().open(at('/login'), NOWHERE)).status, 403);
      assert.equal(state().sessions.length, 0);
    });
  }

  test('asks for a new proof, or for none at all, by switch', async () => {
    for (const prompt of ['login', 'none']) {
      wiki().turn({ prompt });
      await new Browser().open(at('/login'), NOWHERE);
      assert.equal(broker.last('auth').get('prompt'), prompt);
    }
  });

  test('follows the clock of the sandbox', async () => {
    wiki().clock.offsetMs = 3_600_000;

    assert.equal((await new Browser().open(at('/login'), NOWHERE)).status, 403);
  });

  test('says so when the broker is away or unknown', async () => {
    sandbox.registerBroker({ publicUrl: 'http://broker.localhost:1' });
    assert.equal((await new Browser().open(at('/login'), NOWHERE)).status, 502);

    sandbox.registerBroker({});
    assert.match((await new Browser().open(at('/login'), NOWHERE)).body, /nobody said where the broker is/);
  });

  test('finds the broker by its redirect address when nothing else is said', async () => {
    sandbox.registerBroker({ redirectUris: [`${broker.origin}/login/otds/callback`] });

    await signedIn();
  });
});

suite('tokens', () => {
  test('a refresh brings a new one and keeps the rotated refresh token', async () => {
    const browser = await signedIn();

    await press(browser, '/refresh');
    const page = await press(browser, '/refresh');

    assert.match(field(page, 'note') ?? '', /new access token/);
    assert.equal(
      broker.received.filter(({ fields }) => fields.get('grant_type') === 'refresh_token').length,
      2,
    );
  });

  test('a refused refresh shows the reason and, by switch, ends the session', async () => {
    const browser = await signedIn();
    broker.refuse = {
      token: { status: 400, json: { error: 'invalid_grant', error_description: 'The access has ended.' } },
    };

    const page = await press(browser, '/refresh');
    assert.match(field(page, 'note') ?? '', /Refresh refused\. 400 invalid_grant: The access has ended\./);
    assert.equal(state().refusals.at(-1)?.what, 'refresh');
    assert.equal(state().sessions.length, 1);

    wiki().turn({ refusedRefresh: 'ends-session' });
    await press(browser, '/refresh');
    assert.equal(state().sessions.length, 0);
  });

  test('userinfo is shown, or why it was refused', async () => {
    const browser = await signedIn();

    assert.match((await press(browser, '/userinfo')).body, /data-claim="email">mira@halden\.example</);
    assert.match(broker.received.findLast(({ path }) => path === 'me')?.authorization ?? '', /^Bearer /);

    const challenge = 'Bearer error="invalid_token", error_description="The access has ended."';
    broker.refuse = { me: { status: 401, json: {}, headers: { 'www-authenticate': challenge } } };
    assert.match(
      field(await press(browser, '/userinfo'), 'note') ?? '',
      /401 invalid_token: The access has ended/,
    );
  });

  test('a store has a grant of its own: its resource, its scopes, its refresh', async () => {
    const browser = await signedIn();

    const page = await browser.open(at('/store-token?store=store-emea'), NOWHERE);

    assert.equal(broker.last('auth').get('resource'), 'urn:vestibule:store-emea');
    assert.equal(broker.last('token').get('resource'), 'urn:vestibule:store-emea');
    assert.match(page.body, /data-claim="aud">urn:vestibule:store-emea</);
    assert.deepEqual(
      state().sessions[0]?.tokens.map(({ resource }) => resource),
      ['', 'urn:vestibule:store-emea'],
    );

    await press(browser, '/refresh', { resource: 'urn:vestibule:store-emea' });
    assert.equal(broker.last('token').get('resource'), 'urn:vestibule:store-emea');
  });

  test('a store that is closed to the person is told with its reason; the wiki stays open', async () => {
    const browser = await signedIn();
    broker.error = { error: 'access_denied', error_description: 'Not this store.' };

    const page = await browser.open(at('/store-token?store=store-na'), NOWHERE);

    assert.match(field(page, 'note') ?? '', /urn:vestibule:store-na: access_denied: Not this store/);
    assert.equal(state().sessions.length, 1);
  });

  test('which stores and scopes are asked for is a switch', async () => {
    wiki().turn({ stores: 'store-outlet, https://api.example/x', storeScope: 'openid a:b', scope: 'openid' });
    const browser = await signedIn();
    assert.equal(broker.last('auth').get('scope'), 'openid');

    assert.match((await browser.visit(at('/me'))).body, /data-resource="https:\/\/api\.example\/x"/);
    await browser.open(at('/store-token?store=store-outlet'), NOWHERE);
    assert.equal(broker.last('auth').get('scope'), 'openid a:b');
  });
});

suite('signing out', () => {
  test('ends the session here and asks the broker, with the ID token as hint', async () => {
    const browser = await signedIn();

    const page = await press(browser, '/logout');

    const asked = broker.last('session/end');
    assert.match(page.body, /You are signed out/);
    assert.equal(asked.get('post_logout_redirect_uri'), state().client['postLogoutRedirectUri']);
    assert.equal(asked.get('client_id'), 'wiki');
    assert.match(asked.get('id_token_hint') ?? '', /^ey/);
    assert.equal(state().sessions.length, 0);
  });

  test('stays here by switch', async () => {
    wiki().turn({ logoutByBroker: false });

    const page = await press(await signedIn(), '/logout');

    assert.match(page.body, /You are signed out/);
    assert.throws(() => broker.last('session/end'));
  });
});

suite('a logout token from the broker', () => {
  const bring = (token: string): Promise<Reply> =>
    sendForm(at('/backchannel-logout'), { logout_token: token });

  test('ends the session that it names, and no other', async () => {
    await signedIn();
    broker.claims = { sub: 'per_mira', sid: 'sid-2' };
    await new Browser().open(at('/login'), NOWHERE);

    const reply = await bring(await broker.logoutToken());

    assert.equal(reply.status, 200);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.deepEqual(
      state().sessions.map(({ sid }) => sid),
      ['sid-2'],
    );
  });

  test('without sid ends all sessions of the person', async () => {
    await signedIn();
    broker.claims = { sub: 'per_noah', sid: 'sid-3' };
    await new Browser().open(at('/login'), NOWHERE);

    await bring(await broker.logoutToken({ sid: undefined }));

    assert.deepEqual(
      state().sessions.map(({ sub }) => sub),
      ['per_noah'],
    );
  });

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const event = 'http://schemas.openid.net/event/backchannel-logout';
  const past = -1_000;
  const seconds = (offset: number): number => Math.floor(clock.now().getTime() / 1_000) + offset;
  const refusals: Record<string, () => Promise<string>> = {
    'of another issuer': () => broker.logoutToken({ iss: 'https://evil.example' }),
    'for another application': () => broker.logoutToken({ aud: 'another' }),
    'of nobody’s key': () => broker.logoutToken({}, {}, stranger),
    'of another type': () => broker.logoutToken({}, { typ: 'JWT' }),
    'that has expired': () => broker.logoutToken({ exp: seconds(past) }),
    'that is old': () => broker.logoutToken({ iat: seconds(past) }),
    'without event': () => broker.logoutToken({ events: {} }),
    'with another event': () => broker.logoutToken({ events: { [`${event}/x`]: {} } }),
    'with a nonce': () => broker.logoutToken({ nonce: 'n' }),
    'without subject and session': () => broker.logoutToken({ sub: undefined, sid: undefined }),
    'without jti': () => broker.logoutToken({ jti: undefined }),
    'without expiry': () => broker.logoutToken({ exp: undefined }),
    'that is none': () => Promise.resolve('x.y.z'),
  };
  for (const [what, token] of Object.entries(refusals)) {
    test(`${what} is refused`, async () => {
      await signedIn();

      const reply = await bring(await token());

      assert.equal(reply.status, 400);
      assert.equal((reply.json() as { error: string }).error, 'invalid_request');
      assert.equal(state().sessions.length, 1);
      assert.equal(state().logouts.at(-1)?.outcome, 'refused');
    });
  }

  test('is good once', async () => {
    await signedIn();
    const token = await broker.logoutToken();

    assert.deepEqual([(await bring(token)).status, (await bring(token)).status], [200, 400]);
  });

  test('that is missing is refused', async () => {
    assert.equal((await sendForm(at('/backchannel-logout'), {})).status, 400);
  });

  test('careless applications are a switch', async () => {
    await signedIn();
    wiki().turn({ audienceOfLogout: 'ignored', logoutTokenType: 'any' });

    assert.equal((await bring(await broker.logoutToken({ aud: 'another' }, { typ: 'JWT' }))).status, 200);
  });
});
