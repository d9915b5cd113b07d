import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Reply, sendForm } from './client/request.ts';
import {
  type Body,
  CONSUMER_KEY,
  CONSUMER_SECRET,
  failure,
  INTEGRATION,
  JWT_BEARER,
  SalesforceApi,
} from './client/salesforce-api.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: SalesforceApi;

const turn = (positions: Record<string, unknown>): void => sandbox.system('salesforce').turn(positions);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  api = new SalesforceApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox.reset();
  await api.signIn();
});

const LOGIN = 'https://login.salesforce.com';
const now = (): number => clock.now().getTime() / 1_000;
const claims = (change: Body = {}): Body => ({
  ...{ iss: CONSUMER_KEY, sub: INTEGRATION, aud: LOGIN, exp: now() + 120 },
  ...change,
});
const oauthFailure = (reply: Reply): [number, string, string] => {
  const body = reply.json() as { error: string; error_description: string };
  return [reply.status, body.error, body.error_description];
};

async function bearer(change: Body = {}, key: { alg?: string; pem?: string } = {}): Promise<Reply> {
  return api.token({ grant_type: JWT_BEARER, assertion: await api.assertion(claims(change), key) });
}
const credentials = (change: Record<string, string> = {}): Promise<Reply> =>
  api.token({
    ...{ grant_type: 'client_credentials', client_id: CONSUMER_KEY, client_secret: CONSUMER_SECRET },
    ...change,
  });

suite('JWT bearer', () => {
  test('gives a token of the user, without a refresh token, and a row of Login History', async () => {
    const reply = await bearer();

    const body = reply.json() as Body;
    assert.equal(reply.status, 200);
    assert.deepEqual(Object.keys(body).toSorted(), [
      ...['access_token', 'id', 'instance_url', 'scope', 'token_type'],
    ]);
    assert.equal(body['instance_url'], api.at('').replace(/\/$/, ''));
    assert.match(String(body['id']), /\/id\/00DHa000000HALDMA4\/005[A-Za-z0-9]{15}$/);
    const { records } = await api.query('SELECT LoginType, Status, Application, UserId FROM LoginHistory');
    assert.deepEqual(
      records.map(({ LoginType, Status }) => [LoginType, Status]),
      [
        ['Remote Access 2.0', 'Success'],
        ['Remote Access 2.0', 'Success'],
      ],
    );
  });

  const refusals: readonly (readonly [string, Body, string, string])[] = [
    ['another audience', { aud: 'https://other.example' }, 'invalid_grant', 'audience is invalid'],
    [
      'the audience of sandboxes',
      { aud: 'https://test.salesforce.com' },
      'invalid_grant',
      'audience is invalid',
    ],
    ['no audience', { aud: undefined }, 'invalid_grant', 'audience is invalid'],
    ['an end in the past', { exp: now() - 1 }, 'invalid_grant', 'expired authorization code'],
    ['an end in milliseconds', { exp: now() * 1_000 }, 'invalid_grant', 'expired authorization code'],
    ['an end ten minutes ahead', { exp: now() + 600 }, 'invalid_grant', 'expired authorization code'],
    ['no end', { exp: undefined }, 'invalid_grant', 'expired authorization code'],
    ['an unknown consumer', { iss: 'somebody-else' }, 'invalid_client_id', 'client identifier invalid'],
    [
      'an unknown user',
      { sub: 'nobody@halden.example' },
      'invalid_grant',
      "user hasn't approved this consumer",
    ],
  ];
  for (const [what, change, error, description] of refusals) {
    test(`with ${what} is refused`, async () => {
      assert.deepEqual(oauthFailure(await bearer(change)), [400, error, description]);
    });
  }

  test('with a foreign key, another algorithm or no assertion is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    const answers = [
      await bearer({}, { pem }),
      await bearer({}, { alg: 'RS512' }),
      await api.token({ grant_type: JWT_BEARER, assertion: 'x.y.z' }),
      await api.token({ grant_type: JWT_BEARER }),
    ].map(oauthFailure);

    for (const answer of answers) assert.deepEqual(answer, [400, 'invalid_grant', 'invalid assertion']);
  });

  test('works with a key that was registered, and no longer with the one before', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    api.act('register-certificate', { certificate: publicKey.export({ type: 'spki', format: 'pem' }) });

    assert.equal((await bearer({}, { pem })).status, 200);
    assert.equal((await bearer()).status, 400);
    assert.throws(() => api.act('register-certificate', { certificate: 'hello' }), /neither/);
  });

  test('follows the kind of the organization, the My Domain audience and the longest time by switch', async () => {
    turn({ organizationKind: 'sandbox' });
    assert.equal((await bearer()).status, 400);
    assert.equal((await bearer({ aud: 'https://test.salesforce.com' })).status, 200);

    const mine = { aud: sandbox.url('halden.my.salesforce') };
    assert.equal((await bearer(mine)).status, 200);
    turn({ myDomainAudience: 'refused' });
    assert.equal((await bearer(mine)).status, 400);

    turn({ organizationKind: 'production', assertionSeconds: 900 });
    assert.equal((await bearer({ exp: now() + 600 })).status, 200);
  });

  test('needs an approved user who is neither frozen nor inactive', async () => {
    turn({ preauthorized: false });
    assert.deepEqual(oauthFailure(await bearer()).slice(1), [
      'invalid_grant',
      "user hasn't approved this consumer",
    ]);
    turn({ preauthorized: true });
    api.act('change-user', { username: INTEGRATION, frozen: true });
    assert.deepEqual(oauthFailure(await bearer()).slice(1), ['invalid_grant', 'user is locked']);
    api.act('change-user', { username: INTEGRATION, frozen: false, active: false });
    assert.deepEqual(oauthFailure(await bearer()).slice(1), ['inactive_user', 'user is inactive']);
  });
});

