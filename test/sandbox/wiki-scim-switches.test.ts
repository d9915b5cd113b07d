import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { startSandbox } from '../../src/sandbox/index.ts';
import { wikiCredentials } from '../../src/sandbox/wiki/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sendForm } from './client/request.ts';
import { GROUP, type Json, problemOf, type ScimWorld, startScimWorld, USER } from './client/scim-world.ts';

let world: ScimWorld;
before(async () => {
  world = await startScimWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.sandbox.reset();
  world.clock.set('2026-03-02T09:00:00Z');
});

const title = (op: string, value: unknown = 'x') => ({ op, path: 'title', value });
const filtered = async (endpoint: string, filter: string): Promise<string> => {
  const reply = await world.call('GET', `${endpoint}?filter=${encodeURIComponent(filter)}`);
  return reply.status === 200 ? `${(reply.json() as Json).totalResults} found` : problemOf(reply);
};

test('scimPatch: without PATCH the answer is 501 or 405 and the configuration says so', async () => {
  const { id } = await world.user({ userName: 'a' });
  for (const [position, status, supported] of [
    ['supported', 200, true],
    ['answers-501', 501, false],
    ['answers-405', 405, false],
  ] as const) {
    world.turn({ scimPatch: position });
    assert.equal((await world.patch(`/Users/${id}`, title('replace'))).status, status);
    assert.equal((await world.json('GET', '/ServiceProviderConfig')).patch.supported, supported);
  }
  assert.equal((await world.call('PUT', `/Users/${id}`, { schemas: [USER], userName: 'a' })).status, 200);
});

test('scimPatchAnswer: the resource, or nothing', async () => {
  const { id } = await world.user({ userName: 'a' });
  const full = await world.patch(`/Users/${id}`, title('replace'));
  world.turn({ scimPatchAnswer: '204' });
  const empty = await world.patch(`/Users/${id}`, title('replace', 'y'));

  assert.equal((full.json() as Json).title, 'x');
  assert.deepEqual([empty.status, empty.body, empty.headers.etag], [204, '', 'W/"3"']);
  assert.equal((await world.json('GET', `/Users/${id}`)).title, 'y');
});

test('scimPatchOp: any case, lower case, or capitalised', async () => {
  const { id } = await world.user({ userName: 'a' });
  const taken = async (): Promise<boolean[]> => {
    const replies = [];
    for (const op of ['replace', 'Replace', 'REPLACE'])
      replies.push(await world.patch(`/Users/${id}`, title(op)));
    return replies.map(({ status }) => status === 200);
  };

  assert.deepEqual(await taken(), [true, true, true]);
  world.turn({ scimPatchOp: 'lower' });
  assert.deepEqual(await taken(), [true, false, false]);
  world.turn({ scimPatchOp: 'capitalised' });
  assert.deepEqual(await taken(), [false, true, false]);
  assert.equal(problemOf(await world.patch(`/Users/${id}`, title('replace'))), '400 invalidSyntax');
});

test('scimActiveInPatch: a boolean, a text, or either', async () => {
  const { id } = await world.user({ userName: 'a' });
  const taken = async (): Promise<string[]> => {
    const outcomes = [];
    for (const value of [false, 'False', 'true']) {
      const reply = await world.patch(`/Users/${id}`, { op: 'replace', path: 'active', value });
      outcomes.push(reply.status === 200 ? String((reply.json() as Json).active) : problemOf(reply));
    }
    return outcomes;
  };

  assert.deepEqual(await taken(), ['false', '400 invalidValue', '400 invalidValue']);
  world.turn({ scimActiveInPatch: 'either' });
  assert.deepEqual(await taken(), ['false', 'false', 'true']);
  world.turn({ scimActiveInPatch: 'text' });
  assert.deepEqual(await taken(), ['400 invalidValue', 'false', 'true']);
  const primary = { op: 'add', path: 'emails', value: [{ value: 'a@x', primary: true }] };
  assert.equal((await world.patch(`/Users/${id}`, primary)).status, 200, 'other booleans stay such');
});

