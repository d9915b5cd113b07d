import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccountImage } from '../../src/provisioning/account-image.ts';
import type { OpenTarget, WriteAnswer } from '../../src/provisioning/connector.ts';
import {
  type Answering,
  type Json,
  type Received,
  type Reply,
  type ScimStub,
  startScimStub,
} from './scim-stub.ts';
import { budget, EDITOR, personOf, READER } from './scim-world.ts';

const PERSON = personOf();
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

function desired(target: OpenTarget, change = {}): AccountImage {
  const answer = target.desire({ ...PERSON, ...change }, READER);
  assert.ok(answer.outcome === 'desired');
  return answer.image;
}

const withoutGroups = ({ groups: _groups, ...image }: AccountImage): AccountImage => image;

const create = ({ target }: ScimStub): Promise<WriteAnswer> =>
  target.create(withoutGroups(desired(target)), 'unused', budget());

function update(
  stub: ScimStub,
  changes: AccountImage,
  over: Partial<{ call: string; refs: Record<string, string>; current: AccountImage }> = {},
): Promise<WriteAnswer> {
  const request = { externalId: 'u1', call: 'user', changes, current: {}, refs: {}, ...over };
  return stub.target.update(
    { ...request, desired: desired(stub.target), marker: 'unused', takeOver: false },
    budget(),
  );
}

/** The least that a server may show, in the odd ways that are found. */
const BARE = {
  ID: 'u1',
  username: 'MIRA@halden.example',
  externalid: PERSON.id,
  active: 'True',
  EMAILS: { value: 'mira@halden.example' },
  displayName: 'Mira Lindqvist',
  name: { givenName: 'Mira', familyName: 'Lindqvist' },
};

/** Answers by `METHOD /path`; a list gives one answer after the other, the last for ever. */
function table(replies: Readonly<Record<string, Reply | readonly Reply[]>>): Answering {
  const used = new Map<string, number>();
  return ({ method, path }: Received) => {
    const key = `${method} ${path}`;
    const reply = replies[key];
    if (!Array.isArray(reply)) return reply as Reply | undefined;
    const at = used.get(key) ?? 0;
    used.set(key, at + 1);
    return reply[Math.min(at, reply.length - 1)];
  };
}

const bodies = (stub: ScimStub, method: string): Json[] =>
  stub.received.filter((each) => each.method === method).map(({ body }) => body);
const operations = (stub: ScimStub): Json[] => bodies(stub, 'PATCH').flatMap(({ Operations }) => Operations);
const refusal = (status: number, scimType?: string): Reply => ({
  status,
  body: {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType && { scimType }),
  },
});

