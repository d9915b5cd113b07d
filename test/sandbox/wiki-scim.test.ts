import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { wikiCredentials } from '../../src/sandbox/wiki/index.ts';
import { type Reply, sendForm } from './client/request.ts';
import {
  ENTERPRISE,
  GROUP,
  type Json,
  problemOf,
  type ScimWorld,
  startScimWorld,
  USER,
} from './client/scim-world.ts';

let world: ScimWorld;
before(async () => {
  world = await startScimWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const found = async (endpoint: string, filter: string): Promise<string[]> => {
  const list = await world.json(
    'GET',
    `${endpoint}?filter=${encodeURIComponent(filter)}&sortBy=${endpoint === '/Users' ? 'userName' : 'displayName'}`,
  );
  return list.Resources.map((each: Json) => each.userName ?? each.displayName);
};

const MIRA = {
  userName: 'Mira@halden.example',
  externalId: 'per_mira',
  name: { givenName: 'Mira', familyName: 'Lindqvist' },
  emails: [{ value: 'mira@halden.example', type: 'work', primary: true }],
  [ENTERPRISE]: { employeeNumber: 'H1001', department: 'Merchandising' },
};

suite('discovery', () => {
  test('says what the server can do, in the shapes of RFC 7643', async () => {
    const config = await world.json('GET', '/ServiceProviderConfig');
    const types = await world.json('GET', '/ResourceTypes');
    const schemas = await world.json('GET', '/Schemas');
    const user = await world.json('GET', `/Schemas/${USER}`);

    assert.deepEqual(
      [config.patch, config.etag, config.filter, config.bulk.supported, config.sort.supported],
      [{ supported: true }, { supported: true }, { supported: true, maxResults: 100 }, false, true],
    );
    assert.equal(config.authenticationSchemes[0].type, 'oauthbearertoken');
    assert.deepEqual(
      types.Resources.map((type: Json) => [type.id, type.endpoint, type.schema, type.schemaExtensions]),
      [
        ['User', '/Users', USER, [{ schema: ENTERPRISE, required: false }]],
        ['Group', '/Groups', GROUP, []],
      ],
    );
    assert.deepEqual(
      schemas.Resources.map(({ id }: Json) => id),
      [USER, ENTERPRISE, GROUP],
    );
    const userName = user.attributes.find(({ name }: Json) => name === 'userName');
    assert.deepEqual([userName.required, userName.uniqueness, userName.caseExact], [true, 'server', false]);
    assert.equal((await world.json('GET', '/ResourceTypes/Group')).id, 'Group');
  });

  test('does not filter there, and answers what it lacks with SCIM errors', async () => {
    const answers = await Promise.all([
      world.call('GET', '/Schemas?filter=id%20pr'),
      world.call('GET', '/Schemas/urn:none'),
      world.call('GET', '/Nothing'),
      world.call('GET', '/Me'),
      world.call('POST', '/Bulk', {}),
    ]);

    assert.deepEqual(answers.map(problemOf), ['403', '404', '404', '501', '501']);
  });
});

suite('access', () => {
  test('wants a bearer token that is known', async () => {
    const none = await world.call('GET', '/Users', undefined, { headers: { authorization: '' } });
    const wrong = await world.call('GET', '/Users', undefined, { token: 'other' });

    assert.deepEqual([none, wrong].map(problemOf), ['401', '401']);
    assert.match(String(wrong.headers['www-authenticate']), /^Bearer .*error="invalid_token"/);
  });

  const token = (fields: Record<string, string>, headers = {}): Promise<Reply> =>
    sendForm(world.sandbox.url('wiki', '/oauth/token'), fields, headers);
  const { clientId: client_id, clientSecret: client_secret } = wikiCredentials;
  const grant_type = 'client_credentials';

  test('gives tokens by client_credentials, in the form or in the header, for their time', async () => {
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const inForm = (await token({ grant_type, client_id, client_secret })).json() as Json;
    const inHeader = (await token({ grant_type }, { authorization: `Basic ${basic}` })).json() as Json;
    const good = await world.call('GET', '/Users', undefined, { token: inForm.access_token });
    world.clock.advance(3_600_000);
    const late = await world.call('GET', '/Users', undefined, { token: inForm.access_token });

    assert.deepEqual([inForm.token_type, inForm.expires_in], ['Bearer', 3600]);
    assert.notEqual(inHeader.access_token, inForm.access_token);
    assert.equal(good.status, 200);
    assert.equal(problemOf(late), '401');
  });

  test('shorter by switch, revoked by action, refused to others', async () => {
    world.turn({ scimTokenSeconds: 60 });
    const { access_token: one, expires_in: seconds } = (
      await token({ grant_type, client_id, client_secret })
    ).json() as Json;
    world.act('revoke-tokens');
    const revoked = await world.call('GET', '/Users', undefined, { token: one });
    const wrong = await token({ grant_type, client_id, client_secret: 'no' });
    const other = await token({ grant_type: 'password', client_id, client_secret });

    assert.equal(seconds, 60);
    assert.equal(revoked.status, 401);
    assert.deepEqual([wrong.status, (wrong.json() as Json).error], [401, 'invalid_client']);
    assert.deepEqual([other.status, (other.json() as Json).error], [400, 'unsupported_grant_type']);
  });

  test('the fault revoked-token answers as the server does', async () => {
    world.sandbox.system('wiki').fail({ kind: 'revoked-token' });

    assert.equal(problemOf(await world.call('GET', '/Users')), '401');
  });
});

suite('accounts', () => {
  test('are made with all that was given, and an address', async () => {
    const reply = await world.call('POST', '/Users', { schemas: [USER, ENTERPRISE], ...MIRA, password: 'x' });
    const made = reply.json() as Json;
    const read = await world.call('GET', `/Users/${made.id}`);

    assert.equal(reply.status, 201);
    assert.match(String(reply.headers['content-type']), /^application\/scim\+json/);
    assert.equal(reply.headers.location, made.meta.location);
    assert.equal(reply.headers.etag, made.meta.version);
    assert.deepEqual(read.json(), made);
    const { id, meta, ...rest } = made;
    assert.deepEqual(rest, { schemas: [USER, ENTERPRISE], ...MIRA, active: true });
    assert.deepEqual([meta.resourceType, typeof id], ['User', 'string']);
    assert.equal(world.state().users.at(-1).hasPassword, true);
  });

  test('names of attributes have no case, and what only the server knows is passed over', async () => {
    const made = await world.user({
      USERNAME: 'a@x',
      Name: { GIVENNAME: 'A' },
      id: 'mine',
      groups: [{ value: 'g' }],
    });

    assert.equal(made.userName, 'a@x');
    assert.deepEqual(made.name, { givenName: 'A' });
    assert.notEqual(made.id, 'mine');
    assert.equal(made.groups, undefined);
  });

  test('a userName is unique whatever its case', async () => {
    const { id } = await world.user(MIRA);
    const other = await world.user({ userName: 'other@x' });
    const again = await world.call('POST', '/Users', { schemas: [USER], userName: 'MIRA@halden.example' });
    const put = await world.call('PUT', `/Users/${other.id}`, {
      schemas: [USER],
      userName: 'mira@halden.example',
    });
    const patched = await world.patch(`/Users/${other.id}`, {
      op: 'replace',
      path: 'userName',
      value: 'mira@halden.example',
    });
    const self = await world.patch(`/Users/${id}`, {
      op: 'replace',
      path: 'userName',
      value: 'mira@halden.example',
    });

    assert.deepEqual([again, put, patched].map(problemOf), Array(3).fill('409 uniqueness'));
    assert.equal((self.json() as Json).userName, 'mira@halden.example');
  });

  test('bodies that are wrong are refused by name', async () => {
    const post = (body: unknown): Promise<string> => world.call('POST', '/Users', body).then(problemOf);

    assert.equal(await post('{"a'), '400 invalidSyntax');
    assert.equal(await post('[]'), '400 invalidSyntax');
    assert.equal(await post({ userName: 'a' }), '400 invalidSyntax');
    assert.equal(await post({ schemas: [GROUP], userName: 'a' }), '400 invalidSyntax');
    assert.equal(await post({ schemas: [USER] }), '400 invalidValue');
    assert.equal(await post({ schemas: [USER], userName: 5 }), '400 invalidValue');
    assert.equal(await post({ schemas: [USER], userName: 'a', active: 'True' }), '400 invalidValue');
    assert.equal(await post({ schemas: [USER], userName: 'a', emails: { value: 'x' } }), '400 invalidValue');
    const two = [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ];
    assert.equal(await post({ schemas: [USER], userName: 'a', emails: two }), '400 invalidValue');
    assert.equal(
      problemOf(await world.call('POST', '/Users', 'a=b', { type: 'application/x-www-form-urlencoded' })),
      '415',
    );
    assert.equal(world.state().users.length, 3);
  });

  test('a PUT replaces, and keeps the password that it cannot show', async () => {
    const { id } = await world.user({ ...MIRA, password: 'x' });
    const put = await world.json('PUT', `/Users/${id}`, {
      schemas: [USER],
      userName: 'mira@halden.example',
      active: false,
    });

    const { schemas, userName, active, name, externalId, emails } = put;
    assert.deepEqual(
      { schemas, userName, active, name, externalId, emails },
      {
        schemas: [USER],
        userName: 'mira@halden.example',
        active: false,
        name: undefined,
        externalId: undefined,
        emails: undefined,
      },
    );
    assert.equal(world.state().users.at(-1).hasPassword, true);
    assert.equal(
      problemOf(await world.call('PUT', '/Users/none', { schemas: [USER], userName: 'a' })),
      '404',
    );
  });

  test('a DELETE removes the account and its memberships', async () => {
    const { id } = await world.user(MIRA);
    const group = await world.group('Writers', [id]);
    const gone = await world.call('DELETE', `/Users/${id}`);

    assert.deepEqual([gone.status, gone.body], [204, '']);
    assert.equal(problemOf(await world.call('GET', `/Users/${id}`)), '404');
    assert.equal(problemOf(await world.call('DELETE', `/Users/${id}`)), '404');
    assert.deepEqual((await world.json('GET', `/Groups/${group.id}`)).members, []);
    assert.notEqual((await world.user(MIRA)).id, id);
  });
});

suite('versions', () => {
  test('a change with an old ETag is refused and nothing happens', async () => {
    const { id, meta } = await world.user(MIRA);
    await world.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'Editor' });
    const headers = { 'if-match': meta.version };
    const change = { schemas: [USER], userName: 'other' };
    const put = await world.call('PUT', `/Users/${id}`, change, { headers });
    const gone = await world.call('DELETE', `/Users/${id}`, undefined, { headers });
    const now = await world.call('GET', `/Users/${id}`);
    const fresh = await world.call('PUT', `/Users/${id}`, change, {
      headers: { 'if-match': String(now.headers.etag) },
    });
    const any = await world.call(
      'PUT',
      `/Users/${id}`,
      { ...change, title: 'x' },
      { headers: { 'if-match': '*' } },
    );

    assert.deepEqual([put, gone].map(problemOf), ['412', '412']);
    assert.equal((now.json() as Json).title, 'Editor');
    assert.deepEqual([fresh.status, any.status], [200, 200]);
  });

  test('who has the version already gets no body', async () => {
    const { id, meta } = await world.user(MIRA);
    const reply = await world.call('GET', `/Users/${id}`, undefined, {
      headers: { 'if-none-match': meta.version },
    });

    assert.deepEqual([reply.status, reply.body, reply.headers.etag], [304, '', meta.version]);
  });

  test('what changes nothing leaves version and lastModified alone', async () => {
    const { id, meta } = await world.user(MIRA);
    world.clock.advance(60_000);
    await world.patch(`/Users/${id}`, { op: 'replace', path: 'name.givenName', value: 'Mira' });
    const same = await world.json('GET', `/Users/${id}`);
    await world.patch(`/Users/${id}`, { op: 'replace', path: 'name.givenName', value: 'Mirabel' });
    const other = await world.json('GET', `/Users/${id}`);

    assert.deepEqual(same.meta, meta);
    assert.notEqual(other.meta.version, meta.version);
    assert.ok(other.meta.lastModified > meta.lastModified);
    assert.equal(other.meta.created, meta.created);
  });
});