test('scimMembersPatch: one by one, or as a whole', async () => {
  const { id } = await world.user({ userName: 'a' });
  const group = await world.group('Writers', [id]);
  const at = `/Groups/${group.id}`;
  const value = [{ value: id }];
  const partial = [
    { op: 'add', path: 'members', value },
    { op: 'add', value: { members: value } },
    { op: 'remove', path: `members[value eq "${id}"]` },
  ];
  for (const operation of partial) assert.equal((await world.patch(at, operation)).status, 200);
  world.turn({ scimMembersPatch: 'replace-only' });
  for (const operation of partial)
    assert.equal(problemOf(await world.patch(at, operation)), '400 invalidPath');
  assert.equal((await world.patch(at, { op: 'replace', path: 'members', value })).status, 200);
  assert.equal((await world.patch(at, { op: 'replace', value: { members: [] } })).status, 200);
  assert.equal((await world.patch(at, { op: 'replace', path: 'displayName', value: 'W' })).status, 200);
});

test('scimRemoveWithValue: a value in a remove means nothing, or names what goes', async () => {
  const [a, b] = [await world.user({ userName: 'a' }), await world.user({ userName: 'b' })];
  const removal = { op: 'remove', path: 'members', value: [{ value: a.id }] };
  const one = await world.group('One', [a.id, b.id]);
  const two = await world.group('Two', [a.id, b.id]);
  const all = (await world.patch(`/Groups/${one.id}`, removal)).json() as Json;
  world.turn({ scimRemoveWithValue: 'removes-those' });
  const those = (await world.patch(`/Groups/${two.id}`, removal)).json() as Json;

  assert.deepEqual(all.members, []);
  assert.deepEqual(
    those.members.map(({ value }: Json) => value),
    [b.id],
  );
});

test('scimRemoveOfNothing: an error, or fine', async () => {
  const { id } = await world.group('Writers');
  const removal = { op: 'remove', path: 'members[value eq "none"]' };
  const strict = await world.patch(`/Groups/${id}`, removal);
  world.turn({ scimRemoveOfNothing: 'accepted' });

  assert.equal(problemOf(strict), '400 noTarget');
  assert.equal((await world.patch(`/Groups/${id}`, removal)).status, 200);
});

test('scimPut: what is not named goes, or stays', async () => {
  const { id } = await world.user({ userName: 'a', title: 'Editor' });
  world.turn({ scimPut: 'merges' });
  const merged = await world.json('PUT', `/Users/${id}`, { schemas: [USER], userName: 'a' });
  world.turn({ scimPut: 'replaces' });
  const replaced = await world.json('PUT', `/Users/${id}`, { schemas: [USER], userName: 'a' });

  assert.deepEqual([merged.title, replaced.title], ['Editor', undefined]);
});

test('scimEtags: without them If-Match means nothing', async () => {
  world.turn({ scimEtags: 'absent' });
  const { id, meta } = await world.user({ userName: 'a' });
  const reply = await world.call(
    'PUT',
    `/Users/${id}`,
    { schemas: [USER], userName: 'b' },
    { headers: { 'if-match': 'W/"99"' } },
  );
  const again = await world.call('GET', `/Users/${id}`, undefined, { headers: { 'if-none-match': '*' } });

  assert.deepEqual(
    [meta.version, reply.status, reply.headers.etag, again.status],
    [undefined, 200, undefined, 200],
  );
  assert.deepEqual((await world.json('GET', '/ServiceProviderConfig')).etag, { supported: false });
});

test('scimFilters: everything, userName eq, or nothing', async () => {
  const tried = async (): Promise<string[]> => [
    await filtered('/Users', 'userName eq "dup@halden.example"'),
    await filtered('/Users', 'externalId pr'),
    await filtered('/Users', 'userName eq "dup@halden.example" and active eq true'),
    await filtered('/Groups', 'displayName eq "Readers"'),
  ];

  assert.deepEqual(await tried(), ['1 found', '0 found', '1 found', '1 found']);
  world.turn({ scimFilters: 'userName-eq' });
  assert.deepEqual(await tried(), ['1 found', ...Array(3).fill('400 invalidFilter')]);
  world.turn({ scimFilters: 'none' });
  assert.deepEqual(await tried(), Array(4).fill('400 invalidFilter'));
  assert.equal((await world.json('GET', '/ServiceProviderConfig')).filter.supported, false);
  world.turn({ scimFilters: 'ignored' });
  assert.deepEqual(await tried(), ['3 found', '3 found', '3 found', '3 found']);
  assert.equal((await world.json('GET', '/ServiceProviderConfig')).filter.supported, false);
});