suite('what is accepted', () => {
  test('a server without discovery is used with care', async () => {
    await using stub = await startScimStub(
      table({
        'GET /Users': { body: { Resources: [] } },
        'GET /Groups': { body: { totalResults: '1', Resources: [{ id: 7, displayName: 'readers' }] } },
      }),
    );

    const answer = await stub.target.prepare(budget());

    assert.ok(answer.outcome === 'prepared');
    const facts = answer.facts as Record<string, unknown>;
    assert.deepEqual([facts['patch'], facts['filter'], facts['attributes']], [null, null, null]);
    assert.ok(answer.problems.some(({ message }) => /does not say what it can do/.test(message)));
    assert.deepEqual(stub.target.unresolved({ groups: ['Readers'] }), []);
  });

  test('names without case, one value without a list, active as text, an id as a number', async () => {
    await using stub = await startScimStub(table({ 'GET /Users/u1': { body: BARE } }));

    const answer = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.ok(answer.outcome === 'read');
    const [account] = answer.accounts;
    assert.equal(account?.ours, true);
    assert.deepEqual(account?.image, {
      ...{
        active: 'yes',
        externalId: PERSON.id,
        userName: 'MIRA@halden.example',
        mail: 'mira@halden.example',
      },
      ...{
        displayName: 'Mira Lindqvist',
        'name.givenName': 'Mira',
        'name.familyName': 'Lindqvist',
        groups: [],
      },
    });
  });

  for (const [name, body] of [
    ['a bare list', [BARE]],
    ['no totalResults', { resources: [BARE] }],
    ['one resource without a list', { totalResults: 1, Resources: BARE }],
  ] as const) {
    test(`a search that answers with ${name}`, async () => {
      await using stub = await startScimStub(table({ 'GET /Users': { body } }));

      const answer = await stub.target.findCandidates(desired(stub.target), budget());

      assert.ok(answer.outcome === 'read');
      assert.deepEqual(
        answer.accounts.map(({ externalId }) => externalId),
        ['u1'],
      );
    });
  }

  for (const body of [
    { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'] },
    { totalResults: 0, Resources: null },
    [],
  ]) {
    test(`nothing found, told as ${JSON.stringify(body)}`, async () => {
      await using stub = await startScimStub(table({ 'GET /Users': { body } }));

      assert.deepEqual(await stub.target.findCandidates(desired(stub.target), budget()), {
        outcome: 'read',
        accounts: [],
      });
    });
  }

  test('a creation that answers with nothing but an address', async () => {
    await using stub = await startScimStub(
      table({
        'POST /Users': { status: 201, headers: { location: 'https://elsewhere.example/v2/Users/u1' } },
        'GET /Users/u1': { body: BARE },
      }),
    );

    const answer = await create(stub);

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.externalId, 'u1');
    assert.deepEqual(stub.lines(), ['POST /Users', 'GET /Users/u1']);
  });

  test('a creation that answers with an id alone is looked at', async () => {
    await using stub = await startScimStub(
      table({ 'POST /Users': { body: { id: 'u1' } }, 'GET /Users/u1': { body: BARE } }),
    );

    const answer = await create(stub);

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['displayName'], 'Mira Lindqvist');
  });

  test('a body of another type than announced is sent again as the one that is taken', async () => {
    await using stub = await startScimStub(({ method, headers }) =>
      method !== 'POST'
        ? undefined
        : headers['content-type'] === 'application/json'
          ? { status: 201, body: BARE }
          : { status: 415 },
    );

    const answers = [(await create(stub)).outcome, (await create(stub)).outcome];

    assert.deepEqual(answers, ['written', 'written']);
    assert.deepEqual(
      stub.received.map(({ headers }) => headers['content-type']),
      ['application/scim+json', 'application/json', 'application/json'],
    );
  });

  for (const reply of [
    refusal(409),
    refusal(409, 'uniqueness'),
    refusal(400, 'uniqueness'),
    { status: 400, body: { detail: 'User name is already taken.' } },
    { status: 409, body: 'conflict' },
  ]) {
    test(`a name in use, told as ${reply.status} ${JSON.stringify(reply.body)}`, async () => {
      await using stub = await startScimStub(table({ 'POST /Users': reply }));

      assert.deepEqual(await create(stub), { outcome: 'duplicate' });
    });
  }

  test('a page of somebody in between is no account', async () => {
    await using stub = await startScimStub(
      table({
        'POST /Users': { body: '<html>Sign in</html>' },
        'GET /Users': { body: '<html>Sign in</html>' },
      }),
    );

    const made = await create(stub);
    const found = await stub.target.findCandidates(desired(stub.target), budget());

    assert.deepEqual(made, { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true });
    assert.deepEqual(found, { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false });
  });

  test('a redirect is not followed', async () => {
    await using stub = await startScimStub(() => ({ status: 307, headers: { location: '/elsewhere' } }));

    const answer = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.equal(answer.outcome, 'unavailable');
    assert.deepEqual(stub.lines(), ['GET /Users/u1']);
  });

  test('another account than the one asked for is not taken for it', async () => {
    await using stub = await startScimStub(table({ 'GET /Users/u1': { body: { ...BARE, ID: 'u2' } } }));

    const answer = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.equal(answer.outcome, 'unavailable');
  });
});

