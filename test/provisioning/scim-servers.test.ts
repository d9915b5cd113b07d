import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  BARE,
  bodies,
  create,
  desired,
  PERSON,
  refusal,
  table,
  USER,
  withoutGroups,
} from './scim-odd-server.ts';
import { type Json, type Reply, startScimStub } from './scim-stub.ts';
import { budget, EDITOR } from './scim-world.ts';

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

test('where no account keeps our id, one without groups is fresh; elsewhere none is', async () => {
  const { externalid: _dropped, ...unmarked } = BARE;
  const replies = (made: Json) => ({
    ...{ 'POST /Users': { status: 201, body: made }, 'GET /Users/u1': { body: made } },
    'GET /Users': { body: { totalResults: 1, Resources: [unmarked] } },
  });
  const freshOn = async (made: Json): Promise<unknown> => {
    await using stub = await startScimStub(table(replies(made)));
    await create(stub);
    const answer = await stub.target.findCandidates({ ...desired(stub.target), mail: '' }, budget());
    return answer.outcome === 'read' && answer.accounts.map(({ ours, fresh }) => [ours, fresh]);
  };

  assert.deepEqual(await freshOn(unmarked), [[false, true]]);
  assert.deepEqual(await freshOn(BARE), [[false, undefined]]);
});