test('scimGroupNames: two groups may share a name, or not', async () => {
  world.turn({ scimGroupNames: 'unique' });
  const body = { schemas: [GROUP], displayName: 'READERS' };
  const post = await world.call('POST', '/Groups', body);
  const { id } = await world.group('Writers');
  const rename = await world.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'Editors' });
  const same = await world.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'writers' });
  world.turn({ scimGroupNames: 'free' });
  const free = await world.call('POST', '/Groups', body);

  assert.deepEqual([post, rename].map(problemOf), Array(2).fill('409 uniqueness'));
  assert.deepEqual([same.status, free.status], [200, 201]);
});

test('scimPageCap: a page is never longer, and says so', async () => {
  world.act('add-accounts', { count: 250 });
  const usual = await world.json('GET', '/Users?count=1000');
  world.turn({ scimPageCap: 7 });
  const small = await world.json('GET', '/Users?count=1000&startIndex=3');

  assert.deepEqual([usual.totalResults, usual.itemsPerPage], [253, 100]);
  assert.deepEqual([small.totalResults, small.itemsPerPage, small.startIndex], [253, 7, 3]);
});

test('scimPaging: cursors lead through everything once', async () => {
  world.act('add-accounts', { count: 250 });
  const walk = async (first: string): Promise<{ names: Set<string>; pages: number; list: Json }> => {
    const names = new Set<string>();
    let list = await world.json('GET', first);
    let pages = 1;
    for (;;) {
      for (const each of list.Resources) names.add(each.userName);
      if (list.nextCursor === undefined) return { names, pages, list };
      list = await world.json('GET', `/Users?count=60&cursor=${list.nextCursor}`);
      pages += 1;
    }
  };
  world.turn({ scimPaging: 'cursor' });
  const { names, pages, list } = await walk('/Users?count=60');
  const unknown = await world.call('GET', '/Users?cursor=bm9uZQ');
  const config = await world.json('GET', '/ServiceProviderConfig');
  world.turn({ scimPaging: 'both' });
  const asked = await walk('/Users?count=60&cursor=');
  const byIndex = await world.json('GET', '/Users?startIndex=2&count=1');

  assert.deepEqual([names.size, pages, list.startIndex], [253, 5, undefined]);
  assert.equal(problemOf(unknown), '400 invalidCursor');
  assert.deepEqual([config.pagination.cursor, config.pagination.index], [true, false]);
  assert.equal(asked.names.size, 253);
  assert.deepEqual([byIndex.startIndex, byIndex.nextCursor], [2, undefined]);
  world.turn({ scimPaging: 'stuck' });
  const [one, two] = [
    await world.json('GET', '/Users?count=2'),
    await world.json('GET', '/Users?count=2&startIndex=3'),
  ];
  assert.deepEqual([two.Resources, two.startIndex, two.totalResults], [one.Resources, 1, 253]);
});

test('scimUserNames: kept as written, or lowered', async () => {
  const kept = await world.user({ userName: 'Ann@X' });
  world.turn({ scimUserNames: 'lowered' });
  const lowered = await world.user({ userName: 'Bob@X' });

  assert.deepEqual([kept.userName, lowered.userName], ['Ann@X', 'bob@x']);
  assert.equal(await filtered('/Users', 'userName eq "BOB@x"'), '1 found');
});

test('scimDelete: an account may stay, inactive, and keep its name', async () => {
  const { id } = await world.user({ userName: 'a' });
  world.turn({ scimDelete: 'keeps-inactive' });
  const { status } = await world.call('DELETE', `/Users/${id}`);
  const still = await world.json('GET', `/Users/${id}`);
  const again = await world.call('POST', '/Users', { schemas: [USER], userName: 'a' });
  const group = await world.group('Writers');
  await world.call('DELETE', `/Groups/${group.id}`);

  assert.deepEqual([status, still.active, problemOf(again)], [204, false, '409 uniqueness']);
  assert.equal((await world.call('GET', `/Groups/${group.id}`)).status, 404, 'groups go');
});

test('scimDuplicate: 409 with its type, without, or a plain 400', async () => {
  for (const [position, expected] of [
    ['409', '409 uniqueness'],
    ['409-bare', '409'],
    ['400', '400'],
  ] as const) {
    world.turn({ scimDuplicate: position });
    const reply = await world.call('POST', '/Users', { schemas: [USER], userName: 'DUP@halden.example' });
    assert.equal(problemOf(reply), expected);
  }
});

