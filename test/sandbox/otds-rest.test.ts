import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import { askForToken, broker, type TokenAnswer, tokensFor } from './client/otds.ts';
import { type Reply, send, sendJson } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let authorization: string;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, broker, only: ['otds'] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox.reset();
  const { access_token: token } = (
    await askForToken(sandbox, { grant_type: 'client_credentials' })
  ).json() as TokenAnswer;
  authorization = `Bearer ${token}`;
});

type List = {
  users: { id: string; name: string; attributes?: Record<string, string[]>; values: unknown[] }[];
  actualPageSize: number;
  requestedPageSize: number;
  nextPageCookie: string | null;
};

const rest = (path: string): string => sandbox.url('otds', `/otdsws/rest${path}`);
const get = (path: string): Promise<Reply> => send(rest(path), { headers: { authorization } });
const list = async (path: string): Promise<List> => (await get(path)).json() as List;
const credentials = (userName: string, password: string): Promise<Reply> =>
  sendJson('POST', rest('/authentication/credentials'), { userName, password });

test('a user is read by id with attributes as a list or as keys', async () => {
  const asList = (await get('/users/mira@staff')).json() as List['users'][0];
  const asKeys = (await get('/users/MIRA@staff?attrsAsKeys=true')).json() as List['users'][0];
  const mira = sandbox.people.find('mira');

  assert.equal(asList.id, 'mira@staff');
  assert.ok(asList.values.some((value) => JSON.stringify(value) === '{"name":"cn","values":["mira"]}'));
  assert.equal(asList.attributes, undefined);
  assert.deepEqual(asKeys.values, []);
  assert.deepEqual(asKeys.attributes?.['entryUUID'], [mira?.uuid]);
  assert.deepEqual(asKeys.attributes?.['oTExternalID2'], ['mira@staff']);
  assert.match(asKeys.attributes?.['oTMemberOf']?.[0] ?? '', /^oTGroup=[0-9a-f-]{36},dc=identity/);
});

test('a login with an @ is its own id', async () => {
  sandbox.people.change('mira', { login: 'mira@corp.halden.example' });

  const alone = await get(`/users/${encodeURIComponent('mira@corp.halden.example')}`);
  const suffixed = await get(`/users/${encodeURIComponent('mira@corp.halden.example@staff')}`);

  assert.deepEqual([alone.status, suffixed.status], [200, 404]);
});

test('a disabled person is still read, with the flag, and can be listed apart', async () => {
  const lena = (await get('/users/lena@staff?attrsAsKeys=true')).json() as List['users'][0];
  const disabled = await list('/users?where_state=disabled');
  const enabled = await list('/users?where_state=enabled');

  assert.deepEqual(lena.attributes?.['accountDisabled'], ['true']);
  assert.deepEqual(
    disabled.users.map(({ name }) => name),
    ['lena'],
  );
  assert.equal(enabled.users.length, 10);
});

test('a change shows in modifyTimestamp', async () => {
  sandbox.people.change('mira', { region: 'NA' });

  const mira = (await get('/users/mira@staff?attrsAsKeys=true')).json() as List['users'][0];

  assert.deepEqual(mira.attributes?.['modifyTimestamp'], ['2026-03-02T09:00:00Z']);
  assert.deepEqual(mira.attributes?.['oTExtraAttr0'], ['NA']);
});

test('lists filter by partition and text, without a total', async () => {
  const partners = await list('/users?where_partition_name=partners');
  const found = await list('/users?where_filter=lindq');

  assert.deepEqual(
    partners.users.map(({ id }) => id),
    ['olu@partners'],
  );
  assert.deepEqual(
    found.users.map(({ id }) => id),
    ['mira@staff'],
  );
  assert.deepEqual(Object.keys(found), ['users', 'actualPageSize', 'requestedPageSize', 'nextPageCookie']);
});

test('a thousand people are paged by cookies that need encoding, each person once', async () => {
  sandbox.system('otds').actions?.['add-crowd']?.run({});
  const seen: string[] = [];
  const sizes: number[] = [];

  let cookie: string | null = '';
  while (cookie !== null) {
    const from: string = cookie === '' ? '' : `?next_page_cookie=${encodeURIComponent(cookie)}`;
    const page: List = await list(`/users${from}`);
    seen.push(...page.users.map(({ id }) => id));
    sizes.push(page.actualPageSize);
    cookie = page.nextPageCookie;
    if (cookie !== null) assert.match(cookie, /\/.*=/);
  }

  assert.deepEqual(sizes, [250, 250, 250, 250, 11]);
  assert.equal(new Set(seen).size, 1_011);
});

test('a page cookie outlives a change in the directory, or does not', async () => {
  const { nextPageCookie } = await list('/users?page_size=5');
  const next = `/users?page_size=5&next_page_cookie=${encodeURIComponent(nextPageCookie ?? '')}`;
  sandbox.people.change('mira', { region: 'NA' });

  const lasting = await get(next);
  sandbox.system('otds').turn({ pageCookie: 'invalid-after-change' });
  const overtaken = await get(next);
  const damaged = await get('/users?next_page_cookie=damaged');

  assert.deepEqual([lasting.status, overtaken.status, damaged.status], [200, 400, 400]);
});

