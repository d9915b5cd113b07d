import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { HOUR, MINUTE, Secret } from '../../src/base/index.ts';
import { createHttpClient, type HttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { salesforce } from '../../src/provisioning/connectors/salesforce/index.ts';
import { TokenSource } from '../../src/provisioning/connectors/salesforce/token-source.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { budget, desired, read, SALES, startWorld, type World } from './salesforce-world.ts';

const TOKEN = 'POST /oauth2/token';
const SOMEBODY = '005Ha0000000003IAA';

type Key = {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly username: string;
  readonly privateKeyPem: string;
};

const keyOf = async (world: World): Promise<Key> => (await world.act('integration-key')) as Key;

suite('tokens of the integration', () => {
  test('one is kept for all calls, and only one is asked for at a time', async () => {
    await using world = await startWorld();
    const target = await world.open({ unprepared: true });
    world.forgetCalls();

    await Promise.all(Array.from({ length: 8 }, () => read(target, SOMEBODY, {})));

    assert.equal(world.calls().filter((call) => call === TOKEN).length, 1);
  });

  test('one that ended is replaced once, without anybody noticing', async () => {
    await using world = await startWorld();
    await world.act('end-tokens');
    world.forgetCalls();

    await Promise.all([1, 2, 3].map(() => read(world.target, SOMEBODY, {})));

    assert.equal(world.calls().filter((call) => call === TOKEN).length, 1);
  });

  test('a late answer to an old one does not throw the new one away', async () => {
    await using world = await startWorld();
    await using http = createHttpClient({ allowInsecureLoopback: true });
    const { url, auth } = world.settings;
    const source = new TokenSource({ id: 'salesforce', url, auth, http, clock: world.clock, log: silentLog });
    const get = async () => {
      const answer = await source.get(budget());
      return answer.outcome === 'token' ? answer.token : assert.fail();
    };

    const old = await get();
    source.forget(old);
    const fresh = await get();
    source.forget(old);

    assert.equal(await get(), fresh);
    assert.notEqual(old.text, fresh.text);
  });

  test('one that lay unused for too long is replaced too', async () => {
    await using world = await startWorld();
    world.clock.advance(3 * HOUR);

    await read(world.target, SOMEBODY, {});
  });

  test('an integration that is not approved any more is told as a revoked token', async () => {
    await using world = await startWorld();
    await world.act('end-tokens');
    world.org.turn({ preauthorized: false });

    const answer = await world.target.findById(SOMEBODY, {}, {}, budget());

    assert.deepEqual(answer, {
      ...{ outcome: 'unavailable', code: 'provisioning.token_revoked', maybeApplied: false },
    });
  });

  test('keys are tried newest first, and the older one serves until the new one is known there', async () => {
    await using world = await startWorld();
    const { username, consumerKey, privateKeyPem } = await keyOf(world);
    const newer = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = newer.export({ type: 'pkcs8', format: 'pem' });
    const auth = {
      ...{ flow: 'jwt-bearer', username },
      keys: [
        { clientId: consumerKey, privateKey: pem },
        { clientId: consumerKey, privateKey: privateKeyPem },
      ],
    };
    const target = await world.open({ unprepared: true, settings: { auth } });
    world.forgetCalls();

    await read(target, SOMEBODY, {});
    assert.equal(world.calls().filter((call) => call === TOKEN).length, 2);

    const publicKey = generatedPublic(pem);
    await world.act('register-certificate', { certificate: publicKey });
    await world.act('end-tokens');
    world.forgetCalls();
    await read(target, SOMEBODY, {});
    assert.equal(world.calls().filter((call) => call === TOKEN).length, 1);
  });

  test('client credentials serve as well', async () => {
    await using world = await startWorld();
    const { consumerKey, consumerSecret } = await keyOf(world);
    const clients = [
      { clientId: consumerKey, clientSecret: 'a secret that was not taken over yet' },
      { clientId: consumerKey, clientSecret: consumerSecret },
    ];
    const target = await world.open({ settings: { auth: { flow: 'client-credentials', clients } } });

    await read(target, SOMEBODY, {});
  });

  test('when the API turns away the token of one credential, the next one serves', async () => {
    await using world = await startWorld();
    await using http = createHttpClient({ allowInsecureLoopback: true });
    const { consumerKey, consumerSecret } = await keyOf(world);
    const clients = ['newest', consumerKey, 'eldest'].map((clientId) => ({
      ...{ clientId, clientSecret: new Secret(consumerSecret) },
    }));
    const refusing = turningAway(http, consumerKey, ['newest', 'eldest']);
    const { settings, clock } = world;
    const auth = { flow: 'client-credentials' as const, clients };
    const target = salesforce.open(
      { ...settings, auth },
      { ...{ id: 'salesforce', http: refusing.http, clock, log: silentLog }, relyingParties: [] },
    );
    const asked = async (): Promise<string> => {
      refusing.asked.length = 0;
      await read(target, SOMEBODY, {});
      return refusing.asked.join(' ');
    };

    // A token may be refused for its age, so the newest credential is asked for a second one.
    assert.equal(await asked(), `newest newest ${consumerKey}`);
    assert.equal(await asked(), '', 'what works is kept');
    await world.act('end-tokens');
    assert.equal(await asked(), `newest ${consumerKey}`, 'the newest one may work by now');

    refusing.refused.push(consumerKey);
    await world.act('end-tokens');
    const none = await target.findById(SOMEBODY, {}, {}, budget());
    assert.ok(none.outcome === 'unavailable' && none.code === 'provisioning.token_revoked');
  });

  test('a sandbox wants its own audience', async () => {
    await using world = await startWorld({
      positions: { organizationKind: 'sandbox', myDomainAudience: 'refused' },
      unprepared: true,
    });
    const { username, consumerKey, privateKeyPem } = await keyOf(world);
    const auth = {
      ...{ flow: 'jwt-bearer', username, audience: 'https://test.salesforce.com' },
      keys: [{ clientId: consumerKey, privateKey: privateKeyPem }],
    };

    const wrong = await world.target.prepare(budget());
    const right = await (await world.open({ settings: { auth }, unprepared: true })).prepare(budget());

    assert.deepEqual(
      [wrong.outcome === 'unavailable' && wrong.code, right.outcome],
      ['provisioning.token_revoked', 'prepared'],
    );
  });

  test('a token goes to the configured host and to no other', async () => {
    await using world = await startWorld({
      positions: { instanceUrl: 'http://elsewhere.localhost:9/' },
      unprepared: true,
    });

    const prepared = await world.target.prepare(budget());

    assert.ok(prepared.outcome === 'prepared');
    assert.deepEqual(prepared.problems, [
      {
        path: 'url',
        message: 'Salesforce says that the organization is at elsewhere.localhost:9; write its My Domain',
      },
    ]);
  });

  test('a page address that leads elsewhere is not followed', async () => {
    await using world = await startWorld();
    for (const next of [
      'http://elsewhere.localhost/services/data/v66.0/query/01g',
      '//elsewhere.localhost/x',
      '/id/x',
    ]) {
      const answer = await world.target.list?.(next, budget());

      assert.ok(answer?.outcome === 'unavailable' && answer.code === 'provisioning.bad_answer');
    }
  });
});

suite('a live check', () => {
  test('finds nothing in a sound set-up', async () => {
    await using world = await startWorld();

    assert.deepEqual(await world.target.check?.(budget(10_000)), []);
  });

  test('names each credential that gives no token, although another serves', async () => {
    await using world = await startWorld();
    const { consumerKey, consumerSecret } = await keyOf(world);
    const clients = [
      { clientId: consumerKey, clientSecret: consumerSecret },
      { clientId: consumerKey, clientSecret: 'of last year' },
    ];
    const target = await world.open({ settings: { auth: { flow: 'client-credentials', clients } } });

    const problems = await target.check?.(budget(10_000));

    assert.deepEqual(
      problems?.map(({ path }) => path),
      ['auth.clients[1]'],
    );
  });

  test('says so when nothing can be tried out', async () => {
    await using world = await startWorld();
    world.org.fail({ kind: 'html-503' });

    assert.deepEqual(await world.target.check?.(budget(10_000)), [
      { path: 'auth', message: 'could not be tried out (provisioning.maintenance)' },
    ]);
  });
});

suite('the calls of a day', () => {
  test('background work leaves a tenth of them to sign-ins, ends and others', async () => {
    await using world = await startWorld({ positions: { dailyApiRequests: 100, otherApiUsage: 87 } });
    const signIn = createCallBudget('sign-in', 5_000);
    const image = desired(world.target, world.person(), SALES);

    const held = await world.target.findCandidates(image, budget());
    const served = await world.target.findCandidates(image, signIn);

    assert.ok(held.outcome === 'unavailable' && held.code === 'provisioning.rate_limited');
    assert.equal(held.retryAfterSeconds, 600);
    assert.equal(served.outcome, 'read');
    assert.equal((await world.target.findById(SOMEBODY, { signIn: '' }, {}, budget())).outcome, 'read');
  });

  test('when they are used up nobody is asked again before ten minutes have passed', async () => {
    await using world = await startWorld();
    world.org.turn({ otherApiUsage: 100_000 });
    const ask = () => world.target.findById(SOMEBODY, {}, {}, createCallBudget('sign-in', 5_000));

    const first = await ask();
    world.forgetCalls();
    const second = await ask();

    assert.deepEqual(
      [codeOf(first), codeOf(second)],
      ['provisioning.rate_limited', 'provisioning.rate_limited'],
    );
    assert.deepEqual(world.calls(), []);
    world.org.turn({ otherApiUsage: 0 });
    world.clock.advance(10 * MINUTE);
    assert.equal((await ask()).outcome, 'read');
  });

  test('an organization that tells no count is served all the same', async () => {
    await using world = await startWorld({ positions: { limitHeader: false } });

    await read(world.target, SOMEBODY, {});
  });
});

/** The API takes no token that these clients were given; all of them stand for the one that the organization knows. */
function turningAway(
  http: HttpClient,
  known: string,
  refused: string[],
): { readonly http: HttpClient; readonly refused: string[]; readonly asked: string[] } {
  const asked: string[] = [];
  const givenTo = new Map<string, string>();
  const request: HttpClient['request'] = async (outgoing) => {
    if (outgoing.url.pathname !== '/services/oauth2/token') {
      const client = givenTo.get(outgoing.headers?.['authorization'] ?? '') ?? '';
      if (!refused.includes(client)) return http.request(outgoing);
      const headers = { 'content-type': 'application/json' };
      return {
        status: 401,
        headers,
        body: '[{"errorCode":"INVALID_SESSION_ID","message":"Session expired"}]',
      };
    }
    const form = new URLSearchParams(String(outgoing.body));
    const client = form.get('client_id') ?? '';
    asked.push(client);
    form.set('client_id', known);
    const answer = await http.request({ ...outgoing, body: form.toString() });
    givenTo.set(`Bearer ${(JSON.parse(answer.body) as { access_token: string }).access_token}`, client);
    return answer;
  };
  return { http: { ...http, request }, refused, asked };
}

function codeOf(answer: { readonly outcome: string; readonly code?: string }): string | undefined {
  return answer.code;
}

function generatedPublic(pem: string | Buffer): string {
  return String(createPublicKey(pem).export({ type: 'spki', format: 'pem' }));
}
