import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { GROUP, type Group, IconikApi, type Page, USER, type User } from './client/iconik.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: IconikApi;

const USERS = '/users/v1/users/';
const RAVI = { email: 'ravi@halden.example', first_name: 'Ravi', last_name: 'Menon', type: 'STANDARD' };
const iconik = () => sandbox.system('iconik');
const turn = (positions: Record<string, unknown>): void => iconik().turn(positions);
const act = (action: string, body: unknown): unknown => iconik().actions?.[action]?.run(body);
const one = (id: string): string => `${USERS}${id}/`;
const addRavi = (fields: object = {}): Promise<User> => api.call<User>('POST', USERS, { ...RAVI, ...fields });

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  api = new IconikApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

suite('a user over the API', () => {
  test('is created, read, changed and found again by mail', async () => {
    const made = await addRavi({
      groups: [GROUP.emea],
      primary_group: GROUP.emea,
      metadata: { vestibule: 'per_1' },
    });
    const changed = await api.call<User>('PATCH', one(made.id), { last_name: 'Menon-Roy' });
    const [found] = await api.list<User>(`${USERS}basic/?emails=nobody@halden.example,RAVI@halden.example`);

    assert.equal(made.status, 'ACTIVE');
    assert.deepEqual(made.metadata, { vestibule: 'per_1' });
    assert.match(made.date_created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    assert.equal(changed.last_name, 'Menon-Roy');
    assert.equal(changed.first_name, 'Ravi');
    assert.equal(found?.id, made.id);
    assert.deepEqual(await api.call<User>('GET', one(made.id)), changed);
  });

  test('needs email, first_name and a type that exists', async () => {
    assert.deepEqual(await api.refusal('POST', USERS, { type: 'BOSS' }), [
      400,
      {
        email: 'This field is required',
        first_name: 'This field is required',
        type: 'Must be one of: POWER, STANDARD, BROWSE_ONLY, BROWSE_API_ONLY',
      },
    ]);
  });

  test('validation errors are by field or a list by switch', async () => {
    turn({ validationErrors: 'list' });

    assert.deepEqual(await api.refusal('POST', USERS, { ...RAVI, email: 'ravi' }), [
      400,
      ['email: Not a valid email address'],
    ]);
  });

  test('of a taken address is refused with the status of the switch', async () => {
    await addRavi();
    const again = { ...RAVI, email: 'Ravi@Halden.Example' };

    assert.equal(await api.status('POST', USERS, again), 400);
    turn({ duplicateMail: '409' });
    assert.equal(await api.status('POST', USERS, again), 409);
    turn({ mailComparison: 'exact' });
    assert.equal(await api.status('POST', USERS, again), 201);
  });

  test('keeps the case of the address, or not, by switch', async () => {
    assert.equal((await addRavi({ email: 'Ravi@Halden.Example' })).email, 'Ravi@Halden.Example');

    sandbox.reset();
    turn({ mailCase: 'lowered' });
    assert.equal((await addRavi({ email: 'Ravi@Halden.Example' })).email, 'ravi@halden.example');
  });

  test('of a group that does not exist is refused, and nothing is made', async () => {
    const [status, errors] = await api.refusal('POST', USERS, { ...RAVI, groups: [USER.elin] });

    assert.equal(status, 400);
    assert.match(JSON.stringify(errors), /does not exist/);
    assert.equal((await api.list<User>(`${USERS}?email=ravi@halden.example`)).length, 0);
  });

  test('read-only fields are ignored; unknown ones are ignored or refused by switch', async () => {
    const { id } = await addRavi();
    const change = { id: USER.elin, identity_provider_id: USER.elin, last_web_login: '2020-01-01T00:00:00' };
    assert.equal((await api.call<User>('PATCH', one(id), change)).identity_provider_id, null);
    assert.equal(await api.status('PATCH', one(id), { external_id: 'x' }), 200);

    turn({ unknownFields: 'refused' });
    assert.equal(await api.status('PATCH', one(id), change), 200);
    assert.equal(await api.status('PATCH', one(id), { external_id: 'x' }), 400);
  });

  test('a change may have to repeat first_name and type by switch', async () => {
    turn({ patchNeeds: 'first-name-and-type' });

    assert.equal(await api.status('PATCH', one(USER.elin), { status: 'INACTIVE' }), 400);
    const whole = { first_name: 'Elin', type: 'STANDARD', status: 'INACTIVE' };
    assert.equal(await api.status('PATCH', one(USER.elin), whole), 200);
  });

  test('a PUT keeps or clears what it leaves out by switch', async () => {
    const put = () =>
      api.call<User>('PUT', one(USER.admin), {
        first_name: 'Grit',
        type: 'POWER',
        groups: [GROUP.producers],
      });
    assert.equal((await put()).last_name, 'Sommer');

    turn({ putUser: 'clears-absent' });
    const cleared = await put();
    assert.equal(cleared.last_name, '');
    assert.equal(cleared.is_admin, false);
  });

  test('only POWER users are administrators', async () => {
    assert.equal(await api.status('PATCH', one(USER.elin), { is_admin: true }), 400);
    assert.equal(await api.status('PATCH', one(USER.leo), { is_admin: true }), 200);
    assert.equal(await api.status('PATCH', one(USER.leo), { type: 'STANDARD' }), 400);
  });

  test('needs a free seat of its type, unless nobody counts', async () => {
    turn({ maxStandardUsers: 2 });
    assert.equal(await api.status('POST', USERS, RAVI), 400);
    assert.equal(await api.status('PATCH', one(USER.leo), { type: 'STANDARD' }), 400);
    assert.equal(await api.status('PATCH', one(USER.elin), { last_name: 'A' }), 200);

    turn({ seatsFull: 'ignored' });
    assert.equal(await api.status('POST', USERS, RAVI), 201);
  });
});

suite('the primary group', () => {
  test('cannot be lost before another one is set', async () => {
    assert.equal(await api.status('PATCH', one(USER.elin), { groups: [] }), 400);
    assert.equal(await api.status('DELETE', `/users/v1/groups/${GROUP.emea}/users/${USER.elin}/`), 400);
    assert.equal(await api.status('PATCH', one(USER.elin), { primary_group: GROUP.na }), 400);
    assert.equal(await api.status('PATCH', one(USER.elin), { primary_group: null }), 400);

    await api.call('POST', `/users/v1/groups/${GROUP.editors}/users/${USER.elin}/`);
    await api.call('PATCH', one(USER.elin), { primary_group: GROUP.editors });
    const left = await api.call<User>('DELETE', `/users/v1/groups/${GROUP.emea}/users/${USER.elin}/`);

    assert.deepEqual(left.groups, [GROUP.editors]);
    assert.equal(left.primary_group, GROUP.editors);
  });

  test('moves in one call', async () => {
    const moved = await api.call<User>('PATCH', one(USER.elin), {
      groups: [GROUP.na],
      primary_group: GROUP.na,
    });

    assert.deepEqual(moved.groups, [GROUP.na]);
  });

  test('is a matter of the pages only by switch', async () => {
    turn({ primaryGroup: 'pages-only' });

    const left = await api.call<User>('PATCH', one(USER.elin), { groups: [] });
    assert.deepEqual([left.groups, left.primary_group], [[], GROUP.emea]);
  });
});

suite('the end of a user', () => {
  test('INACTIVE ends every token, those of storage gateways too', async () => {
    const leo = api.as('leo@halden.example');
    assert.equal(await leo.status('GET', '/users/v1/users/current/'), 200);

    await api.call('PATCH', one(USER.leo), { status: 'INACTIVE' });

    assert.deepEqual(await leo.refusal('GET', '/users/v1/users/current/'), [401, ['Token is invalid']]);
    assert.deepEqual(iconik().state()['gateways'], [
      { name: 'Storage gateway Hamburg', online: true },
      { name: 'Storage gateway Boston', online: false },
    ]);
    await api.call('PATCH', one(USER.leo), { status: 'ACTIVE' });
    assert.equal(await leo.status('GET', '/users/v1/users/current/'), 401);
  });

  test('the integration user can lock itself out', async () => {
    assert.equal(await api.status('PATCH', one(USER.integration), { status: 'INACTIVE' }), 200);
    assert.equal(await api.status('GET', '/users/v1/users/current/'), 401);
  });

  test('a deleted user is gone, or a record with a status, by switch; the address likewise', async () => {
    assert.equal(await api.status('DELETE', one(USER.leo)), 204);
    assert.equal(await api.status('GET', one(USER.leo)), 404);
    assert.equal(await api.status('POST', USERS, { ...RAVI, email: 'leo@halden.example' }), 201);

    sandbox.reset();
    turn({ deletedUser: 'kept', deletedMail: 'stays-taken' });
    await api.call('DELETE', one(USER.leo));
    assert.equal((await api.call<User>('GET', one(USER.leo))).status, 'DELETED');
    assert.equal(await api.status('POST', USERS, { ...RAVI, email: 'leo@halden.example' }), 400);
    assert.ok(!(await api.list<User>(`${USERS}?per_page=50`)).some(({ id }) => id === USER.leo));
    assert.equal((await api.list<User>(`${USERS}?status=DELETED`)).length, 1);
  });
});

suite('lists of users', () => {
  test('have pages from 1, and 404 after the last', async () => {
    const first = await api.call<Page<User>>('GET', `${USERS}?per_page=2`);

    assert.deepEqual([first.page, first.pages, first.per_page, first.total], [1, 3, 2, 5]);
    assert.equal(first.next_url, '/API/users/v1/users/?per_page=2&page=2');
    assert.equal((await api.list<User>(`${USERS}?per_page=2&page=3`)).length, 1);
    assert.equal(await api.status('GET', `${USERS}?per_page=2&page=4`), 404);
    assert.equal(await api.status('GET', `${USERS}?email=nobody@halden.example`), 200);
  });

  test('a page that is too large is made smaller or refused by switch', async () => {
    turn({ maxPerPage: 3 });
    assert.equal((await api.call<Page<User>>('GET', `${USERS}?per_page=500`)).per_page, 3);
    turn({ perPageTooLarge: 'refused' });
    assert.equal(await api.status('GET', `${USERS}?per_page=500`), 400);
  });

  test('show whom somebody made by hand, however many', async () => {
    act('add-users', { count: 1_200, group: 'Reviewers' });

    const page = await api.call<Page<User>>('GET', `${USERS}?groups=${GROUP.reviewers}&per_page=500&page=3`);
    assert.deepEqual([page.total, page.pages, page.objects.length], [1_200, 3, 200]);
  });

  test('are not reached by number beyond the cap', async () => {
    turn({ deepPagingCap: 3 });

    assert.equal(await api.status('GET', `${USERS}?per_page=1&page=3`), 200);
    assert.equal(await api.status('GET', `${USERS}?per_page=1&page=4`), 400);
  });

  test('are filtered, searched and sorted', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await api.list<User>(`${USERS}?per_page=50&${query}`)).map(({ first_name }) => first_name);

    assert.deepEqual(await names(`groups=${GROUP.na}`), ['Jonah', 'Leo']);
    assert.deepEqual(await names('is_admin=true'), ['Grit']);
    assert.deepEqual(await names('query=RE*S'), ['Jonah']);
    assert.deepEqual(await names('sort=type,desc;first_name,asc'), [
      'Elin',
      'Jonah',
      'Grit',
      'Leo',
      'Vestibule',
    ]);
    assert.deepEqual(await names(`ids=${USER.leo},${USER.elin}`), ['Elin', 'Leo']);
  });

  test('are behind the records by switch, and a read by id is not', async () => {
    turn({ indexLagSeconds: 5 });
    const { id } = await addRavi();
    await api.call('PATCH', one(USER.elin), { last_name: 'Berg' });
    const listed = () => api.list<User>(`${USERS}?per_page=50`);

    assert.ok(!(await listed()).some((user) => user.id === id));
    assert.ok((await listed()).some((user) => user.last_name === 'Aasen'));
    assert.equal((await api.call<User>('GET', one(id))).email, 'ravi@halden.example');
    assert.equal(await api.status('POST', USERS, RAVI), 400);

    await api.call('POST', `${one(id)}reindex/`);
    assert.ok((await listed()).some((user) => user.id === id));
    iconik().clock.offsetMs = 5_000;
    assert.ok((await listed()).some((user) => user.last_name === 'Berg'));
  });
});

