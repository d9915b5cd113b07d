import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BARE, desired, refusal, table, update } from './scim-odd-server.ts';
import { type Json, startScimStub } from './scim-stub.ts';
import { budget } from './scim-world.ts';

suite('answers', () => {
  test('that are errors in spite of their status are errors', async () => {
    const gone = { ...refusal(404), status: 200 };
    const down = { ...refusal(503), status: 200 };
    await using stub = await startScimStub(table({ 'GET /Users/u1': gone, 'PATCH /Users/u1': down }));

    const found = await stub.target.findById('u1', {}, {}, budget());
    const changed = await update(stub, { active: 'no' });

    assert.deepEqual(found, { outcome: 'read', accounts: [] });
    assert.ok(changed.outcome === 'unavailable');
    assert.deepEqual([changed.code, changed.maybeApplied], ['provisioning.maintenance', true]);
  });

  test('that begin with a byte order mark are read', async () => {
    await using stub = await startScimStub(
      table({
        'GET /Users/u1': {
          headers: { 'content-type': 'application/scim+json; charset=utf-8' },
          body: `\uFEFF${JSON.stringify(BARE)}`,
        },
      }),
    );

    const found = await stub.target.findById('u1', desired(stub.target), {}, budget());

    assert.ok(found.outcome === 'read');
    assert.equal(found.accounts[0]?.externalId, 'u1');
  });

  test('with slashes, spaces and percent signs in ids lead back to the same account', async () => {
    const id = 'tenant/7 50%?#x';
    await using stub = await startScimStub(
      table({ [`GET /Users/${encodeURIComponent(id)}`]: { body: { ...BARE, ID: id } } }),
    );

    const found = await stub.target.findById(id, desired(stub.target), {}, budget());

    assert.ok(found.outcome === 'read');
    assert.equal(found.accounts[0]?.externalId, id);
  });
});

suite('lists', () => {
  const people = Array.from({ length: 5 }, (_, index) => ({ id: `x${index}`, userName: `x${index}` }));
  async function listed(answer: (start: number) => Json): Promise<readonly string[]> {
    await using stub = await startScimStub(
      ({ query }) => ({ body: answer(Number(query['startIndex'] ?? 1) - 1) }),
      { server: { pageSize: 2 } },
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stub.target.list?.(cursor, budget());
      assert.ok(page?.outcome === 'listed');
      seen.push(...page.accounts.map(({ externalId }) => externalId));
      cursor = page.next;
      assert.ok(stub.received.length < 10, 'the list comes to an end');
    } while (cursor !== undefined);
    return seen;
  }
  const all = people.map(({ id }) => id);

  for (const [name, answer] of [
    ['no total', (start: number) => ({ Resources: people.slice(start, start + 2) })],
    [
      'the total of the page alone',
      (start: number) => {
        const Resources = people.slice(start, start + 2);
        return { totalResults: Resources.length, Resources };
      },
    ],
    [
      'entries that have no id',
      (start: number) => ({
        totalResults: 6,
        Resources: [{ userName: 'nobody' }, ...people].slice(start, start + 2),
      }),
    ],
  ] as const) {
    test(`that tell ${name} are complete`, async () => {
      assert.deepEqual(await listed(answer), all);
    });
  }
});