suite('searches', () => {
  test('texts are quoted as JSON, and ids cannot leave their endpoint', async () => {
    await using stub = await startScimStub(table({ 'GET /Users': { body: { totalResults: 0 } } }));

    await stub.target.findCandidates(
      { externalId: 'x" or active pr', userName: 'a"b\\c+d', mail: '' },
      budget(),
    );
    await stub.target.findById('../Groups?x=1', {}, {}, budget());
    const dots = await stub.target.findById('..', {}, {}, budget());

    assert.deepEqual(stub.lines().slice(-3), [
      'GET /Users?filter=externalId eq "x\\" or active pr"',
      'GET /Users?filter=userName eq "a\\"b\\\\c+d"',
      'GET /Users/..%2FGroups%3Fx%3D1',
    ]);
    assert.deepEqual(dots, { outcome: 'read', accounts: [] });
  });

  test('a filter that is refused gives way to the user name, and is not tried again', async () => {
    await using stub = await startScimStub(({ query }) =>
      query['filter']?.startsWith('userName')
        ? { body: { totalResults: 1, Resources: [BARE] } }
        : refusal(400, 'invalidFilter'),
    );

    await stub.target.findCandidates(desired(stub.target), budget());
    const answer = await stub.target.findCandidates(desired(stub.target), budget());

    assert.ok(answer.outcome === 'read');
    assert.equal(answer.accounts[0]?.ours, true);
    assert.deepEqual(
      stub.lines().map((line) => line.slice(0, 30)),
      ['GET /Users?filter=externalId e', 'GET /Users?filter=userName eq ', 'GET /Users?filter=userName eq '],
    );
  });

  test('a filter that is passed over finds nobody else: the list is looked through', async () => {
    const others = Array.from({ length: 6 }, (_, index) => ({
      id: `x${index}`,
      userName: `x${index}`,
      externalId: `x${index}`,
    }));
    const all = [...others, BARE];
    await using stub = await startScimStub(({ query }) => {
      const start = Number(query['startIndex'] ?? 1) - 1;
      return { body: { Resources: all.slice(start, start + 3) } };
    });

    const answer = await stub.target.findCandidates(desired(stub.target), budget());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual(
      answer.accounts.map(({ externalId, ours }) => [externalId, ours]),
      [['u1', true]],
    );
  });

  test('the look through the list is bounded', async () => {
    let next = 0;
    await using stub = await startScimStub(
      ({ query }) =>
        query['filter']
          ? refusal(400, 'invalidFilter')
          : {
              body: {
                totalResults: 1e6,
                Resources: Array.from({ length: 10 }, () => ({ id: `x${next++}` })),
              },
            },
      { server: { mostListed: 50 } },
    );

    const answer = await stub.target.findCandidates(desired(stub.target), budget());

    assert.deepEqual(answer, { outcome: 'read', accounts: [] });
    assert.equal(stub.received.filter(({ query }) => query['filter'] === undefined).length, 5);
  });
});