test('scimEmptyMembers: shown, or left out', async () => {
  const { id, members } = await world.group('Writers');
  world.turn({ scimEmptyMembers: 'omitted' });

  assert.deepEqual(members, []);
  assert.equal('members' in (await world.json('GET', `/Groups/${id}`)), false);
});

test('scimUnknownAttributes: dropped, or refused', async () => {
  const body = { schemas: [USER], userName: 'a', shoeSize: 44, name: { nickname: 'x' } };
  const made = (await world.call('POST', '/Users', body)).json() as Json;
  await world.patch(`/Users/${made.id}`, { op: 'add', path: 'shoeSize', value: 44 });
  world.turn({ scimUnknownAttributes: 'refused' });
  const post = await world.call('POST', '/Users', { ...body, userName: 'b' });
  const schema = await world.call('POST', '/Users', { schemas: [USER, 'urn:none'], userName: 'b' });
  const patch = await world.patch(`/Users/${made.id}`, { op: 'add', path: 'shoeSize', value: 44 });

  assert.deepEqual([made.shoeSize, made.name], [undefined, undefined]);
  assert.deepEqual([post, schema, patch].map(problemOf), [
    '400 invalidValue',
    '400 invalidValue',
    '400 invalidPath',
  ]);
});

test('scimMediaType: plain JSON too, or not', async () => {
  const post = (userName: string, type: string) =>
    world.call('POST', '/Users', { schemas: [USER], userName }, { type });
  const plain = await post('a', 'application/json; charset=utf-8');
  world.turn({ scimMediaType: 'scim+json' });
  const refused = await post('b', 'application/json');
  const right = await post('b', 'application/scim+json; charset=utf-8');

  assert.deepEqual([plain.status, right.status], [201, 201]);
  assert.equal(problemOf(refused), '415');
});

test('scimMembersPerPatch: a PATCH names so many members, or any number', async () => {
  const ids = [];
  for (const userName of ['a', 'b', 'c']) ids.push((await world.user({ userName })).id);
  const { id } = await world.group('Writers');
  const add = (...members: string[]) => ({
    op: 'add',
    path: 'members',
    value: members.map((value) => ({ value })),
  });
  world.turn({ scimMembersPerPatch: 2 });
  const [a = '', b = '', c = ''] = ids;
  const one = await world.patch(`/Groups/${id}`, add(a, b, c));
  const spread = await world.patch(`/Groups/${id}`, add(a, b), {
    op: 'add',
    value: { members: [{ value: c }] },
  });
  const fits = await world.patch(`/Groups/${id}`, add(a, b), {
    op: 'replace',
    path: 'displayName',
    value: 'W',
  });
  world.turn({ scimMembersPerPatch: 0 });
  const all = await world.patch(`/Groups/${id}`, add(a, b, c));

  assert.deepEqual([one, spread].map(problemOf), ['413', '413']);
  assert.deepEqual([fits.status, all.status, (all.json() as Json).members.length], [200, 200, 3]);
});

test('scimListDelaySeconds: a new account is found by its id at once, and by a search later', async () => {
  world.turn({ scimListDelaySeconds: 5 });
  const { id } = await world.user({ userName: 'a' });
  const early = await filtered('/Users', 'userName eq "a"');
  const byId = await world.call('GET', `/Users/${id}`);
  const again = await world.call('POST', '/Users', { schemas: [USER], userName: 'a' });
  world.clock.advance(5_000);

  assert.deepEqual([early, byId.status, problemOf(again)], ['0 found', 200, '409 uniqueness']);
  assert.equal(await filtered('/Users', 'userName eq "a"'), '1 found');
});

test('scimClientSecret: in the header, in the form, or in either', async () => {
  const { clientId: client_id, clientSecret: client_secret } = wikiCredentials;
  const grant_type = 'client_credentials';
  const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
  const tried = async (): Promise<number[]> => {
    const url = world.sandbox.url('wiki', '/oauth/token');
    const header = await sendForm(url, { grant_type }, { authorization });
    const form = await sendForm(url, { grant_type, client_id, client_secret });
    return [header.status, form.status];
  };

  assert.deepEqual(await tried(), [200, 200]);
  world.turn({ scimClientSecret: 'header' });
  assert.deepEqual(await tried(), [200, 401]);
  world.turn({ scimClientSecret: 'form' });
  assert.deepEqual(await tried(), [401, 200]);
});