test('a client from a strange address gets no token', async () => {
  turn({ trustedAddress: false });

  assert.deepEqual(oauthFailure(await bearer()), [400, 'invalid_grant', 'ip restricted']);
  assert.equal(oauthFailure(await credentials())[2], 'ip restricted');
});

suite('client credentials', () => {
  test('run as the user of the app, by form or by header, with a signed answer', async () => {
    const basic = Buffer.from(`${CONSUMER_KEY}:${CONSUMER_SECRET}`).toString('base64');

    const answers = [
      await credentials(),
      await api.token({ grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` }),
    ];

    for (const reply of answers) {
      assert.equal(reply.status, 200);
      assert.ok((reply.json() as Body)['signature']);
    }
  });

  test('fail with a wrong secret, an unknown key, the old secret after rotation, and without a run-as user', async () => {
    assert.deepEqual(oauthFailure(await credentials({ client_secret: 'x' })), [
      ...[400, 'invalid_client', 'invalid client credentials'],
    ]);
    assert.equal(oauthFailure(await credentials({ client_id: 'x' }))[1], 'invalid_client_id');
    const { consumerSecret } = api.act('rotate-secret') as { consumerSecret: string };
    assert.equal(oauthFailure(await credentials())[1], 'invalid_client');
    assert.equal((await credentials({ client_secret: consumerSecret })).status, 200);
    turn({ clientCredentials: 'off' });
    assert.deepEqual(oauthFailure(await credentials({ client_secret: consumerSecret })).slice(1), [
      ...['invalid_grant', 'no client credentials user enabled'],
    ]);
  });

  test('other grants are not known', async () => {
    assert.equal(oauthFailure(await api.token({ grant_type: 'password' }))[1], 'unsupported_grant_type');
    assert.equal(oauthFailure(await api.token({}))[1], 'invalid_request');
  });
});

suite('a token', () => {
  test('is refused when it is wrong, missing, old, revoked or ended', async () => {
    const refused = [401, 'INVALID_SESSION_ID'];
    const status = async (): Promise<number> => (await api.call('GET', '/limits')).status;

    assert.deepEqual(
      failure(await api.call('GET', '/limits', undefined, { authorization: 'Bearer x' })),
      refused,
    );
    assert.deepEqual(failure(await api.call('GET', '/limits', undefined, { authorization: '' })), refused);

    sandbox.system('salesforce').clock.offsetMs = 119 * 60_000;
    assert.equal(await status(), 200);
    sandbox.system('salesforce').clock.offsetMs = 2 * 119 * 60_000;
    assert.equal(await status(), 200, 'every use gives it its whole time again');
    sandbox.system('salesforce').clock.offsetMs = 6 * 3_600_000;
    assert.equal(await status(), 401);

    const token = await api.signIn();
    assert.equal((await sendForm(api.at('/services/oauth2/revoke'), { token })).status, 200);
    assert.equal(await status(), 401);
    assert.deepEqual(oauthFailure(await sendForm(api.at('/services/oauth2/revoke'), { token })).slice(0, 2), [
      400,
      'unsupported_token_type',
    ]);

    await api.signIn();
    api.act('end-tokens');
    assert.equal(await status(), 401);
  });

  test('is refused by fault in the words of the API', async () => {
    sandbox.system('salesforce').fail({ kind: 'revoked-token', match: { path: '/services/data' }, times: 1 });

    assert.deepEqual(failure(await api.call('GET', '/limits')), [401, 'INVALID_SESSION_ID']);
    assert.equal((await api.call('GET', '/limits')).status, 200);
  });

  test('tells about itself to its client alone', async () => {
    const token = await api.signIn();
    const ask = (fields: Record<string, string>): Promise<Reply> =>
      sendForm(api.at('/services/oauth2/introspect'), { token, ...fields });
    const client = { client_id: CONSUMER_KEY, client_secret: CONSUMER_SECRET };

    const told = (await ask(client)).json() as Body;
    assert.deepEqual([told['active'], told['username'], told['scope']], [true, INTEGRATION, 'api']);
    assert.equal(Number(told['exp']) - Number(told['iat']), 7_200);
    assert.deepEqual((await ask({ ...client, token: 'x' })).json(), { active: false });
    assert.equal((await ask({ ...client, client_secret: 'x' })).status, 401);
    const me = await api.call('GET', '/services/oauth2/userinfo');
    assert.equal((me.json() as Body)['username'], INTEGRATION);
    const nobody = await api.call('GET', '/services/oauth2/userinfo', undefined, { authorization: '' });
    assert.equal(nobody.status, 403);
  });

  test('of a deactivated user lives or ends by switch', async () => {
    const status = async (): Promise<number> => (await api.call('GET', '/limits')).status;
    api.act('change-user', { username: INTEGRATION, active: false });

    assert.equal(await status(), 200);
    turn({ tokensOfDeactivated: 'end' });
    assert.equal(await status(), 401);
  });
});
