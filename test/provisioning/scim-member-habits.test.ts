import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { BARE, bodies, desired, operations, refusal, table, update } from './scim-odd-server.ts';
import { type Answering, type Json, type ScimStub, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

const join = (stub: ScimStub): Promise<WriteAnswer> =>
  update(stub, { groups: ['Readers'] }, { call: 'groups', current: { groups: [] } });
const leave = (stub: ScimStub): Promise<WriteAnswer> =>
  update(stub, { groups: [] }, { call: 'groups', current: { groups: ['Readers'] } });

async function prepared(answer: Answering, settings: Record<string, unknown> = {}): Promise<ScimStub> {
  const stub = await startScimStub(answer, settings);
  await stub.target.prepare(budget());
  return stub;
}

/**
 * Groups that never show members, take no PUT and no value path, and answer one question about members: whether one
 * account is in one group. AWS IAM Identity Center does all of this.
 */
function secretive(members: string[]): Answering {
  const group = { id: 'g1', displayName: 'Readers', members: [] };
  const found = (isFound: boolean) => ({
    body: { totalResults: isFound ? 1 : 0, Resources: isFound ? [group] : [] },
  });
  return ({ method, path, query, body }) => {
    const { filter = '' } = query;
    if (path === '/Users') return { body: { totalResults: 0, Resources: [] } };
    if (path === '/Users/u1') return { body: BARE };
    if (path === '/Groups') {
      const [, id, user = ''] = /^id eq "(.*)" and members eq "(.*)"$/.exec(filter) ?? [];
      if (id !== undefined) return found(id === 'g1' && members.includes(user));
      if (/^displayName eq /.test(filter)) return found(filter.includes('"Readers"'));
      return refusal(400);
    }
    if (path !== '/Groups/g1') return undefined;
    if (method === 'GET') return { body: group };
    if (method !== 'PATCH') return { status: 405 };
    for (const { op, path: at, value } of body.Operations) {
      if (at !== 'members' || value.length > 100) return refusal(400);
      const named: string[] = value.map((each: Json) => each.value);
      const left = members.filter((each) => !named.includes(each));
      members.splice(0, members.length, ...left, ...(op === 'add' ? named : []));
    }
    return { status: 204 };
  };
}

suite('groups that never show members', () => {
  test('are joined one by one, and asked about each account', async () => {
    const members = ['u8', 'u9'];
    await using stub = await prepared(secretive(members), { server: { removeMember: 'value' } });

    const joined = await join(stub);
    const found = await stub.target.findById('u1', desired(stub.target), {}, budget());
    const left = await leave(stub);

    assert.ok(joined.outcome === 'written' && found.outcome === 'read' && left.outcome === 'written');
    assert.deepEqual(
      [joined.account.image['groups'], found.accounts[0]?.image['groups'], left.account.image['groups']],
      [['Readers'], ['Readers'], []],
    );
    assert.deepEqual(members, ['u8', 'u9']);
  });

  test('are left alone where nobody said how a removal names its member', async () => {
    const members = ['u8', 'u1'];
    await using stub = await prepared(secretive(members));

    const left = await leave(stub);

    assert.ok(left.outcome === 'blocked', JSON.stringify(left));
    assert.match(left.reasons.join(' '), /server\.removeMember: value/);
    assert.deepEqual(members, ['u8', 'u1']);
  });
});

test('a membership that nothing shows is not believed, and says what to do', async () => {
  const answer = secretive([]);
  await using stub = await prepared((request) =>
    /members eq/.test(request.query['filter'] ?? '') ? refusal(400) : answer(request),
  );

  const joined = await join(stub);

  assert.ok(joined.outcome === 'blocked', JSON.stringify(joined));
  assert.match(joined.reasons.join(' '), /read the members of groups/);
});

test('a filter on members that worked, and is refused once a group is empty, gives way to the groups', async () => {
  const groups: Record<string, Json[]> = { g1: [{ value: 'u1' }], g2: [{ value: 'u1' }] };
  const names: Record<string, string> = { g1: 'Readers', g2: 'Editors' };
  const shown = (id: string) => ({ id, displayName: names[id], members: groups[id] });
  await using stub = await prepared(({ path, query: { filter = '' } }) => {
    const id = path.slice('/Groups/'.length);
    if (path === '/Users/u1') return { body: BARE };
    if (path === '/Users') return { body: { totalResults: 0 } };
    if (path !== '/Groups') return groups[id] && { body: shown(id) };
    const user = /^members\.value eq "(.*)"$/.exec(filter)?.[1];
    if (user !== undefined && Object.values(groups).some((each) => each.length === 0)) return refusal(400);
    const found = Object.keys(groups).filter((each) =>
      user === undefined
        ? filter.endsWith(`"${names[each]}"`)
        : groups[each]?.some(({ value }: Json) => value === user),
    );
    return { body: { totalResults: found.length, Resources: found.map(shown) } };
  });
  const groupsOfU1 = async (): Promise<unknown> => {
    const found = await stub.target.findById('u1', desired(stub.target), {}, budget());
    return found.outcome === 'read' && found.accounts[0]?.image['groups'];
  };

  const before = await groupsOfU1();
  const asked = stub.lines().at(-1);
  groups['g2'] = [];
  const after = await groupsOfU1();

  assert.deepEqual([before, after], [['Editors', 'Readers'], ['Readers']]);
  assert.match(asked ?? '', /members\.value eq "u1"/);
});

/** As after a preparation that found nothing. */
async function emptyFacts(): Promise<object> {
  await using stub = await startScimStub(table({ 'GET /Users': { body: { totalResults: 0 } } }));
  const answer = await stub.target.prepare(budget());
  return answer.outcome === 'prepared' ? (answer.facts as object) : assert.fail();
}

suite('members', () => {
  /** One group, PATCH as the test says. */
  const group = (shown: () => Json, patch: Answering, put?: (body: Json) => void): Answering => {
    return (request) => {
      const { method, path, query } = request;
      if (path === '/Users/u1') return { body: BARE };
      if (path === '/Users') return { body: { totalResults: 0 } };
      if (path === '/Groups' && !/members/.test(query['filter'] ?? '')) return { body: [shown()] };
      if (path !== '/Groups/g1') return undefined;
      if (method === 'PATCH') return patch(request);
      if (method === 'PUT') put?.(request.body);
      return method === 'PUT' ? { status: 204 } : { body: shown() };
    };
  };

  test('that are named by their address alone stay when the list is written', async () => {
    let members: Json[] = [
      { $ref: 'https://x.example/scim/Users/u%2F8', type: 'User' },
      { $ref: '../Users/u9' },
    ];
    const shown = () => ({ id: 'g1', displayName: 'Readers', members });
    const answer = group(
      shown,
      () => ({ status: 501 }),
      (body) => {
        members = body.members;
      },
    );
    await using stub = await prepared(answer);

    await join(stub);

    assert.deepEqual(members, [{ value: 'u/8', type: 'User' }, { value: 'u9' }, { value: 'u1' }]);
  });

  test('that cannot be told keep the list from being written', async () => {
    const shown = () => ({ id: 'g1', displayName: 'Readers', members: [{ display: 'Somebody' }] });
    await using stub = await prepared(group(shown, () => ({ status: 501 })));

    assert.equal((await join(stub)).outcome, 'blocked');
    assert.equal(bodies(stub, 'PUT').length, 0);
  });

  test('may be added one by one, and removed only by writing the list', async () => {
    const members: Json[] = [{ value: 'u9' }];
    const shown = () => ({ id: 'g1', displayName: 'Readers', members });
    const answer = group(shown, ({ body: { Operations } }) => {
      const [{ op, path, value }] = Operations;
      if (path !== 'members') return refusal(400, 'invalidPath');
      if (op === 'add') members.push(...value);
      else members.splice(0, members.length, ...value);
      return { status: 204 };
    });
    await using stub = await prepared(answer);

    const joined = await join(stub);
    const left = await leave(stub);

    assert.deepEqual([joined.outcome, left.outcome], ['written', 'written']);
    assert.deepEqual(members, [{ value: 'u9' }]);
    assert.equal(operations(stub).at(-1).op, 'replace');
  });

  test('stay where a PATCH keeps only what its answer would show', async () => {
    let members: Json[] = [{ value: 'u9' }];
    const shown = () => ({ id: 'g1', displayName: 'Readers', members });
    const answer = group(shown, ({ query, body: { Operations } }) => {
      const isHidden = query['excludedAttributes'] === 'members' || query['attributes'] !== undefined;
      members = [...(isHidden ? [] : members), ...Operations[0].value];
      return { body: shown() };
    });
    await using stub = await prepared(answer);

    assert.equal((await join(stub)).outcome, 'written');
    assert.deepEqual(members, [{ value: 'u9' }, { value: 'u1' }]);
  });

  test('of a large group may all be in the answer to a write', async () => {
    const members: Json[] = Array.from({ length: 40_000 }, (_, index) => ({
      value: `${'u'.repeat(30)}${index}`,
    }));
    const shown = () => ({ id: 'g1', displayName: 'Readers', members });
    const answer = group(shown, () => ({ body: shown() }));
    await using stub = await startScimStub(answer);
    const facts = { ...(await emptyFacts()), groupIds: { Readers: 'g1' }, membership: 'user' };
    stub.target.restore(facts);

    assert.equal((await join(stub)).outcome, 'written');
  });

  test('are read plainly where the server refuses to leave attributes out, or to be asked for one', async () => {
    const members: Json[] = [{ value: 'u9' }];
    const shown = () => ({ id: 'g1', displayName: 'Readers', members });
    const answer = group(shown, ({ body }) => {
      members.push(...body.Operations[0].value);
      return { status: 204 };
    });
    await using stub = await prepared((request) =>
      request.query['excludedAttributes'] || request.query['attributes']
        ? refusal(400, 'invalidValue')
        : answer(request),
    );

    assert.deepEqual(stub.target.unresolved({ groups: ['Readers'] }), []);
    assert.equal((await join(stub)).outcome, 'written');
    assert.deepEqual(members, [{ value: 'u9' }, { value: 'u1' }]);
  });
});