test('scimQuota and scimRetryAfter: 429 that tells the wait in seconds, as a date, or not', async () => {
  world.turn({ scimQuota: 2 });
  await world.call('GET', '/Users');
  await world.call('GET', '/Users');
  world.clock.advance(15_000);
  const waits = [];
  for (const position of ['seconds', 'date', 'absent']) {
    world.turn({ scimRetryAfter: position });
    const reply = await world.call('GET', '/Users');
    assert.equal(problemOf(reply), '429');
    waits.push(reply.headers['retry-after']);
  }
  world.clock.advance(45_000);

  assert.deepEqual(waits, ['45', 'Mon, 02 Mar 2026 09:01:00 GMT', undefined]);
  assert.equal((await world.call('GET', '/Users')).status, 200);
});

test('the frame’s faults: a lost reply has made the account, a 429 has not', async () => {
  const wiki = world.sandbox.system('wiki');
  const body = { schemas: [USER], userName: 'a' };
  wiki.fail({ kind: 'lost-reply', match: { method: 'POST', path: '/scim/v2/Users' }, times: 1 });
  await assert.rejects(world.call('POST', '/Users', body));
  wiki.fail({ kind: 'rate-limited', headers: false, times: 1 });
  const limited = await world.call('POST', '/Users', { ...body, userName: 'b' });

  assert.deepEqual([limited.status, limited.headers['retry-after']], [429, undefined]);
  assert.equal(await filtered('/Users', 'userName eq "a"'), '1 found');
  assert.equal(await filtered('/Users', 'userName eq "b"'), '0 found');
});

test('actions are what an administrator does by hand', async () => {
  const { id } = world.act('add-account', { userName: 'hand@x', externalId: 'per_hand' }) as Json;
  world.act('add-group', { displayName: 'Guests' });
  world.act('set-members', { group: 'Guests', members: ['hand@x'] });
  world.act('change-account', { userName: 'hand@x', change: { active: false, title: 'Guest' } });
  const { active, title: job, groups } = await world.json('GET', `/Users/${id}`);

  assert.deepEqual([active, job, groups[0].display], [false, 'Guest', 'Guests']);
  assert.throws(() => world.act('add-account', { userName: 'HAND@x' }), /exists already/);
  assert.throws(() => world.act('remove-account', { userName: 'nobody' }), /no account/);
  world.act('remove-account', { userName: 'hand@x' });
  assert.equal((await world.call('GET', `/Users/${id}`)).status, 404);
  assert.deepEqual(world.act('add-accounts', { count: 3 }), { made: 3 });
  assert.deepEqual(world.act('add-accounts', { count: 3 }), { made: 0 });
});

test('the state names what a PATCH touched and never its values', async () => {
  const { id } = await world.user({ userName: 'a' });
  await world.patch(`/Users/${id}`, title('Replace', 'secret'), { op: 'add', value: { nickName: 'secret' } });
  const last = world.state().requests.at(-1);

  assert.deepEqual(
    [last.method, last.path, last.status, last.operations],
    ['PATCH', `/Users/${id}`, 200, ['Replace title', 'add nickName']],
  );
  assert.doesNotMatch(JSON.stringify(world.state().requests), /secret/);
});

test('accounts and groups outlive the process where the sandbox has a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wiki-'));
  const open = () => startSandbox({ port: 0, clock: new ManualClock(), only: ['wiki'], folder });
  const users = (sandbox: Awaited<ReturnType<typeof open>>): Json =>
    (sandbox.system('wiki').state() as Json).scim;
  const first = await open();
  first.system('wiki').actions?.['add-account']?.run({ userName: 'kept@x' });
  const before = users(first);
  await first[Symbol.asyncDispose]();
  const second = await open();

  assert.deepEqual(users(second).users, before.users);
  assert.deepEqual(users(second).groups, before.groups);
  second.reset();
  assert.equal(users(second).users.length, 3);
  await second[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('a group made twice is two groups, and a reset brings the seed back', async () => {
  await world.call('POST', '/Groups', { schemas: [GROUP], displayName: 'Readers' });
  world.sandbox.reset();
  const names = (await world.json('GET', '/Groups')).Resources.map(({ displayName }: Json) => displayName);

  assert.deepEqual(names, ['Readers', 'Editors', 'Administrators']);
});