suite('lists', () => {
  beforeEach(async () => {
    await world.user(MIRA);
    await world.user({
      userName: 'noah@halden.example',
      active: false,
      emails: [{ value: 'n@home.example', type: 'home' }],
    });
  });

  for (const [filter, expected] of [
    ['userName eq "mira@HALDEN.example"', ['Mira@halden.example']],
    ['username Eq "nobody"', []],
    ['externalId eq "per_mira"', ['Mira@halden.example']],
    ['externalId eq "PER_MIRA"', []],
    ['name.familyName co "quist" or name.familyName co "QVI"', ['Mira@halden.example']],
    ['userName sw "noah" and active eq false', ['noah@halden.example']],
    ['not (userName sw "noah") and userName ew "halden.example" and externalId pr', ['Mira@halden.example']],
    ['emails[type eq "home" and value co "@home"]', ['noah@halden.example']],
    ['emails.type eq "home"', ['noah@halden.example']],
    ['emails co "home.example"', ['noah@halden.example']],
    ['emails.value eq "mira@halden.example"', ['Mira@halden.example']],
    [`${ENTERPRISE}:department eq "merchandising"`, ['Mira@halden.example']],
    [`${USER}:userName eq "noah@halden.example"`, ['noah@halden.example']],
    ['meta.lastModified lt "2020-01-01T00:00:00Z"', []],
    [
      'userName gt "mira" and userName le "noah@halden.example"',
      ['Mira@halden.example', 'noah@halden.example'],
    ],
    ['active ne true', ['noah@halden.example']],
    ['externalId eq null and userName sw "n"', ['noah@halden.example']],
    ['(userName sw "n" or userName sw "m") and (active eq true)', ['Mira@halden.example']],
    ['displayName eq "say \\"hi\\""', []],
  ] as const) {
    test(`filter ${filter}`, async () => {
      assert.deepEqual(await found('/Users', filter), expected);
    });
  }

  for (const filter of [
    'userName',
    'userName eq',
    'userName is "x"',
    'userName eq x',
    'userName eq "x" and',
    '(userName eq "x"',
    'userName eq "x" "y"',
    'nothing eq "x"',
    'emails[nothing eq "x"]',
    'active gt true',
    'name eq "x"',
    'not userName eq "x"',
    'meta.created gt "yesterday"',
    `${'('.repeat(40)}userName pr${')'.repeat(40)}`,
  ]) {
    test(`no filter: ${filter.slice(0, 40)}`, async () => {
      const reply = await world.call('GET', `/Users?filter=${encodeURIComponent(filter)}`);

      assert.equal(problemOf(reply), '400 invalidFilter');
    });
  }

  test('groups are found by name and by member', async () => {
    const { id } = await world.user({ userName: 'z@x' });
    await world.group('Writers', [id]);

    assert.deepEqual(await found('/Groups', 'displayName eq "writers"'), ['Writers']);
    assert.deepEqual(await found('/Groups', `members.value eq "${id}"`), ['Writers']);
    assert.deepEqual(await found('/Groups', `members eq "${id}"`), ['Writers']);
    assert.deepEqual(await found('/Users', 'groups.display eq "Writers"'), ['z@x']);
  });

  test('come in pages, ordered, with the total', async () => {
    const page = (query: string): Promise<Json> => world.json('GET', `/Users?sortBy=userName&${query}`);
    const second = await page('startIndex=2&count=2');
    const nothing = await page('count=0');
    const before = await page('startIndex=-3&count=1');
    const beyond = await page('startIndex=99');
    const backwards = await page('sortOrder=descending&count=1');

    assert.deepEqual(
      [
        second.totalResults,
        second.startIndex,
        second.itemsPerPage,
        second.Resources.map((each: Json) => each.userName),
      ],
      [5, 2, 2, ['archive@halden.example', 'dup@halden.example']],
    );
    assert.deepEqual([nothing.totalResults, nothing.Resources], [5, []]);
    assert.deepEqual([before.startIndex, before.Resources[0].userName], [1, 'abel@halden.example']);
    assert.deepEqual([beyond.totalResults, beyond.Resources], [5, []]);
    assert.equal(backwards.Resources[0].userName, 'noah@halden.example');
    assert.equal(problemOf(await world.call('GET', '/Users?count=many')), '400 invalidValue');
  });

  test('show what was asked for; id and schemas always', async () => {
    const query = '/Users?filter=externalId%20pr';
    const only = await world.json(
      'GET',
      `${query}&attributes=userName,name.familyName,emails.value,${ENTERPRISE}:department`,
    );
    const without = await world.json(
      'GET',
      `${query}&excludedAttributes=emails,id,meta,name.givenName,${ENTERPRISE}`,
    );
    const both = await world.call('GET', '/Users?attributes=id&excludedAttributes=meta');

    const { id, ...rest } = only.Resources[0];
    assert.equal(typeof id, 'string');
    assert.deepEqual(rest, {
      schemas: [USER, ENTERPRISE],
      userName: 'Mira@halden.example',
      name: { familyName: 'Lindqvist' },
      emails: [{ value: 'mira@halden.example' }],
      [ENTERPRISE]: { department: 'Merchandising' },
    });
    const other = without.Resources[0];
    assert.deepEqual(
      [other.emails, other.meta, other.name, other.id],
      [undefined, undefined, { familyName: 'Lindqvist' }, id],
    );
    assert.equal(ENTERPRISE in other, false);
    assert.equal(problemOf(both), '400 invalidValue');
  });

  test('a search by POST says the same', async () => {
    const list = await world.json('POST', '/Users/.search', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter: 'active eq false',
      attributes: ['userName'],
      startIndex: 1,
      count: 10,
    });

    assert.deepEqual(
      list.Resources.map((each: Json) => each.userName),
      ['noah@halden.example'],
    );
  });
});