suite('changes', () => {
  const after = { ...BARE, active: false };

  test('a plain change is one PATCH with the version that was read', async () => {
    await using stub = await startScimStub(table({ 'PATCH /Users/u1': { body: after } }));

    const answer = await update(stub, { active: 'no' }, { refs: { version: 'W/"4"' } });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['active'], 'no');
    assert.equal(stub.received[0]?.headers['if-match'], 'W/"4"');
    assert.deepEqual(stub.received[0]?.body, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
  });

  test('one value among several is named by its type, and the others stay', async () => {
    const raw = {
      ...BARE,
      EMAILS: undefined,
      emails: [
        { value: 'old@halden.example', type: 'work', primary: true },
        { value: 'home@mail.example', type: 'home' },
      ],
    };
    await using stub = await startScimStub(
      table({ 'GET /Users/u1': { body: raw }, 'PATCH /Users/u1': { status: 204 } }),
    );

    await update(stub, { mail: 'mira@halden.example' });

    assert.deepEqual(operations(stub), [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'mira@halden.example' },
    ]);
  });

  test('a value path that is refused gives way to the whole list', async () => {
    const raw = {
      ...BARE,
      EMAILS: undefined,
      emails: [
        { value: 'old@halden.example', type: 'work', display: 'old' },
        { value: 'home@mail.example', type: 'home' },
      ],
    };
    await using stub = await startScimStub(({ method, body }) => {
      if (method === 'GET') return { body: raw };
      return body.Operations.some(({ path }: Json) => path.includes('['))
        ? refusal(400, 'invalidPath')
        : { status: 204 };
    });

    const answer = await update(stub, { mail: 'mira@halden.example' });

    assert.equal(answer.outcome, 'written');
    assert.deepEqual(operations(stub).at(-1), {
      ...{ op: 'replace', path: 'emails' },
      value: [
        { value: 'mira@halden.example', type: 'work' },
        { value: 'home@mail.example', type: 'home' },
      ],
    });
  });

  test('what was refused for its value alone is told as such, after the forms were tried', async () => {
    await using stub = await startScimStub(table({ 'PATCH /Users/u1': refusal(400, 'invalidValue') }));

    const answer = await update(stub, { active: 'no' });

    assert.deepEqual(answer, { outcome: 'invalid', detail: 'status 400 invalidvalue' });
    assert.deepEqual(
      operations(stub).map(({ op, value }) => [op, value]),
      [
        ['replace', false],
        ['replace', 'False'],
        ['Replace', false],
        ['Replace', 'False'],
      ],
    );
  });

  test('forms that worked once are not doubted later', async () => {
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': [{ body: after }, refusal(400, 'invalidValue')] }),
    );

    await update(stub, { active: 'no' });
    await update(stub, { active: 'no' });

    assert.equal(stub.received.length, 2);
  });

  test('a version that is out of date is read again, and the change sent once more', async () => {
    await using stub = await startScimStub(
      table({
        'PATCH /Users/u1': [{ status: 412 }, { body: after }],
        'GET /Users/u1': { body: BARE, headers: { etag: 'W/"5"' } },
      }),
    );

    const answer = await update(stub, { active: 'no' }, { refs: { version: 'W/"4"' } });

    assert.equal(answer.outcome, 'written');
    assert.deepEqual(
      stub.received.map(({ method, headers }) => [method, headers['if-match']]),
      [
        ['PATCH', 'W/"4"'],
        ['GET', undefined],
        ['PATCH', 'W/"5"'],
      ],
    );
  });

  test('a server that demands a version gets one', async () => {
    await using stub = await startScimStub(({ method, headers }) => {
      if (method === 'GET') return { body: { ...BARE, meta: { version: '"9"' } } };
      return headers['if-match'] === '"9"' ? { body: after } : { status: 428 };
    });

    assert.equal((await update(stub, { active: 'no' })).outcome, 'written');
  });

  test('versions that match nothing are given up', async () => {
    await using stub = await startScimStub(({ method, headers }) => {
      if (method === 'GET') return { body: BARE, headers: { etag: 'W/"5"' } };
      return headers['if-match'] === undefined ? { body: after } : { status: 412 };
    });

    assert.equal((await update(stub, { active: 'no' }, { refs: { version: 'W/"5"' } })).outcome, 'written');
  });

  test('somebody who always is faster wins for now', async () => {
    let version = 0;
    await using stub = await startScimStub(({ method }) =>
      method === 'GET' ? { body: BARE, headers: { etag: `"${version++}"` } } : { status: 412 },
    );

    const answer = await update(stub, { active: 'no' }, { refs: { version: '"x"' } });

    assert.deepEqual(answer, {
      outcome: 'unavailable',
      code: 'provisioning.busy',
      retryAfterSeconds: 2,
      maybeApplied: false,
    });
  });

  for (const reply of [{ status: 405 }, refusal(501), { status: 404 }]) {
    test(`without PATCH (${reply.status}) the whole resource goes by PUT, and what is unknown stays`, async () => {
      const raw = {
        ...BARE,
        schemas: [USER],
        title: 'Buyer',
        'urn:example:2.0:User': { badge: 7 },
        meta: { version: 'W/"1"' },
        groups: [{ value: 'g1' }],
      };
      await using stub = await startScimStub(
        table({
          'PATCH /Users/u1': reply,
          'GET /Users/u1': { body: raw },
          'PUT /Users/u1': { body: { ...raw, active: false } },
        }),
      );

      const answer = await update(stub, { active: 'no' });

      assert.equal(answer.outcome, 'written');
      assert.deepEqual(bodies(stub, 'PUT'), [
        {
          ...BARE,
          active: false,
          schemas: [USER, 'urn:example:2.0:User'],
          title: 'Buyer',
          'urn:example:2.0:User': { badge: 7 },
        },
      ]);
      assert.equal(stub.received.at(-1)?.headers['if-match'], 'W/"1"');
    });
  }

  test('an account that is gone is gone, whatever the method', async () => {
    await using stub = await startScimStub(() => refusal(404));

    assert.deepEqual(await update(stub, { active: 'no' }), { outcome: 'gone' });
  });

  test('a detail that the server drops shows as not kept', async () => {
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': { body: BARE }, 'GET /Users/u1': { body: BARE } }),
      { attributes: { title: 'department' } },
    );

    const answer = await update(stub, { title: 'Buyer' });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['title'], '');
  });

  test('an account that stays active after it was made inactive is not called inactive', async () => {
    const silent = { ...BARE, active: undefined };
    await using stub = await startScimStub(
      table({ 'PATCH /Users/u1': { status: 204 }, 'GET /Users/u1': { body: silent } }),
    );

    const answer = await update(stub, { active: 'no' });

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.image['active'], 'yes');
  });
});

