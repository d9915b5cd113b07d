import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BARE, bodies, create, desired, PERSON, refusal, table } from './scim-odd-server.ts';
import { type Json, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

const { externalid: _dropped, ...UNMARKED } = BARE;
const other = { ...BARE, externalid: 'per_99999999999999999999999999' };

/** R1.3: an account that a creation shows is ours only if it carries our id, or if it was made by that creation. */
suite('an account that a creation is answered with', () => {
  const answers: readonly (readonly [string, number, Json, 'written' | 'duplicate'])[] = [
    ['our id, with 201', 201, BARE, 'written'],
    ['our id, with 200', 200, BARE, 'written'],
    ['the id of somebody else, with 201', 201, other, 'duplicate'],
    ['the id of somebody else, with 200', 200, other, 'duplicate'],
    ['no id, with 201', 201, UNMARKED, 'written'],
    ['no id, with 200', 200, UNMARKED, 'duplicate'],
    ['no id, with 202', 202, UNMARKED, 'duplicate'],
    [
      'no id, with 201, and is older than its last change',
      201,
      { ...UNMARKED, meta: { created: '2025-01-01T00:00:00Z', lastModified: '2026-03-02T10:00:00Z' } },
      'duplicate',
    ],
    [
      'no id, with 201, and is new',
      201,
      { ...UNMARKED, meta: { created: '2026-03-02T10:00:00.000Z', lastModified: '2026-03-02T10:00:02Z' } },
      'written',
    ],
    [
      'our id, written into one that is older',
      200,
      { ...BARE, meta: { created: '2025-01-01T00:00:00Z', lastModified: '2026-03-02T10:00:00Z' } },
      'duplicate',
    ],
    [
      'our id, with dates that tell no time',
      201,
      { ...BARE, meta: { created: '2026-03-01', lastModified: '2026-03-02T10:00:00Z' } },
      'written',
    ],
  ];
  for (const [name, status, body, outcome] of answers) {
    test(`carries ${name}: ${outcome}`, async () => {
      await using stub = await startScimStub(
        table({ 'POST /Users': { status, body }, 'GET /Users/u1': { body } }),
      );

      assert.equal((await create(stub)).outcome, outcome);
    });
  }

  test('is looked at again by its id, for an answer may show a part only', async () => {
    await using stub = await startScimStub(
      table({ 'POST /Users': { status: 200, body: UNMARKED }, 'GET /Users/u1': { body: BARE } }),
    );

    const answer = await create(stub);

    assert.ok(answer.outcome === 'written');
    assert.equal(answer.account.ours, true);
  });

  test('and lacks our id, which the server keeps, is not ours', async () => {
    await using stub = await startScimStub(
      table({
        'POST /Users': [
          { status: 201, body: BARE },
          { status: 201, body: { ...UNMARKED, ID: 'u2' } },
        ],
        'GET /Users/u2': { body: { ...UNMARKED, ID: 'u2' } },
      }),
    );

    assert.equal((await create(stub)).outcome, 'written');
    assert.equal((await create(stub)).outcome, 'duplicate');
  });

  test('with an address alone, and shows no id of ours there, may be a lost one', async () => {
    await using stub = await startScimStub(
      table({
        'POST /Users': { status: 201, headers: { location: 'https://x.example/Users/u1' } },
        'GET /Users/u1': { body: other },
      }),
    );

    assert.equal((await create(stub)).outcome, 'duplicate');
  });
});

suite('a name that is taken', () => {
  for (const reply of [refusal(409, 'uniqueness'), { status: 409, body: { ...UNMARKED, ID: 'u1' } }]) {
    test(`is nobody of ours, whatever the refusal shows: ${JSON.stringify(reply.body)}`, async () => {
      await using stub = await startScimStub(table({ 'POST /Users': reply }));

      assert.deepEqual(await create(stub), { outcome: 'duplicate' });
      assert.equal(bodies(stub, 'POST').length, 1);
    });
  }

  test('is ours when a look shows our id', async () => {
    await using stub = await startScimStub(
      table({ 'POST /Users': refusal(409), 'GET /Users': { body: { totalResults: 1, Resources: [BARE] } } }),
    );

    const made = await create(stub);
    const found = await stub.target.findCandidates(desired(stub.target), budget());

    assert.equal(made.outcome, 'duplicate');
    assert.ok(found.outcome === 'read');
    assert.deepEqual(
      found.accounts.map(({ externalId, ours }) => [externalId, ours]),
      [['u1', true]],
    );
    assert.equal(found.accounts[0]?.image['externalId'], PERSON.id);
  });
});
