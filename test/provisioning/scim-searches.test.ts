import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BARE, desired, operations, refusal, table, update } from './scim-odd-server.ts';
import { type Answering, type Json, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

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

  test('members are named by a value path, and no write says what to show', async () => {
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
      ['PATCH /Groups/g1', 'PATCH /Groups/g2'],
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