suite('a published schema', () => {
  const discovery = (attributes: readonly string[]): Readonly<Record<string, Reply>> => ({
    'GET /ServiceProviderConfig': {
      body: { patch: { supported: true }, filter: { supported: true, maxResults: 50 } },
    },
    'GET /ResourceTypes': {
      body: {
        Resources: [
          { name: 'User', endpoint: '/scim/People', schema: USER },
          {
            name: 'Group',
            endpoint: 'https://evil.example/Groups',
            schema: 'urn:ietf:params:scim:schemas:core:2.0:Group',
          },
        ],
      },
    },
    'GET /Schemas': { body: [{ id: USER, attributes: attributes.map((name) => ({ name })) }] },
    'GET /People': { body: { totalResults: 0 } },
    'GET /Groups': { body: { totalResults: 1, Resources: [{ id: 'g1', displayName: 'Readers' }] } },
  });

  test('decides what is sent; endpoints elsewhere are not followed', async () => {
    const sparse = { id: 'u1', userName: 'mira@halden.example', active: true, externalId: PERSON.id };
    await using stub = await startScimStub(
      table({
        ...discovery(['userName', 'active']),
        'POST /People': { status: 201, body: sparse },
        'GET /People/u1': { body: sparse },
      }),
    );
    const told = await stub.target.prepare(budget());

    const answer = await create(stub);
    const found = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.ok(told.outcome === 'prepared' && answer.outcome === 'written' && found.outcome === 'read');
    assert.deepEqual(bodies(stub, 'POST'), [
      { active: true, externalId: PERSON.id, userName: 'mira@halden.example', schemas: [USER] },
    ]);
    assert.deepEqual(withoutGroups(found.accounts[0]?.image ?? {}), withoutGroups(desired(stub.target)));
    assert.ok(told.problems.some(({ path }) => path === 'attributes.displayName'));
    assert.ok(stub.lines().some((line) => line.startsWith('GET /Groups?')));
  });
});

