import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { DAY, HOUR } from '../../src/base/index.ts';
import { type Api, openApi, withMachines } from '../support/admin-api.ts';
import { eventsOf } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// The admin API as scripts meet it: making and changing. What a registered application then does is in test/flows.

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

  const pathsOf = (answer: { readonly body: { readonly problems?: readonly { readonly path: string }[] } }) =>
    (answer.body.problems ?? []).map(({ path }) => path);

  suite('making one', () => {
    test('answers with it, its address and its version, and shows of the secret only that it is set', async () => {
      const answer = await made('made');

      assert.equal(answer.headers['location'], '/api/v1/relying-parties/made');
      assert.equal(answer.headers['etag'], '"v1"');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const { status, clientSecrets, ...rest } = answer.body;
      assert.equal(status.origin, 'api');
      assert.equal(status.inForce, true);
      assert.deepEqual(status.problems, []);
      assert.equal(status.createdAt, world.clock.now().toISOString());
      assert.deepEqual(rest, {
        ...{ id: 'made', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
        redirectUris: ['http://made.localhost:9/callback'],
      });
      assert.deepEqual(Object.keys(clientSecrets[0]), ['set', 'ref']);
      assert.deepEqual((await api.get('/relying-parties/made')).body, answer.body);
    });

    test('names everything that is wrong at once, unknown settings too', async () => {
      const answer = await api.create(
        catalog('Wrong', { redirectUris: ['ftp://x'], nonsense: 1, accessTokenLifetime: '3h', roles: [] }),
      );

      assert.equal(answer.status, 422);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(answer.body.code, 'admin.invalid');
      assert.deepEqual(pathsOf(answer).toSorted(), [
        'accessTokenLifetime',
        'id',
        'nonsense',
        'redirectUris[0]',
        'roles',
      ]);
    });

    test('runs the checks of the file as well: a claim that does not compile, a target that is not there', async () => {
      const claim = await api.create(catalog('claims', { claims: { groups: 'person.gruops' } }));
      const store = await api.create({
        ...{ id: 'shop', kind: 'bigcommerce-storefront', target: 'nowhere', channelId: 4 },
        roles: [{ id: 'buyer' }],
      });
      const kind = await api.create({ id: 'kind', kind: 'telnet' });

      assert.deepEqual([claim.status, ...pathsOf(claim)], [422, 'claims.groups']);
      assert.deepEqual([store.status, ...pathsOf(store)], [422, 'target']);
      assert.deepEqual([kind.status, ...pathsOf(kind)], [422, 'kind']);
    });

    test('takes what points at a target of the file', async () => {
      const answer = await api.create({
        ...{ id: 'outlet-two', kind: 'bigcommerce-storefront', target: 'bc-emea', channelId: 1 },
        roles: [{ id: 'merchandiser', customerGroup: 'Merchandising' }],
      });

      assert.equal(answer.status, 201, answer.text);
      await api.remove('outlet-two');
    });

    test('reads no files of the server', async () => {
      const answer = await api.create(
        catalog('files', { clientSecrets: [{ secretFile: '/etc/passwd' }], metadataFile: 'x' }),
      );

      assert.equal(answer.status, 422);
      assert.deepEqual(pathsOf(answer), ['clientSecrets[0].secretFile', 'metadataFile']);
      assert.match(answer.body.problems[0].message, /give the value itself/);
    });

    test('does not take an id that is there, or that the file or a machine has', async () => {
      await made('twice');
      const again = await api.create(catalog('twice'));
      const owned = await api.create(catalog('wiki'));
      const machine = await api.create(catalog('reader'));

      assert.deepEqual([again.status, again.body.code], [409, 'admin.exists']);
      assert.deepEqual([owned.status, owned.body.code], [409, 'admin.owned_by_file']);
      assert.match(owned.body.detail, /configuration file/);
      assert.deepEqual([machine.status, machine.body.code], [422, 'admin.invalid']);
    });

    test('does not take a resource that belongs to another', async () => {
      await made('owner', { resource: 'https://api.catalog.example' });
      const other = await api.create(catalog('thief', { resource: 'https://api.catalog.example' }));

      assert.deepEqual([other.status, ...pathsOf(other)], [422, 'resource']);
      assert.equal((await api.get('/relying-parties/owner')).body.status.inForce, true);
    });

    test('of twenty at once with one id makes one', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => api.create(catalog('crowd'))));

      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [201, ...Array.from({ length: 19 }, () => 409)]);
    });
  });

  suite('a request that comes twice', () => {
    const create = (key: string, body: object) => api.create(body).set('Idempotency-Key', key);

    test('makes one object and gets the same answer', async () => {
      const body = catalog('repeated');
      const [first, second] = await Promise.all([create('k1', body), create('k1', body)]);
      const later = await create('k1', body);

      assert.deepEqual([first.status, second.status, later.status], [201, 201, 201]);
      assert.deepEqual(second.body, first.body);
      assert.deepEqual(later.body, first.body);
      assert.equal(later.headers['etag'], '"v1"');
      const acted = await eventsOf(world, { types: ['admin.acted'], relyingParty: 'repeated' });
      assert.equal(acted.length, 1);
    });

    test('with another body is refused', async () => {
      await create('k2', catalog('key-two'));
      const other = await create('k2', catalog('key-three'));

      assert.deepEqual([other.status, other.body.code], [422, 'admin.key_reused']);
      assert.equal((await api.get('/relying-parties/key-three')).status, 404);
    });

    test('is forgotten after a day', async () => {
      await create('k3', catalog('day'));
      world.clock.advance(DAY + HOUR);
      api = await openApi(world);
      const again = await create('k3', catalog('day'));

      assert.deepEqual([again.status, again.body.code], [409, 'admin.exists']);
    });
  });

  suite('changing one', () => {
    test('wants the version that was read', async () => {
      await made('versions');
      const put = (tag: string | undefined) => {
        const request = api.call('put', '/relying-parties/versions');
        return (tag === undefined ? request : request.set('If-Match', tag)).send(catalog('versions'));
      };

      const missing = await put(undefined);
      const stale = await put('"v7"');
      const weak = await put('W/"v1"');
      const right = await put('"v1"');

      assert.deepEqual([missing.status, missing.body.code], [428, 'admin.version_missing']);
      assert.deepEqual([stale.status, stale.body.code], [412, 'admin.version_mismatch']);
      assert.equal(stale.headers['etag'], '"v1"');
      assert.equal(weak.status, 412);
      assert.deepEqual([right.status, right.headers['etag']], [200, '"v2"']);
      assert.equal((await api.call('delete', '/relying-parties/versions')).status, 428);
      assert.equal(
        (await api.call('delete', '/relying-parties/versions').set('If-Match', '"v1"')).status,
        412,
      );
    });

    test('of ten at once with one version changes it once', async () => {
      await made('racing');
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          api
            .call('put', '/relying-parties/racing')
            .set('If-Match', '"v1"')
            .send(catalog('racing', { title: `Title ${index}` })),
        ),
      );

      const won = answers.filter(({ status }) => status === 200);
      assert.equal(won.length, 1);
      assert.ok(answers.every(({ status }) => status === 200 || status === 412));
      assert.equal((await api.get('/relying-parties/racing')).body.title, won[0]?.body.title);
    });

    test('what was read can be sent back as it is, and the secret stays', async () => {
      await made('round');
      const { body } = await api.get('/relying-parties/round');
      const answer = await api.change('put', 'round', { ...body, title: 'Renamed' });

      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.title, 'Renamed');
      assert.deepEqual(answer.body.clientSecrets, body.clientSecrets);
    });

    test('a merge patch changes what it names, and null takes away', async () => {
      await made('patched', { description: 'Old' });
      const etag = (await api.get('/relying-parties/patched')).headers['etag'] ?? '';
      const answer = await api
        .call('patch', '/relying-parties/patched')
        .set('If-Match', etag)
        .type('application/merge-patch+json')
        .send(JSON.stringify({ title: 'Patched', description: null }));

      assert.equal(answer.status, 200, answer.text);
      const whole = await api
        .call('put', '/relying-parties/patched')
        .set('If-Match', '*')
        .type('application/merge-patch+json')
        .send('{}');
      assert.deepEqual([whole.status, whole.body.code], [415, 'admin.media_type']);
      assert.equal(answer.body.title, 'Patched');
      assert.ok(!('description' in answer.body));
      assert.deepEqual(answer.body.roles, [{ id: 'editor' }]);
    });

    test('secrets are replaced one after the other, by reference to the one that stays', async () => {
      const { body } = await made('rotating');
      const [kept] = body.clientSecrets;
      const both = await api.change('patch', 'rotating', { clientSecrets: ['another-secret-of-it', kept] });
      const unknown = await api.change('patch', 'rotating', {
        clientSecrets: [{ set: true, ref: '0000000000000000' }],
      });

      assert.equal(both.status, 200, both.text);
      assert.equal(both.body.clientSecrets.length, 2);
      assert.deepEqual(both.body.clientSecrets[1], kept);
      assert.deepEqual([unknown.status, ...pathsOf(unknown)], [422, 'clientSecrets[0]']);
    });

    test('a reference stands for a secret only where a secret belongs', async () => {
      const { body } = await made('smuggler');
      const answer = await api.change('patch', 'smuggler', { title: body.clientSecrets[0] });

      assert.deepEqual([answer.status, ...pathsOf(answer)], [422, 'title']);
      assert.ok(!answer.text.includes(SECRET));
    });

    test('a host that is new wants the secret again (R7.2)', async () => {
      await made('moving');
      const elsewhere = { redirectUris: ['http://elsewhere.localhost:9/callback'] };
      const without = await api.change('patch', 'moving', elsewhere);
      const { body } = await api.get('/relying-parties/moving');
      const byReference = await api.change('put', 'moving', { ...body, ...elsewhere });
      const withIt = await api.change('patch', 'moving', { ...elsewhere, clientSecrets: [SECRET] });

      assert.deepEqual([without.status, ...pathsOf(without)], [422, 'clientSecrets[0]']);
      assert.match(without.body.problems[0].message, /elsewhere\.localhost:9 is a new host/);
      assert.deepEqual([byReference.status, ...pathsOf(byReference)], [422, 'clientSecrets[0]']);
      assert.equal(withIt.status, 200, withIt.text);
    });

    test('what is wrong otherwise is said together with that', async () => {
      await made('twofold');
      const answer = await api.change('patch', 'twofold', {
        ...{ redirectUris: ['http://elsewhere.localhost:9/callback', 'ftp://x'], nonsense: 1 },
      });

      assert.equal(answer.status, 422);
      assert.deepEqual(pathsOf(answer).toSorted(), ['clientSecrets[0]', 'nonsense', 'redirectUris[1]']);
    });

    test('never changes id or kind', async () => {
      await made('fixed');
      const answer = await api.change('patch', 'fixed', { id: 'other', kind: 'saml' });

      assert.deepEqual([answer.status, ...pathsOf(answer)], [422, 'id', 'kind']);
    });

    test('what another one leans on is not taken away', async () => {
      await made('leaned-on');
      await made('leaning', { resources: ['leaned-on'] });
      const answer = await api.remove('leaned-on');

      assert.deepEqual([answer.status, answer.body.code], [409, 'admin.still_needed']);
      assert.deepEqual(pathsOf(answer), ['leaning: resources[0]']);
      assert.equal((await api.get('/relying-parties/leaned-on')).status, 200);
    });

    test('a role that a rule of the file gives is not taken away', async () => {
      await made('ruled');
      await world.apply((config) => {
        const give = [{ relyingParty: 'ruled', roles: ['editor'] }];
        config.rules.push({ id: 'ruled', when: 'true', give });
      });
      const answer = await api.change('patch', 'ruled', { roles: [{ id: 'reader' }] });

      assert.equal(answer.status, 422);
      assert.match(answer.body.problems[0].message, /unknown role "editor" of ruled/);
      await world.apply((config) => config.rules.pop());
    });
  });
});
