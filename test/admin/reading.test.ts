import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { type Api, apiWith, machineToken, openApi, withMachines } from '../support/admin-api.ts';
import { startWorld, type World } from '../support/world.ts';

// The admin API as scripts meet it: reading, what the file owns, what does not fit. What a registered application then does is in test/flows.

const SECRET = 'a-secret-of-the-catalogue';

function catalog(id = 'catalog', more: object = {}): object {
  return {
    ...{ id, kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
    ...{ redirectUris: [`http://${id}.localhost:9/callback`], clientSecrets: [SECRET] },
    ...more,
  };
}

suite('the admin API', () => {
  let world: World;
  let api: Api;
  before(async () => {
    world = await startWorld({ configure: withMachines });
    api = await openApi(world);
  });
  after(() => world[Symbol.asyncDispose]());

  /** Each test has objects of its own. */
  async function made(id: string, more: object = {}) {
    const answer = await api.create(catalog(id, more));
    assert.equal(answer.status, 201, answer.text);
    return answer;
  }

  suite('what the configuration file owns', () => {
    test('is shown in outline and without a version', async () => {
      const answer = await api.get('/relying-parties/wiki');

      assert.equal(answer.status, 200);
      assert.equal(answer.body.status.origin, 'file');
      assert.equal(answer.body.kind, 'oidc');
      assert.equal(answer.headers['etag'], undefined);
      assert.ok(!('clientSecrets' in answer.body));
    });

    test('is changed there alone', async () => {
      for (const method of ['put', 'patch', 'delete'] as const) {
        const answer = await api
          .call(method, '/relying-parties/wiki')
          .set('If-Match', '*')
          .send(catalog('wiki'));
        assert.deepEqual([answer.status, answer.body.code], [409, 'admin.owned_by_file'], method);
      }
    });

    test('takes the id of a registered one over, and gives it back', async () => {
      await made('contested');
      await world.apply((config) => {
        config.relyingParties.push(catalog('contested', { title: 'Of the file' }));
      });
      assert.equal((await api.get('/relying-parties/contested')).body.status.origin, 'file');

      await world.apply((config) => config.relyingParties.pop());

      const { body } = await api.get('/relying-parties/contested');
      assert.deepEqual([body.status.origin, body.status.inForce, body.title], ['api', true, 'Catalogue']);
    });
  });

  suite('one that does not fit any more', () => {
    test('is left out, says why, and keeps nobody else from working', async () => {
      await made('lost', { resources: ['store-outlet'] });
      await made('sound');
      await world.apply((config) => {
        config.relyingParties = config.relyingParties.filter(
          ({ id }: { id: string }) => id !== 'store-outlet',
        );
        for (const party of config.relyingParties) delete party.resources;
        config.rules = [];
      });

      const lost = (await api.get('/relying-parties/lost')).body.status;
      const sound = (await api.get('/relying-parties/sound')).body.status;
      assert.equal(lost.inForce, false);
      assert.deepEqual(
        lost.problems.map(({ path }: { path: string }) => path),
        ['resources[0]'],
      );
      assert.equal(sound.inForce, true);

      await world.restart();
      api = await openApi(world);
      assert.equal((await api.get('/relying-parties/lost')).body.status.inForce, false);
      const mended = await api.change('patch', 'lost', { resources: null });
      assert.equal(mended.body.status?.inForce, true, mended.text);
      await world.apply((config) => Object.assign(config, world.demo(), { machines: config.machines }));
    });
  });

  suite('pages', () => {
    test('go through all of them by id, each once', async () => {
      await made('page-a');
      await made('page-b');
      const seen: string[] = [];
      for (let path = '/relying-parties?limit=3'; path !== ''; ) {
        const { status, body } = await api.get(path);
        assert.equal(status, 200);
        assert.ok(body.items.length <= 3);
        seen.push(...body.items.map(({ id }: { id: string }) => id));
        path = body.next === null ? '' : `/relying-parties?limit=3&cursor=${body.next}`;
      }

      assert.deepEqual(seen, [...new Set(seen)].sort());
      assert.ok(seen.includes('page-a') && seen.includes('page-b') && seen.includes('wiki'));
    });

    test('that cannot be are refused', async () => {
      for (const query of ['limit=0', 'limit=1000', 'limit=x', 'cursor=%00', 'limit=1&limit=2']) {
        const answer = await api.get(`/relying-parties?${query}`);
        assert.deepEqual([answer.status, answer.body.code], [400, 'admin.query_invalid'], query);
      }
    });
  });

  suite('the description of the API', () => {
    test('is OpenAPI 3.1 made from the schemas: it knows each kind, and secrets are for writing only', async () => {
      const { status, body } = await api.get('/openapi.json');

      assert.equal(status, 200);
      assert.equal(body.openapi, '3.1.0');
      assert.deepEqual(Object.keys(body.paths), ['/relying-parties', '/relying-parties/{id}']);
      const text = JSON.stringify(body.components.schemas.RelyingParty);
      for (const kind of ['oidc', 'saml', 'iconik', 'salesforce', 'bigcommerce-storefront']) {
        assert.ok(text.includes(`"const":"${kind}"`), kind);
      }
      assert.ok(text.includes('"writeOnly":true'));
      assert.ok(!text.includes('fromFile') && !text.includes('"secret":true'));
      for (const [, pointer = ''] of JSON.stringify(body).matchAll(/"\$ref":"#([^"]+)"/g)) {
        const found = pointer
          .split('/')
          .slice(1)
          .reduce((node, key) => node?.[key], body);
        assert.ok(found, pointer);
      }
    });
  });

  suite('answers that refuse', () => {
    test('are problems in JSON, at unknown addresses and for unknown methods too', async () => {
      const unknown = await api.get('/nothing').set('Accept', 'text/html');
      const method = await api.call('put', '/relying-parties').send({});
      const missing = await api.get('/relying-parties/nobody');
      assert.equal(method.headers['allow'], 'GET, POST');

      for (const [answer, status, code] of [
        [unknown, 404, 'admin.not_found'],
        [method, 405, 'admin.method_not_allowed'],
        [missing, 404, 'admin.not_found'],
      ] as const) {
        assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
        assert.deepEqual([answer.status, answer.body.status, answer.body.code], [status, status, code]);
        assert.equal(answer.body.instance, answer.headers['x-request-id']);
      }
    });

    test('come for a token that has ended', async () => {
      const token = apiWith(world, await machineToken(world, 'reader'));
      assert.equal((await token.get('/relying-parties')).status, 200);
      world.clock.advance(11 * MINUTE);

      const answer = await token.get('/relying-parties');

      assert.deepEqual([answer.status, answer.body.code], [401, 'admin.token_invalid']);
      api = await openApi(world);
    });
  });
});
