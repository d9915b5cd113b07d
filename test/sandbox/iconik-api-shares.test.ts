import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { COLLECTION, IconikApi, USER } from './client/iconik.ts';
import { send } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: IconikApi;

type Share = {
  id: string;
  title: string;
  expires: string | null;
  object_type: string;
  object_id: string;
  users: { id: string; email: string }[];
};
const ALL = '/assets/v1/shares/all/';
const ALLOWS = {
  allow_comments: true,
  allow_approving_comments: false,
  allow_download: false,
  allow_setting_approve_status: false,
};
const of = (collection: string): string => `/assets/v1/collections/${collection}/shares/`;
const pathOf = ({ object_type, object_id, id }: Share): string =>
  `/assets/v1/${object_type}/${object_id}/shares/${id}/`;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  api = new IconikApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

suite('shares', () => {
  test('to somebody who has left are found by walking all of them, and taken back', async () => {
    const shares = await api.list<Share>(`${ALL}?per_page=50`);
    const [lenas] = shares.filter(({ users }) => users.some(({ email }) => email === 'lena@halden.example'));
    assert.ok(lenas);
    const users = await api.list<{ id: string; email: string }>(`${pathOf(lenas)}users/`);

    assert.equal(shares.length, 3);
    assert.equal(users[0]?.email, 'lena@halden.example');
    assert.equal(await api.status('DELETE', '/assets/v1/shares/bulk/all/', { share_ids: [lenas.id] }), 204);
    assert.equal((await api.list<Share>(ALL)).length, 2);
  });

  test('outlive the user whose address they were sent to', async () => {
    const email = 'ravi@halden.example';
    const user = await api.call<{ id: string }>('POST', '/users/v1/users/', {
      email,
      first_name: 'Ravi',
      type: 'STANDARD',
    });
    await api.as('grit@halden.example').call('POST', of(COLLECTION.na), { ...ALLOWS, emails: [email] });
    await api.call('PATCH', `/users/v1/users/${user.id}/`, { status: 'INACTIVE' });

    const [left] = await api.list<Share>(`${ALL}?member_id=${user.id}`);
    assert.deepEqual(
      left?.users.map((each) => each.email),
      [email],
    );
  });

  test('are made with or without addresses, with an end, by who may read the object', async () => {
    const elin = api.as('elin@halden.example');
    const body = {
      ...ALLOWS,
      emails: ['a@press.example'],
      expires: '2026-12-31T00:00:00.000000',
      title: 'Press',
    };
    const reply = await elin.send('POST', of(COLLECTION.emea), body);
    const byUrl = await elin.call<{ url: string }>('POST', `${of(COLLECTION.emea)}url/`, ALLOWS);

    assert.equal(reply.status, 202);
    assert.equal((reply.json() as Share).expires, '2026-12-31T00:00:00.000000');
    assert.match(byUrl.url, /^http:\/\/iconik\.localhost/);
    assert.equal(await elin.status('POST', of(COLLECTION.na), body), 403);
    assert.equal(await elin.status('POST', of(COLLECTION.emea), { ...body, expires: 'soon' }), 400);
    assert.equal(await elin.status('POST', of(COLLECTION.emea), { emails: [] }), 400);
    assert.equal((await elin.list<Share>('/assets/v1/shares/')).length, 2);
    assert.equal((await elin.list<Share>(of(COLLECTION.emea))).length, 3);
  });

  test('show what they share to whoever has the address, until they end', async () => {
    const [share] = await api.list<Share & { url: string }>(`${ALL}?title=Material for the trade fair`);
    const open = () => send(share?.url ?? '');

    const page = await open();
    assert.match(page.body, /Harbour at dawn/);
    assert.doesNotMatch(page.body, /Store opening, Boston/);
    sandbox.system('iconik').clock.offsetMs = 60 * 86_400_000;
    assert.equal((await open()).status, 410);
    await api.call('DELETE', '/assets/v1/shares/bulk/all/', { share_ids: [share?.id] });
    assert.equal((await open()).status, 404);
  });

  test('are changed, shortened and taken back one by one', async () => {
    const [share] = await api.list<Share>(`${ALL}?title=Rough cut for the agency`);
    assert.ok(share);
    const grit = api.as('grit@halden.example');
    const changed = await grit.call<Share>('PUT', pathOf(share), {
      ...ALLOWS,
      expires: '2026-03-03T00:00:00Z',
    });
    const [olu, kim] = share.users;

    assert.equal(changed.expires, '2026-03-03T00:00:00.000000');
    assert.equal(await grit.status('DELETE', `${pathOf(share)}users/${olu?.id}/`), 204);
    assert.equal(await grit.status('GET', `${pathOf(share)}users/${olu?.id}/`), 404);
    assert.equal(await grit.status('GET', `${pathOf(share)}users/${kim?.id}/`), 200);
    assert.equal(await grit.status('POST', `${pathOf(share)}users/`, { email: 'olu@halden.example' }), 201);
    assert.equal(await api.status('DELETE', pathOf(share)), 204);
    assert.equal(await api.status('GET', pathOf(share)), 404);
  });

  test('of others are taken back only by who may manage all of them', async () => {
    const share_ids = (await api.list<Share>(ALL)).map(({ id }) => id);

    assert.equal(
      await api.as('elin@halden.example').status('DELETE', '/assets/v1/shares/bulk/', { share_ids }),
      403,
    );
    assert.equal(await api.as('elin@halden.example').status('GET', ALL), 403);
    const withUnknown = [...share_ids, USER.elin];
    assert.equal(await api.status('DELETE', '/assets/v1/shares/bulk/all/', { share_ids: withUnknown }), 404);
    assert.equal((await api.list<Share>(ALL)).length, 3);
  });
});
