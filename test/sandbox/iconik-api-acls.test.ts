import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { COLLECTION, GROUP, IconikApi, type Page, USER } from './client/iconik.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: IconikApi;

type Titled = { id: string; title: string; permissions: string[] };
type Lists = {
  groups_acl: { group_id: string; permissions: string[] }[];
  inherited_groups_acl: { group_id: string }[];
};
const iconik = () => sandbox.system('iconik');
const turn = (positions: Record<string, unknown>): void => iconik().turn(positions);
const aclOf = (group: string, collection: string, type = 'collections'): string =>
  `/acls/v1/groups/${group}/acl/${type}/${collection}/`;
const listsOf = (type: string, key: string): Promise<Lists> =>
  api.call('GET', `/acls/v1/acl/${type}/${key}/`);
const groupsOn = async (collection: string): Promise<string[]> =>
  (await listsOf('collections', collection)).groups_acl.map(({ group_id }) => group_id);
const titles = async (as: IconikApi, what: 'assets' | 'collections'): Promise<string[]> =>
  (await as.list<Titled>(`/assets/v1/${what}/?per_page=50`)).map(({ title }) => title);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  api = new IconikApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

suite('a department', () => {
  test('sees its own collections and films, and none of the other department’s', async () => {
    const [elin, jonah] = [api.as('elin@halden.example'), api.as('jonah@halden.example')];

    assert.deepEqual(await titles(elin, 'collections'), ['EMEA', 'EMEA raw material', 'Brand library']);
    assert.deepEqual(await titles(jonah, 'collections'), ['North America', 'Brand library']);
    const both = [...(await titles(elin, 'assets')), ...(await titles(jonah, 'assets'))];
    assert.deepEqual(
      both.filter((title, index) => both.indexOf(title) !== index),
      ['Kettle, turntable', 'Packaging, close-up'],
    );
    assert.equal(await jonah.status('GET', `/assets/v1/collections/${COLLECTION.emea}/`), 403);
    assert.equal(await jonah.status('GET', `/assets/v1/collections/${COLLECTION.emeaRaw}/contents/`), 403);
    assert.equal(await jonah.status('GET', '/assets/v1/assets/7c0e5b1a-40d2-11f0-8f6e-000000000071/'), 403);
  });

  test('finds nothing of the other department by searching', async () => {
    const find = async (email: string, query: string): Promise<string[]> => {
      const body = { doc_types: ['assets', 'collections'], query, per_page: 50 };
      return (await api.as(email).call<Page<Titled>>('POST', '/search/v1/search/', body)).objects.map(
        ({ title }) => title,
      );
    };

    assert.deepEqual(await find('elin@halden.example', 'boston'), []);
    assert.deepEqual(await find('jonah@halden.example', 'boston'), ['Store opening, Boston']);
  });

  test('can be asked about with the name of a user, about all that the user may do or own rows, by switch', async () => {
    const ask = (user: string, collection: string): Promise<number> =>
      api.status('GET', `/acls/v1/users/${user}/acl/collections/${collection}/read/`);

    assert.deepEqual(
      [await ask(USER.elin, COLLECTION.emeaRaw), await ask(USER.elin, COLLECTION.na)],
      [200, 403],
    );
    turn({ userPermissionCheck: 'own-rows' });
    assert.equal(await ask(USER.elin, COLLECTION.emeaRaw), 403);
  });

  test('an administrator sees all of it, or no more than others, by switch', async () => {
    const grit = api.as('grit@halden.example');
    await api.call('DELETE', aclOf(GROUP.producers, COLLECTION.na));
    assert.ok((await titles(grit, 'collections')).includes('North America'));

    turn({ adminSeesAll: false });
    assert.ok(!(await titles(grit, 'collections')).includes('North America'));
  });
});

