import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budget, drive } from '../conformance/connector-driver.ts';
import { listAll } from '../conformance/connector-lists.ts';
import { EMEA, startStorefront } from './storefront-world.ts';

test('ten thousand customers are walked through by cursor, 250 at a time, each once', async () => {
  await using world = await startStorefront();
  world.act('add-customers', { count: 10_000, pairs: 0 });
  const seen = new Set<string>();
  let pages = 0;
  let cursor: string | undefined;
  let longest = 0;

  do {
    const page = await world.target.list?.(cursor, budget(20_000));
    assert.ok(page?.outcome === 'listed', JSON.stringify(page));
    for (const { externalId } of page.accounts) seen.add(externalId);
    if (pages === 0) assert.equal(page.total, 10_004);
    longest = Math.max(longest, page.next?.length ?? 0, page.accounts.length);
    cursor = page.next;
    pages += 1;
  } while (cursor !== undefined);

  assert.equal(seen.size, 10_004);
  assert.equal(pages, 41);
  // Nothing but the cursor goes from page to page, and it does not grow.
  assert.ok(longest <= 250);
});

test('each account comes with its marker, and those parked alone are not active', async () => {
  await using world = await startStorefront({ settings: { ladder: { parking: { channelId: 9 } } } });
  const driver = drive(world.target);
  const image = driver.desire(world.person(), EMEA);
  const active = await driver.create(image, 'marker-of-a-person');
  const parked = await driver.create(driver.desire(world.person(), EMEA), 'marker-of-another');
  world.act('edit-customer', { id: Number(parked.externalId), change: { channel_ids: [9] } });

  const { accounts } = await listAll(world);

  const shown = [active, parked].map(({ externalId }) => {
    const found = accounts.find((account) => account.externalId === externalId);
    return [found?.marker, found?.isActive, found?.image['mail']];
  });
  assert.deepEqual(shown, [
    ['marker-of-a-person', true, 'person-1@halden.example'],
    ['marker-of-another', false, 'person-2@halden.example'],
  ]);
});

for (const cursorOfDeleted of ['continues', 'refused'] as const) {
  test(`a customer deleted under the walk hides nobody, where a cursor of the deleted ${cursorOfDeleted}`, async () => {
    await using world = await startStorefront({ positions: { cursorOfDeleted } });
    world.act('add-customers', { count: 250, pairs: 0 });
    world.clock.advance(60_000);
    world.act('add-customers', { count: 700, pairs: 0 });
    const first = await world.target.list?.(undefined, budget());
    assert.ok(first?.outcome === 'listed' && first.next !== undefined);
    const second = await world.target.list?.(first.next, budget());
    assert.ok(second?.outcome === 'listed');
    world.act('delete-customer', { id: Number(second.accounts.at(-1)?.externalId) });

    const ids = [...first.accounts, ...second.accounts].map(({ externalId }) => externalId);
    for (let cursor = second.next; cursor !== undefined; ) {
      const page = await world.target.list?.(cursor, budget());
      assert.ok(page?.outcome === 'listed', JSON.stringify(page));
      ids.push(...page.accounts.map(({ externalId }) => externalId));
      cursor = page.next;
    }

    assert.equal(new Set(ids).size, 704);
  });
}

test('an empty cursor begins anew, and one that no page gave is refused', async () => {
  await using world = await startStorefront();

  const page = await world.target.list?.('', budget());

  assert.ok(page?.outcome === 'listed' && page.accounts.length === 4);
  await assert.rejects(async () => world.target.list?.('no-cursor', budget()), TypeError);
});

test('a page that cannot be had says when to come back', async () => {
  await using world = await startStorefront();
  world.store.fail({ kind: 'rate-limited', headers: true, resetMs: 4_000 });

  const page = await world.target.list?.(undefined, budget());

  assert.deepEqual(page, {
    outcome: 'unavailable',
    code: 'provisioning.rate_limited',
    retryAfterSeconds: 4,
    maybeApplied: false,
  });
});