suite('groups and mappings', () => {
  test('a group is made, changed, found and deleted, and its members lose it', async () => {
    const group = await api.call<Group>('POST', '/users/v1/groups/', {
      name: 'Trailers',
      external_id: 'vestibule:trailers',
    });
    const { id: ravi } = await addRavi();
    await api.call('POST', `/users/v1/groups/${group.id}/users/${ravi}/`);
    await api.call('PATCH', `/users/v1/groups/${group.id}/`, { description: 'Short ones' });

    const [found] = await api.list<Group>('/users/v1/groups/?name=Trailers');
    assert.equal(found?.external_id, 'vestibule:trailers');
    assert.equal(await api.status('DELETE', `/users/v1/groups/${group.id}/`), 204);
    assert.deepEqual((await api.call<User>('GET', one(ravi))).groups, []);
    assert.equal(await api.status('GET', `/users/v1/groups/${group.id}/`), 404);
  });

  test('two groups may have one name, or not, by switch', async () => {
    assert.equal(await api.status('POST', '/users/v1/groups/', { name: 'Editors' }), 201);
    turn({ groupNames: 'unique' });
    assert.equal(await api.status('POST', '/users/v1/groups/', { name: 'Reviewers' }), 400);
    assert.equal(await api.status('PATCH', `/users/v1/groups/${GROUP.editors}/`, { name: 'Reviewers' }), 400);
    assert.equal(
      await api.status('PATCH', `/users/v1/groups/${GROUP.reviewers}/`, { name: 'Reviewers' }),
      200,
    );
  });

  test('members come once, and who is no member cannot be taken out', async () => {
    const member = `/users/v1/groups/${GROUP.campaign}/users/${USER.elin}/`;

    assert.equal(await api.status('POST', member), 201);
    assert.deepEqual((await api.call<User>('POST', member)).groups, [GROUP.emea, GROUP.campaign]);
    assert.equal(await api.status('DELETE', member), 200);
    assert.equal(await api.status('DELETE', member), 404);
    assert.equal(await api.status('POST', `/users/v1/groups/${USER.elin}/users/${USER.elin}/`), 404);
  });

  test('there is no list of members', async () => {
    assert.equal(await api.status('GET', `/users/v1/groups/${GROUP.na}/users/`), 404);
  });

  test('a mapping has one meaning until it is deleted', async () => {
    const path = '/users/v1/groups/mappings/';
    const mapping = { name: 'agencies@partners', group_id: GROUP.reviewers };

    assert.equal(await api.status('POST', path, mapping), 201);
    assert.equal(await api.status('POST', path, { ...mapping, group_id: GROUP.editors }), 409);
    assert.equal(await api.status('POST', path, { name: 'x', group_id: USER.elin }), 400);
    const [first] = await api.list<{ name: string }>(`${path}?per_page=1`);
    const [second] = await api.list<{ name: string }>(`${path}?per_page=1&last_id=${first?.name}`);
    assert.deepEqual([first?.name, second?.name], ['agencies@partners', 'media@staff']);
    assert.equal(await api.status('DELETE', `${path}agencies@partners/`), 204);
    assert.equal(await api.status('GET', `${path}agencies@partners/`), 404);
  });
});

suite('somebody with an account in another system domain', () => {
  const KIM = { ...RAVI, email: 'kim@brightline.example', first_name: 'Kim' };
  const mails = (): unknown => iconik().state()['mails'];

  test('gets an invitation and is INACTIVE until the link is followed', async () => {
    const made = await api.call<User>('POST', USERS, KIM);

    assert.equal(made.status, 'INACTIVE');
    assert.deepEqual(mails(), [{ to: 'kim@brightline.example', what: 'invitation' }]);
    act('accept-invitation', { email: 'kim@brightline.example' });
    assert.equal((await api.call<User>('GET', one(made.id))).status, 'ACTIVE');
  });

  test('is ACTIVE at once, or refused, by switch', async () => {
    turn({ foreignPerson: 'invited-active' });
    assert.equal((await api.call<User>('POST', USERS, KIM)).status, 'ACTIVE');

    sandbox.reset();
    turn({ foreignPerson: 'refused' });
    assert.equal(await api.status('POST', USERS, KIM), 400);
    act('add-foreign-person', { email: 'ravi@halden.example' });
    assert.equal(await api.status('POST', USERS, RAVI), 400);
  });
});
