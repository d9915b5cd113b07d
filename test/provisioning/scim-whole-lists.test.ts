import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { BARE, refusal, update } from './scim-odd-server.ts';
import { type Answering, type Json, type ScimStub, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

/** A server whose groups can only be written as a whole, and what it shows of them. */
type Wholesale = {
  readonly answer: Answering;
  readonly members: Record<string, Json[]>;
  readonly writes: () => number;
};

function wholesale(
  members: Record<string, Json[]>,
  shown: (group: string, members: readonly Json[]) => Record<string, unknown>,
): Wholesale {
  let writes = 0;
  const names: Record<string, string> = { g1: 'Readers', g2: 'Editors' };
  const group = (id: string) => ({ id, displayName: names[id], ...shown(id, members[id] ?? []) });
  const answer: Answering = ({ method, path, query, body }) => {
    const id = /^\/Groups\/(\w+)$/.exec(path)?.[1] ?? '';
    if (method === 'PATCH') return { status: 501 };
    if (method === 'PUT') {
      writes += 1;
      members[id] = body.members;
      return { status: 204 };
    }
    if (path === '/Users/u1') return { body: BARE };
    if (path === '/Users') return { body: { totalResults: 0 } };
    if (members[id]) return { body: group(id) };
    if (path !== '/Groups') return undefined;
    const named = /^displayName eq "(.*)"$/.exec(query['filter'] ?? '')?.[1];
    if (query['filter'] && named === undefined) return refusal(400, 'invalidFilter');
    const all = Object.keys(members).filter((each) => named === undefined || names[each] === named);
    return { body: { totalResults: all.length, Resources: all.map(group) } };
  };
  return { answer, members, writes: () => writes };
}

const join = (stub: ScimStub, group: string): Promise<WriteAnswer> =>
  update(stub, { groups: [group] }, { call: 'groups', current: { groups: [] } });
const leave = (stub: ScimStub, group: string): Promise<WriteAnswer> =>
  update(stub, { groups: [] }, { call: 'groups', current: { groups: [group] } });

async function prepared(answer: Answering, settings: Record<string, unknown> = {}): Promise<ScimStub> {
  const stub = await startScimStub(answer, settings);
  await stub.target.prepare(budget());
  return stub;
}

function assertBlocked(answer: WriteAnswer): void {
  assert.ok(answer.outcome === 'blocked', JSON.stringify(answer));
  assert.match(answer.reasons.join(' '), /server\.members/);
}

const HIDDEN = { members: [{ value: 'u8' }, { value: 'u9' }] };

suite('a list of members that is written as a whole', () => {
  for (const [name, shown] of [
    ['no members', () => ({})],
    ['an empty list for any group', () => ({ members: [] })],
    ['null for any group', () => ({ members: null })],
  ] as const) {
    test(`is not written where the server shows ${name}`, async () => {
      const server = wholesale({ g1: [...HIDDEN.members], g2: [...HIDDEN.members] }, shown);
      await using stub = await prepared(server.answer);

      const joined = await join(stub, 'Readers');
      const left = await leave(stub, 'Readers');

      assertBlocked(joined);
      assertBlocked(left);
      assert.equal(server.writes(), 0);
    });
  }

  test('is not written where the server hides the members of this group alone', async () => {
    const server = wholesale({ g1: [...HIDDEN.members], g2: [{ value: 'u9' }] }, (group, members) =>
      group === 'g1' ? {} : { members },
    );
    await using stub = await prepared(server.answer);

    assertBlocked(await join(stub, 'Readers'));
    assert.equal((await join(stub, 'Editors')).outcome, 'written');
    assert.equal(server.writes(), 1);
  });

  for (const hint of [
    { memberCount: 2_000 },
    { members_total: '2000' },
    { 'members@odata.nextLink': 'https://app.example/next' },
    { membersTruncated: true },
  ]) {
    test(`is not written where the group says that there are more: ${JSON.stringify(hint)}`, async () => {
      const server = wholesale({ g1: [{ value: 'u9' }] }, (_group, members) => ({ members, ...hint }));
      await using stub = await prepared(server.answer);

      assertBlocked(await join(stub, 'Readers'));
      assert.equal(server.writes(), 0);
    });
  }

  test('is written into an empty group of a server that shows members of others', async () => {
    const server = wholesale({ g1: [], g2: [{ value: 'u9' }] }, (_group, members) => ({
      ...{ members, memberCount: members.length },
    }));
    await using stub = await prepared(server.answer);

    assert.equal((await join(stub, 'Readers')).outcome, 'written');
    assert.deepEqual(server.members['g1'], [{ value: 'u1' }]);
  });

  test('is written after its last member left, also where empty lists are left out, and by the next process', async () => {
    const server = wholesale({ g1: [{ value: 'u1' }] }, (_group, members) =>
      members.length > 0 ? { members } : {},
    );
    await using stub = await prepared(server.answer);

    const left = await leave(stub, 'Readers');
    const facts = await stub.target.prepare(budget());
    const next = stub.open();
    next.restore(facts.outcome === 'prepared' ? facts.facts : undefined);
    const joined = await join({ ...stub, target: next }, 'Readers');

    assert.deepEqual([left.outcome, joined.outcome], ['written', 'written']);
    assert.deepEqual(server.members['g1'], [{ value: 'u1' }]);
  });

  test('is written when the configuration says that lists may be replaced', async () => {
    const server = wholesale({ g1: [] }, () => ({}));
    await using stub = await prepared(server.answer, { server: { members: 'replace' } });

    await join(stub, 'Readers');

    assert.deepEqual(server.members['g1'], [{ value: 'u1' }]);
  });

  test('is never written when the configuration says one by one', async () => {
    const server = wholesale({ g1: [{ value: 'u9' }] }, (_group, members) => ({ members }));
    await using stub = await prepared(server.answer, { server: { members: 'one-by-one' } });

    assertBlocked(await join(stub, 'Readers'));
    assert.equal(server.writes(), 0);
  });

  test('is written into a group that we made a moment ago', async () => {
    const server = wholesale({}, (_group, members) => (members.length > 0 ? { members } : {}));
    const making: Answering = (request) => {
      if (request.method !== 'POST') return server.answer(request);
      const id = request.body.displayName === 'Readers' ? 'g1' : 'g2';
      server.members[id] = [];
      return { status: 201, body: { id, displayName: request.body.displayName } };
    };
    await using stub = await prepared(making, { createGroups: true });

    assert.equal((await join(stub, 'Readers')).outcome, 'written');
    assert.deepEqual(server.members['g1'], [{ value: 'u1' }]);
  });

  test('is not written a second time into a group of ours that shows nobody', async () => {
    const server = wholesale({}, () => ({}));
    const making: Answering = (request) => {
      if (request.method !== 'POST') return server.answer(request);
      const id = request.body.displayName === 'Readers' ? 'g1' : 'g2';
      server.members[id] = [];
      return { status: 201, body: { id, displayName: request.body.displayName } };
    };
    await using stub = await prepared(making, { createGroups: true });

    await join(stub, 'Readers');
    assertBlocked(await join(stub, 'Readers'));
    assert.equal(server.writes(), 1);
  });

  test('says why one member alone was not taken, when that was tried first', async () => {
    const server = wholesale({ g1: [...HIDDEN.members] }, () => ({}));
    await using stub = await prepared((request) =>
      request.method === 'PATCH' ? refusal(400, 'invalidValue') : server.answer(request),
    );

    const answer = await join(stub, 'Readers');

    assertBlocked(answer);
    assert.ok(answer.outcome === 'blocked' && /status 400 invalidvalue/.test(answer.reasons.join(' ')));
  });
});
