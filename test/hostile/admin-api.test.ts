import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as client from 'openid-client';
import supertest from 'supertest';
import { MINUTE } from '../../src/base/index.ts';
import { createLog } from '../../src/platform/log/index.ts';
import { type Api, apiWith, machineToken, openApi, withMachines } from '../support/admin-api.ts';
import { eventsOf } from '../support/evidence.ts';
import { carried, leaveFor, openApplication, redeem } from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

// The admin API in the hands of those who should not have it, and of those who want more than their token gives.

const SECRET = `never-to-be-seen-${randomBytes(8).toString('hex')}`;

function catalog(id: string, more: object = {}): object {
  return {
    ...{ id, kind: 'oidc', roles: [{ id: 'editor' }], clientSecrets: [SECRET] },
    ...{ redirectUris: [`http://${id}.localhost:9/callback`], ...more },
  };
}

suite('the admin API under attack', () => {
  let world: World;
  let api: Api;
  const lines: string[] = [];
  before(async () => {
    const written = new PassThrough();
    written.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    world = await startWorld({ configure: withMachines, log: createLog('debug', written) });
    api = await openApi(world);
  });
  after(() => world[Symbol.asyncDispose]());

  suite('without a token that gives it', () => {
    test('nothing is shown and nothing changed, and each answer says what is missing', async () => {
      const valid = await machineToken(world, 'terraform');
      const tampered = `${valid.slice(0, -1)}${valid.endsWith('A') ? 'B' : 'A'}`;
      const shown: readonly (readonly [what: string, header: string | undefined, code: string])[] = [
        ['none', undefined, 'admin.token_missing'],
        ['an unknown one', 'Bearer nothing', 'admin.token_invalid'],
        ['a tampered one', `Bearer ${tampered}`, 'admin.token_invalid'],
        ['two', `Bearer ${valid}, Bearer ${valid}`, 'admin.token_invalid'],
        ['another scheme', `Basic ${Buffer.from('terraform:x').toString('base64')}`, 'admin.token_invalid'],
        ['one that says it is bound', `DPoP ${valid}`, 'admin.token_invalid'],
        ['a long one', `Bearer ${'a'.repeat(4_000)}`, 'admin.token_invalid'],
        ['odd characters', 'Bearer é%00', 'admin.token_invalid'],
      ];
      for (const [what, header, code] of shown) {
        for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
          const path = method === 'get' || method === 'post' ? '' : '/wiki';
          const request = supertest(`http://127.0.0.1:${world.broker.port}`)
            [method](`/api/v1/relying-parties${path}`)
            .set(header === undefined ? {} : { Authorization: header });
          const answer = await (method === 'get' ? request : request.send(catalog('uninvited')));
          assert.deepEqual([answer.status, answer.body.code], [401, code], `${method} with ${what}`);
          assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm="vestibule"/);
        }
      }
      assert.equal((await api.get('/relying-parties/uninvited')).status, 404);
    });

    test('a token in the query, in the body or in a cookie is none', async () => {
      const token = await machineToken(world, 'terraform');
      const agent = supertest(`http://127.0.0.1:${world.broker.port}`);
      const query = await agent.get(`/api/v1/relying-parties?access_token=${token}`);
      const cookie = await agent.get('/api/v1/relying-parties').set('Cookie', `access_token=${token}`);
      const body = await agent.post('/api/v1/relying-parties').send({ access_token: token });

      assert.deepEqual([query.status, cookie.status, body.status], [401, 401, 401]);
    });

    test('a token without the scope is told which one, and the attempt is recorded', async () => {
      const reader = await openApi(world, 'reader');
      const stranger = await openApi(world, 'stranger');
      const written = await reader.create(catalog('uninvited'));
      const read = await stranger.get('/relying-parties');
      const described = await stranger.get('/openapi.json');

      assert.deepEqual([written.status, written.body.code], [403, 'admin.scope_missing']);
      assert.match(written.headers['www-authenticate'] ?? '', /scope="relying-parties:write"/);
      assert.deepEqual([read.status, described.status], [403, 403]);
      assert.equal((await reader.get('/relying-parties')).status, 200);
      const refused = await eventsOf(world, { types: ['admin.refused'] });
      assert.deepEqual(
        refused.map(({ facts, code }) => [facts['by'], facts['action'], code]),
        [
          [{ via: 'api', name: 'reader' }, 'relying-party.create', 'admin.scope_missing'],
          [{ via: 'api', name: 'stranger' }, 'relying-party.read', 'admin.scope_missing'],
          [{ via: 'api', name: 'stranger' }, 'relying-party.read', 'admin.scope_missing'],
        ],
      );
    });

    test('a scope that the machine has and the token was not asked for does not count', async () => {
      const narrow = apiWith(world, await machineToken(world, 'terraform', 'relying-parties:read'));

      assert.equal((await narrow.get('/relying-parties')).status, 200);
      assert.equal((await narrow.create(catalog('uninvited'))).status, 403);
    });

    test('a token that has ended, or whose machine is gone, opens nothing', async () => {
      const ending = apiWith(world, await machineToken(world, 'reader'));
      const orphan = apiWith(world, await machineToken(world, 'stranger'));
      await world.apply((config) => {
        config.machines = config.machines.filter(({ id }: { id: string }) => id !== 'stranger');
      });
      assert.equal((await orphan.get('/relying-parties')).status, 401);
      await world.apply(withMachines);
      world.clock.advance(11 * MINUTE);

      assert.equal((await ending.get('/relying-parties')).status, 401);
      api = await openApi(world);
    });

    test('a token of a person opens nothing', async () => {
      const redirectUri = 'http://people.localhost:9/callback';
      assert.equal((await api.create(catalog('people'))).status, 201);
      await world.apply((config) => {
        const give = [{ relyingParty: 'people', roles: ['editor'] }];
        config.rules.push({ id: 'people', when: 'true', give });
      });
      const application = await openApplication(world, { id: 'people', secret: SECRET, redirectUri });
      const browser = world.browser();
      const leaving = await leaveFor(application);
      const path = `${leaving.url.pathname}${leaving.url.search}`;
      const callback = await carried(browser, () => world.signIn(browser, 'ines', path), redirectUri);
      const tokens = await redeem(application, leaving, callback);

      const answer = await apiWith(world, tokens.access_token).get('/relying-parties');

      assert.equal(answer.status, 401);
    });

    test('a token that is bound to a key is no bearer token', async () => {
      const application = await openApplication(world, {
        ...{ id: 'terraform', secret: 'a-secret-of-terraform', redirectUri: 'http://x.localhost:9/' },
      });
      const DPoP = client.getDPoPHandle(application.config, await client.randomDPoPKeyPair('ES256'));
      const scope = 'relying-parties:read';
      const tokens = await client
        .clientCredentialsGrant(application.config, { scope }, { DPoP })
        .catch(() => client.clientCredentialsGrant(application.config, { scope }, { DPoP }));
      assert.equal(tokens.token_type, 'dpop');

      const answer = await apiWith(world, tokens.access_token).get('/relying-parties');

      assert.deepEqual([answer.status, answer.body.code], [401, 'admin.token_invalid']);
    });
  });

  suite('with a token', () => {
    test('addresses inside the network are not accepted for what the broker calls (R8.1)', async () => {
      const addresses = [
        '169.254.169.254',
        '10.0.0.8',
        '192.168.1.1',
        '[fd00:ec2::254]',
        '[::ffff:10.0.0.8]',
      ];
      for (const host of [...addresses, '2852039166', '0xa9fea9fe']) {
        const saml = await api.create({
          ...{ id: 'inside', kind: 'saml', roles: [{ id: 'reader' }] },
          metadataUrl: `https://${host}/latest/meta-data`,
        });
        const oidc = await api.create(catalog('inside', { backchannelLogoutUri: `https://${host}/logout` }));
        assert.deepEqual([saml.status, saml.body.problems?.[0]?.path], [422, 'metadataUrl'], host);
        assert.deepEqual([oidc.status, oidc.body.problems?.[0]?.path], [422, 'backchannelLogoutUri'], host);
      }
      const plain = await api.create(catalog('inside', { jwksUri: 'http://10.0.0.8/jwks' }));
      assert.equal(plain.status, 422);
    });

    test('a target of its own cannot send credentials inside the network', async () => {
      const shop = (apiUrl: string) =>
        api.create({
          ...{ id: 'shop', kind: 'bigcommerce-storefront', storeHash: 'abc', channelId: 1, apiUrl },
          ...{ login: [{ clientId: 'x', clientSecret: SECRET }], api: [{ accessToken: SECRET }] },
          roles: [{ id: 'buyer' }],
        });
      const inside = await shop('https://169.254.169.254/');

      assert.deepEqual([inside.status, inside.body.problems?.[0]?.path], [422, 'apiUrl']);
    });

    test('a body that is too large, too deep, compressed or no JSON object is refused in bounded time', async () => {
      const post = (body: string, type = 'application/json') =>
        api.call('post', '/relying-parties').set('Content-Type', type).send(body);
      const huge = await post(JSON.stringify(catalog('huge', { description: 'x'.repeat(600_000) })));
      const deep = await post(`{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
      const array = await post('[]');
      const broken = await post('{"id":');
      const text = await post('id=catalog', 'application/x-www-form-urlencoded');
      const nothing = await api.call('post', '/relying-parties');
      const bomb = await api
        .call('post', '/relying-parties')
        .set({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
        .serialize((body) => body)
        .send(gzipSync(Buffer.alloc(50_000_000, 32)) as unknown as string);

      assert.deepEqual([huge.status, huge.body.code], [413, 'http.too_large']);
      assert.deepEqual([deep.status, deep.body.code], [400, 'admin.malformed']);
      assert.deepEqual([array.status, array.body.code], [400, 'admin.malformed']);
      assert.deepEqual([broken.status, broken.body.code], [400, 'admin.malformed']);
      assert.deepEqual([text.status, text.body.code], [415, 'admin.media_type']);
      assert.deepEqual([nothing.status, nothing.body.code], [415, 'admin.media_type']);
      assert.deepEqual([bomb.status, bomb.body.code], [415, 'admin.media_type']);
    });

    test('texts that are no Unicode are no fault of ours', async () => {
      const answer = await api
        .call('post', '/relying-parties')
        .set({ 'Content-Type': 'application/json', 'Idempotency-Key': 'odd' })
        .send(JSON.stringify(catalog('odd', { title: 'lone \ud800 and nul \u0000' })));

      assert.equal(answer.status, 201, answer.text);
      assert.equal((await api.remove('odd')).status, 204);
    });

    test('names of prototypes are settings that nobody knows, and reach nothing', async () => {
      const answer = await api
        .call('post', '/relying-parties')
        .type('application/json')
        .send(
          `{"__proto__":{"enabled":true,"polluted":1},"constructor":{"x":1},${JSON.stringify(catalog('proto')).slice(1)}`,
        );

      assert.equal(answer.status, 422);
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    });

    test('ids are ids: no path, no other room, nothing that another address has', async () => {
      for (const id of ['../wiki', 'a/b', 'A', '', ' ', 'x'.repeat(65), null, 7, { x: 1 }]) {
        const answer = await api.create({ ...catalog('x'), id });
        assert.deepEqual([answer.status, answer.body.problems?.[0]?.path], [422, 'id'], String(id));
      }
      assert.equal((await api.get('/relying-parties/%2e%2e%2fopenapi.json')).status, 404);
      assert.equal((await api.get(`/relying-parties/${'x'.repeat(5_000)}`)).status, 404);
      assert.equal((await api.get('/relying-parties/%E0%A4%A')).status, 400);
    });

    test('a change that is refused is recorded with its reason; what cannot be read is too (R6.3)', async () => {
      const since = (await eventsOf(world, { types: ['admin.refused'] })).length;
      await api.call('delete', '/relying-parties/wiki').set('If-Match', '*');
      await api.call('post', '/relying-parties').type('application/json').send('{"id":');
      await api.get('/relying-parties/nobody');

      const events = (await eventsOf(world, { types: ['admin.refused'] })).slice(since);
      assert.deepEqual(
        events.map(({ facts, code, relyingParty }) => [facts['action'], code, relyingParty]),
        [
          ['relying-party.delete', 'admin.owned_by_file', 'wiki'],
          ['relying-party.create', 'admin.malformed', undefined],
        ],
      );
    });

    test('other sites cannot reach it: no CORS, also when a browser asks before', async () => {
      const token = await machineToken(world, 'terraform');
      const agent = supertest(`http://127.0.0.1:${world.broker.port}`);
      const asked = await agent
        .options('/api/v1/relying-parties')
        .set({ Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' });
      const read = await agent
        .get('/api/v1/relying-parties')
        .set({ Origin: 'https://evil.example', Authorization: `Bearer ${token}` });

      assert.equal(asked.headers['access-control-allow-origin'], undefined);
      assert.equal(read.headers['access-control-allow-origin'], undefined);
    });
  });

  test('a secret is in no answer, no line of the log, no event and no row', async () => {
    await api.create(catalog('silent'));
    const answers = [
      await api.get('/relying-parties/silent'),
      await api.get('/relying-parties?limit=200'),
      await api.create(catalog('silent')),
      await api.create(catalog('quiet', { clientSecrets: [SECRET, { secret: SECRET }], kind: 'nothing' })),
      await api.create(catalog('quieter', { title: [SECRET], nonsense: SECRET })),
      await api.change('patch', 'silent', { clientSecrets: [SECRET, 7] }),
      await api.change('patch', 'silent', { clientSecrets: { x: SECRET } }),
      await api.change('put', 'silent', catalog('silent', { clientSecrets: [{ secret: SECRET }] })),
      await api.create(catalog('keyed')).set('Idempotency-Key', 'k'),
      await api.get('/openapi.json'),
    ];
    const { database } = await world.stores();
    const rows = await database.db
      .withTables<{ relying_party_object: object; admin_request: object; access_log_event: object }>()
      .selectFrom(['relying_party_object', 'admin_request', 'access_log_event'])
      .selectAll()
      .execute();

    assert.ok(answers.some(({ status }) => status === 200));
    for (const { text } of answers) assert.ok(!text.includes(SECRET), text);
    assert.ok(rows.length > 0 && !JSON.stringify(rows).includes(SECRET));
    assert.ok(lines.length > 0 && !lines.join('').includes(SECRET));
    const acted = await eventsOf(world, { types: ['admin.acted', 'config.applied'] });
    assert.ok(acted.length > 0 && !JSON.stringify(acted).includes(SECRET));
  });
});

test('more requests in a minute than are allowed are refused as problems', async () => {
  await using world = await startWorld({
    configure: (config) => {
      withMachines(config);
      config.limits = { beginsPerMinute: 3 };
    },
  });
  const api = apiWith(world, 'nothing');
  for (let count = 0; count < 3; count += 1) await api.get('/relying-parties');

  const answer = await api.get('/relying-parties');

  assert.deepEqual([answer.status, answer.body.code], [429, 'http.too_many_requests']);
  assert.match(answer.headers['content-type'] ?? '', /problem\+json/);
  assert.equal(answer.headers['retry-after'], '60');
});