suite('groups', () => {
  test('name their members, and accounts their groups', async () => {
    const { id } = await world.user(MIRA);
    const inner = await world.group('Inner', [id]);
    const group = await world.group('Writers', [id, inner.id, id]);
    const user = await world.json('GET', `/Users/${id}`);

    assert.deepEqual(
      group.members.map(({ value, type, display, $ref }: Json) => [
        value,
        type,
        display,
        $ref.split('/v2')[1],
      ]),
      [
        [id, 'User', 'Mira@halden.example', `/Users/${id}`],
        [inner.id, 'Group', 'Inner', `/Groups/${inner.id}`],
      ],
    );
    assert.deepEqual(
      user.groups.map(({ display, type }: Json) => [display, type]),
      [
        ['Inner', 'direct'],
        ['Writers', 'direct'],
      ],
    );
  });

  test('take nobody who does not exist', async () => {
    const { id } = await world.group('Writers');
    const post = await world.call('POST', '/Groups', {
      schemas: [GROUP],
      displayName: 'x',
      members: [{ value: 'no' }],
    });
    const self = await world.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: id }] });
    const unnamed = await world.patch(`/Groups/${id}`, {
      op: 'add',
      path: 'members',
      value: [{ display: 'x' }],
    });

    assert.deepEqual([post, self, unnamed].map(problemOf), Array(3).fill('400 invalidValue'));
  });

  test('names of groups need not be unique', async () => {
    const one = await world.group('Readers');

    assert.equal(one.displayName, 'Readers');
    assert.deepEqual(await found('/Groups', 'displayName eq "Readers"'), ['Readers', 'Readers']);
  });
});