test('groups, memberships and partitions are read', async () => {
  const groups = (await get('/groups')).json() as { groups: { id: string }[] };
  const memberOf = (await get('/users/ines@staff/memberof')).json() as { groups: { id: string }[] };
  const members = (await get('/groups/merchandising@staff/members')).json() as { users: { name: string }[] };
  const partitions = (await get('/partitions')).json() as { partitions: { name: string }[] };

  assert.equal(groups.groups.length, 9);
  assert.deepEqual(
    memberOf.groups.map(({ id }) => id),
    ['merchandising@staff', 'store-managers@staff'],
  );
  assert.deepEqual(
    members.users.map(({ name }) => name),
    ['mira', 'noah', 'ines', 'lena', 'dup'],
  );
  assert.deepEqual(
    partitions.partitions.map(({ name }) => name),
    ['staff', 'partners'],
  );
});

test('unknown users and groups are 404 in the shape of REST', async () => {
  for (const path of [
    '/users/nobody@staff',
    '/users/nobody@staff/memberof',
    '/groups/none@staff',
    '/nothing',
  ]) {
    const reply = await get(path);

    assert.equal(reply.status, 404, path);
    assert.deepEqual(Object.keys(reply.json() as object), ['status', 'error', 'errorDetails']);
  }
});

test('a ticket works as header and cookie, and expires with 400 and 1034', async () => {
  const { ticket, userId } = (
    await credentials('vestibule@OAuthClients', String(broker.clientSecret))
  ).json() as {
    ticket: string;
    userId: string;
  };
  const byHeader = await send(rest('/users'), { headers: { OTDSTicket: ticket } });
  const byCookie = await send(rest('/users'), {
    headers: { cookie: `OTDSTicket=${encodeURIComponent(ticket)}` },
  });
  clock.advance(3_600_000);
  const expired = await send(rest('/users'), { headers: { OTDSTicket: ticket } });

  assert.match(ticket, /^\*OTDSSSO\*.+\*$/);
  assert.equal(userId, 'vestibule@OAuthClients');
  assert.deepEqual([byHeader.status, byCookie.status, expired.status], [200, 200, 400]);
  assert.deepEqual(expired.json(), { status: 1034, error: 'Expired OTDS SSO ticket', errorDetails: null });
});

test('strangers get 401, people and a client without the right 403', async () => {
  const { access_token: token } = await tokensFor(sandbox, new Browser(), 'mira');

  const stranger = await send(rest('/users'));
  const person = await send(rest('/users'), { headers: { authorization: `Bearer ${token}` } });
  sandbox.system('otds').turn({ clientMayRead: false });
  const client = await get('/users');

  assert.deepEqual([stranger.status, person.status, client.status], [401, 403, 403]);
});

test('credentials of people give a ticket; wrong ones, disabled people and clients without secret none', async () => {
  const mira = await credentials('mira@staff', 'halden-demo');
  const { ticket } = mira.json() as { ticket: string };
  const whoAmI = await send(rest('/currentuser'), { headers: { otdsticket: ticket } });

  assert.equal((whoAmI.json() as { user: { id: string } }).user.id, 'mira@staff');
  assert.equal((await credentials('mira', 'wrong')).status, 401);
  assert.equal((await credentials('lena', 'halden-demo')).status, 401);
  assert.equal((await credentials('vestibule@OAuthClients', 'wrong')).status, 401);
});

test('locations are those of today or of release 16', async () => {
  const location = async (): Promise<string> =>
    ((await get('/users/mira@staff')).json() as { location: string }).location;

  assert.match(await location(), /^oTPerson=[^,]+,orgunit=users,partition=staff,dc=identity/);
  sandbox.system('otds').turn({ locations: '16' });
  assert.match(await location(), /^cn=mira,ou=Root,ou=staff,ou=IdentityProviders/);
});

test('nested groups are in grp where the site sends them', async () => {
  sandbox.people.change('mira', { groups: ['na-merchandising@staff'] });
  const grp = async (): Promise<unknown> => {
    const { id_token: token = '' } = await tokensFor(sandbox, new Browser(), 'mira');
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return (JSON.parse(payload) as { grp: unknown }).grp;
  };

  assert.deepEqual(await grp(), ['na-merchandising@staff']);
  sandbox.system('otds').turn({ groupClaim: 'with-nested' });
  assert.deepEqual(await grp(), ['na-merchandising@staff', 'merchandising@staff']);
});

test('the internal host name is the same server with another issuer', async () => {
  const path = '/otdsws/.well-known/openid-configuration';
  const { issuer } = (await send(sandbox.url('otds-internal', path))).json() as { issuer: string };

  assert.equal(issuer, sandbox.url('otds-internal', '/otdsws'));
});