suite('a project', () => {
  test('opens to whoever comes into its group, with everything inside, and closes again', async () => {
    const elin = api.as('elin@halden.example');
    const member = `/users/v1/groups/${GROUP.campaign}/users/${USER.elin}/`;
    await api.call('POST', member);
    assert.ok((await titles(elin, 'assets')).includes('Summer campaign, rough cut'));

    await api.call('DELETE', member);
    assert.ok(!(await titles(elin, 'collections')).includes('Summer campaign'));
  });

  test('is given to a group by a row of its own, and one that hands down', async () => {
    const jonah = api.as('jonah@halden.example');
    const permissions = { permissions: ['read'] };

    assert.equal(await api.status('PUT', aclOf(GROUP.na, COLLECTION.campaign), permissions), 201);
    assert.ok((await titles(jonah, 'collections')).includes('Summer campaign'));
    assert.ok(!(await titles(jonah, 'assets')).includes('Summer campaign, rough cut'));

    const propagating = aclOf(GROUP.na, COLLECTION.campaign, '_propagating_collections');
    assert.equal(await api.status('PUT', propagating, permissions), 201);
    assert.equal(await api.status('PUT', propagating, { permissions: ['read', 'write'] }), 200);
    assert.ok((await titles(jonah, 'assets')).includes('Summer campaign, rough cut'));
    assert.deepEqual((await groupsOn(COLLECTION.campaign)).toSorted(), [
      GROUP.producers,
      GROUP.campaign,
      GROUP.na,
      GROUP.integration,
    ]);

    assert.equal(await api.status('DELETE', propagating), 204);
    assert.equal(await api.status('DELETE', propagating), 404);
    assert.ok(!(await titles(jonah, 'assets')).includes('Summer campaign, rough cut'));
  });

  test('new collections below it inherit', async () => {
    const made = await api.call<Titled>('POST', '/assets/v1/collections/', {
      title: 'Teasers',
      parent_id: COLLECTION.campaign,
      external_id: 'vestibule:teasers',
    });
    const { inherited_groups_acl } = await listsOf('collections', made.id);

    assert.deepEqual(made.permissions, ['read', 'write', 'delete', 'change-acl']);
    assert.ok(inherited_groups_acl.some(({ group_id }) => group_id === GROUP.campaign));
    assert.ok(!(await titles(api.as('elin@halden.example'), 'collections')).includes('Teasers'));
  });
});

suite('lists for many objects at once', () => {
  const path = '/acls/v1/acl/collections/';
  const body = { object_keys: [COLLECTION.emea], group_ids: [GROUP.reviewers], permissions: ['read'] };

  test('overwrite what others have unless told to append', async () => {
    const before_ = await groupsOn(COLLECTION.emea);
    await api.call('PUT', path, { ...body, mode: 'APPEND' });
    assert.deepEqual(await groupsOn(COLLECTION.emea), [...before_, GROUP.reviewers]);

    const reply = await api.call('PUT', path, body);

    assert.deepEqual(reply, { updated_object_keys: [COLLECTION.emea] });
    assert.equal(
      await api.as('elin@halden.example').status('GET', `/assets/v1/collections/${COLLECTION.emea}/`),
      403,
    );
    // The caller has lost its own rights with all the others.
    assert.equal(await api.status('PUT', aclOf(GROUP.emea, COLLECTION.emea), { permissions: ['read'] }), 403);
  });

  test('leave out, without a word, what the caller may not change', async () => {
    await api.as('grit@halden.example').call('DELETE', aclOf(GROUP.integration, COLLECTION.na));
    const keys = { ...body, object_keys: [COLLECTION.na, COLLECTION.emea], mode: 'APPEND' };

    assert.deepEqual(await api.call('PUT', path, keys), { updated_object_keys: [COLLECTION.emea] });
    turn({ aclWriteNeeds: 'role-only' });
    assert.deepEqual(await api.call('PUT', path, keys), {
      updated_object_keys: [COLLECTION.na, COLLECTION.emea],
    });
  });

  test('take up to 500 objects, or 100 entries of one object each', async () => {
    const many = Array.from({ length: 501 }, () => COLLECTION.emea);
    const entry = {
      object_keys: [COLLECTION.emea],
      group_ids: [GROUP.reviewers],
      permissions: ['read'],
      mode: 'APPEND',
    };

    assert.equal(await api.status('PUT', path, { ...body, object_keys: many, mode: 'APPEND' }), 400);
    assert.equal(
      await api.status('PUT', `${path}bulk/`, { objects: Array.from({ length: 101 }, () => entry) }),
      400,
    );
    assert.deepEqual(await api.call('PUT', `${path}bulk/`, { objects: [entry, entry] }), [
      { updated_object_keys: [COLLECTION.emea] },
      { updated_object_keys: [COLLECTION.emea] },
    ]);
    assert.equal(await api.status('PUT', path, { ...body, group_ids: [USER.elin] }), 400);
    assert.equal(await api.status('PUT', path, { ...body, permissions: ['own'] }), 400);
    assert.equal(await api.status('PUT', '/acls/v1/acl/playlists/', body), 501);
  });

  test('are taken away from the groups that are named', async () => {
    await api.call('DELETE', path, { object_keys: [COLLECTION.emea], group_ids: [GROUP.emea] });

    assert.deepEqual(await groupsOn(COLLECTION.emea), [GROUP.producers, GROUP.integration]);
  });

  test('reach what is inside a collection later', async () => {
    turn({ jobSeconds: 30 });
    const content = {
      object_ids: [COLLECTION.emea],
      group_ids: [GROUP.na],
      permissions: ['read'],
      mode: 'APPEND',
    };
    const reply = await api.send('PUT', `${path}content/`, {
      ...content,
      include_assets: true,
      include_collections: true,
    });
    const jonah = api.as('jonah@halden.example');

    assert.equal(reply.status, 202);
    assert.ok(!(await titles(jonah, 'assets')).includes('Wool mill interview'));
    iconik().clock.offsetMs = 30_000;
    const seen = await titles(jonah, 'assets');
    assert.ok(seen.includes('Wool mill interview') && seen.includes('Harbour at dawn, take 3'));
    assert.equal(await api.status('PUT', `${path}content/`, content), 400);
    assert.equal(await api.status('PUT', '/acls/v1/acl/assets/content/', content), 501);
  });

  test('of a removed group stay or go by switch', async () => {
    await api.call('DELETE', `/users/v1/groups/${GROUP.na}/`);
    assert.ok((await groupsOn(COLLECTION.na)).includes(GROUP.na));

    sandbox.reset();
    turn({ listsOfRemoved: 'go' });
    await api.call('DELETE', `/users/v1/groups/${GROUP.na}/`);
    assert.ok(!(await groupsOn(COLLECTION.na)).includes(GROUP.na));
  });
});