test('the OTDS simulator, another SCIM client, can push everybody and push again', async () => {
  const { sandbox } = world;
  sandbox.registerBroker({
    scim: {
      baseUrl: sandbox.url('wiki', '/scim/v2'),
      tokenUrl: sandbox.url('wiki', '/oauth/token'),
      clientId: wikiCredentials.clientId,
      clientSecret: wikiCredentials.clientSecret,
    },
  });
  const consolidate = sandbox.system('otds').actions?.['consolidate'];
  const first = (await consolidate?.run({})) as { failed: string[] };
  const before = world.state();
  const second = (await consolidate?.run({})) as { failed: string[] };

  assert.deepEqual([first.failed, second.failed], [[], []]);
  // Three were there: an account made by hand has the mail address as its name, and OTDS sends the login.
  assert.equal(before.users.length, 14);
  assert.deepEqual(
    world.state().users.map(({ id }: Json) => id),
    before.users.map(({ id }: Json) => id),
  );
  const lena = before.users.find(({ userName }: Json) => userName.startsWith('lena'));
  assert.equal(lena.active, false);
});

test('a list of thousands is walked through in reasonable time', async () => {
  world.act('add-accounts', { count: 5_000 });
  let seen = 0;
  for (let startIndex = 1; startIndex <= 5_003; startIndex += 100) {
    const { Resources: page } = await world.json('GET', `/Users?startIndex=${startIndex}&count=100`);
    seen += page.length;
  }

  assert.equal(seen, 5_003);
  assert.equal((await found('/Users', 'externalId eq "import-4321"')).length, 1);
});