suite('memberships', () => {
  const groups = ['Readers', 'Editors'].map((displayName, index) => ({
    id: `g${index + 1}`,
    displayName,
    members: [{ value: 'u9' }],
  }));
  /** Publishes `groups` in accounts and never fills it; finds groups by one form of filter. */
  const byFilter =
    (form: RegExp): Answering =>
    ({ path, query }) => {
      const { filter = '' } = query;
      if (path === '/Users') return { body: { totalResults: 0 } };
      if (path === '/Users/u9' || path === '/Users/u1')
        return { body: { ...BARE, ID: path.slice(7), groups: [] } };
      const group = groups.find(({ id }) => path === `/Groups/${id}`);
      if (group) return { body: group };
      if (path !== '/Groups') return undefined;
      const named = /^displayName eq "(.*)"$/.exec(filter)?.[1];
      if (named !== undefined)
        return { body: { Resources: groups.filter(({ displayName }) => displayName === named) } };
      const user = form.exec(filter)?.[1];
      if (user === undefined)
        return filter === '' ? { body: { Resources: groups } } : refusal(400, 'invalidFilter');
      return { body: { totalResults: user === 'u9' ? 2 : 0, Resources: user === 'u9' ? groups : [] } };
    };

  for (const form of [/^members\.value eq "(.*)"$/, /^members\[value eq "(.*)"\]$/, /^members eq "(.*)"$/]) {
    test(`are read by the filter that proved to work: ${form.source}`, async () => {
      await using stub = await startScimStub(byFilter(form));
      await stub.target.prepare(budget());
      const before = stub.received.length;

      const in9 = await stub.target.findById('u9', desired(stub.target), {}, budget());
      const in1 = await stub.target.findById('u1', desired(stub.target), {}, budget());

      assert.ok(in9.outcome === 'read' && in1.outcome === 'read');
      assert.deepEqual(
        [in9.accounts[0]?.image['groups'], in1.accounts[0]?.image['groups']],
        [['Editors', 'Readers'], []],
      );
      assert.equal(stub.received.length - before, 4);
    });
  }

  test('of groups that are too large to be read are asked for by a filter', async () => {
    const large = {
      id: 'g1',
      displayName: 'Readers',
      members: Array.from({ length: 30_000 }, () => ({ value: 'x'.repeat(36) })),
    };
    const answer = byFilter(/^members\.value eq "(.*)"$/);
    await using stub = await startScimStub((request) =>
      request.path === '/Groups/g1' || request.path === '/Groups/g2' ? { body: large } : answer(request),
    );
    await stub.target.prepare(budget());
    const before = stub.received.length;

    const found = await stub.target.findById('u9', desired(stub.target), {}, budget());

    assert.ok(found.outcome === 'read');
    assert.deepEqual(found.accounts[0]?.image['groups'], ['Editors', 'Readers']);
    assert.equal(stub.received.length - before, 2);
  });

  test('are read from the groups themselves when nothing else can be believed', async () => {
    const answer = byFilter(/^never$/);
    await using stub = await startScimStub((request) =>
      /members/.test(request.query['filter'] ?? '') ? { body: { Resources: groups } } : answer(request),
    );
    await stub.target.prepare(budget());

    const found = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.ok(found.outcome === 'read');
    assert.deepEqual(found.accounts[0]?.image['groups'], []);
  });

  test('members are named by a value path, and nobody asks for all of them', async () => {
    await using stub = await startScimStub((request) =>
      request.method === 'PATCH' ? { status: 204 } : byFilter(/^members\.value eq "(.*)"$/)(request),
    );
    await stub.target.prepare(budget());

    await update(stub, { groups: ['Editors'] }, { call: 'groups', current: { groups: ['Readers'] } });

    assert.deepEqual(operations(stub), [
      { op: 'remove', path: 'members[value eq "u1"]' },
      { op: 'add', path: 'members', value: [{ value: 'u1' }] },
    ]);
    assert.deepEqual(
      stub.lines().filter((line) => line.startsWith('PATCH')),
      ['PATCH /Groups/g1?excludedAttributes=members', 'PATCH /Groups/g2?excludedAttributes=members'],
    );
  });

  test('a list that can only be written whole keeps the others, and a hidden one is asked for', async () => {
    let members: Json[] = [
      { value: 'u8', display: 'Somebody' },
      { value: 'u9', type: 'User' },
    ];
    const answer = byFilter(/^never$/);
    await using stub = await startScimStub((request) => {
      const { method, path, query, body } = request;
      if (method === 'PATCH') return { status: 501 };
      if (method === 'PUT') {
        members = body.members;
        return { status: 204 };
      }
      if (path !== '/Groups/g1') return answer(request);
      return {
        body: {
          id: 'g1',
          displayName: 'Readers',
          meta: { version: 'W/"3"' },
          ...(query['attributes'] === 'members' && { members }),
        },
      };
    });
    await stub.target.prepare(budget());

    await update(stub, { groups: ['Readers'] }, { call: 'groups', current: { groups: [] } });

    const put = stub.received.find(({ method }) => method === 'PUT');
    assert.deepEqual(members, [{ value: 'u8' }, { value: 'u9', type: 'User' }, { value: 'u1' }]);
    assert.deepEqual(
      [put?.body.displayName, put?.body.schemas, put?.headers['if-match']],
      ['Readers', ['urn:ietf:params:scim:schemas:core:2.0:Group'], 'W/"3"'],
    );
  });

  test('who is a member already needs no second time, however that is told', async () => {
    await using stub = await startScimStub((request) =>
      request.method === 'PATCH'
        ? { status: 409, body: { detail: 'Already a member' } }
        : byFilter(/^members\.value eq "(.*)"$/)(request),
    );
    await stub.target.prepare(budget());

    const answer = await update(stub, { groups: ['Readers'] }, { call: 'groups', current: { groups: [] } });

    // The read-back shows that it is not so: the engine will not believe it.
    assert.deepEqual(answer, {
      outcome: 'written',
      account: { externalId: 'u1', image: { groups: [] }, refs: {} },
    });
  });
});

test('roles of a relying party that is not ours are refused', async () => {
  await using stub = await startScimStub(() => undefined);

  const unknown = stub.target.desire(PERSON, [{ relyingParty: 'wiki', role: 'nobody' }]);
  const none = stub.target.desire(PERSON, []);
  const { mail: _mail, ...mailless } = PERSON;
  const noMail = stub.target.desire(mailless, EDITOR);
  const badMail = stub.target.desire({ ...PERSON, mail: 'not a mail' }, EDITOR);

  assert.deepEqual(
    [unknown, none, noMail, badMail].map((each) => each.outcome === 'refused' && each.code),
    [
      ...['provisioning.role_unmapped', 'provisioning.no_access'],
      ...['provisioning.mail_missing', 'provisioning.mail_invalid'],
    ],
  );
});