suite('checks', () => {
  test('tell the caller’s own permissions, one or many', async () => {
    const elin = api.as('elin@halden.example');
    const path = `/acls/v1/acl/collections/${COLLECTION.emea}/`;
    const keys = { object_keys: [COLLECTION.emea, COLLECTION.na] };
    const objects = [{ object_type: 'collections', ...keys, permissions: ['read'] }];

    assert.deepEqual(await elin.call('GET', `${path}permissions/`), { permissions: ['read', 'write'] });
    assert.equal(await api.status('GET', `${path}change-acl/`), 200);
    assert.equal(await api.status('GET', `${path}fly/`), 403);
    const all = { access_granted: keys.object_keys, access_denied: [] };
    assert.deepEqual(await api.call('POST', '/acls/v1/acl/collections/read/', keys), all);
    assert.deepEqual(await api.call('POST', '/acls/v1/acl/', { objects }), all);
    assert.equal(await api.status('GET', `${aclOf(GROUP.emea, COLLECTION.emea)}write/`), 200);
    assert.equal(await api.status('GET', `${aclOf(GROUP.emea, COLLECTION.emea)}delete/`), 403);
    assert.equal(await api.status('GET', aclOf(GROUP.na, COLLECTION.emea)), 404);
    assert.equal(await api.status('GET', `/acls/v1/acl/collections/${USER.elin}/`), 404);
  });
});

suite('collections and assets', () => {
  test('are walked with a scroll until it is empty', async () => {
    type Scroll = Page<Titled> & { scroll_id: string };
    const first = await api.call<Scroll>('GET', '/assets/v1/collections/?scroll=true&per_page=3');
    const next = `/assets/v1/collections/?scroll_id=${first.scroll_id}&per_page=3`;
    const second = await api.call<Scroll>('GET', next);

    assert.deepEqual([first.objects.length, second.objects.length], [3, 2]);
    assert.deepEqual((await api.call<Scroll>('GET', next)).objects, []);
    assert.equal(await api.status('GET', '/assets/v1/collections/?scroll_id=unknown'), 404);
  });

  test('are renamed by who may write, filled, and deleted by who may delete', async () => {
    const path = `/assets/v1/collections/${COLLECTION.emea}/`;
    const elin = api.as('elin@halden.example');
    const asset = await elin.call<Titled>('POST', '/assets/v1/assets/', { title: 'Fog' });

    assert.equal(await elin.status('PATCH', path, { title: 'Europe' }), 200);
    assert.equal(
      await elin.status('POST', `${path}contents/`, { object_id: asset.id, object_type: 'assets' }),
      201,
    );
    assert.ok((await titles(api, 'assets')).includes('Fog'));
    assert.equal(await elin.status('DELETE', path), 403);
    assert.equal(await api.as('grit@halden.example').status('DELETE', path), 202);
    assert.equal(await api.status('GET', path), 404);
    assert.equal(await api.status('POST', '/assets/v1/collections/', {}), 400);
  });
});
