import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedAccount } from '../../src/provisioning/connector/connector.ts';
import { budget, drive } from './connector-driver.ts';
import type { ConnectorWorld } from './connector-world.ts';

const MOST_PAGES = 500;

/** All accounts of a target, page by page (S20). */
export function listContract(world: () => ConnectorWorld): void {
  test('accounts that we made appear exactly once over all pages', async () => {
    const { target, person, accesses, crowd } = world();
    if (!target.list) return;
    const driver = drive(target);
    const first = await driver.settled(person(), accesses);
    await crowd?.();
    const last = await driver.settled(person(), accesses);

    const { accounts, pages, total } = await listAll(world());

    assert.ok(!crowd || pages > 1, 'a crowd has several pages');
    assert.equal(new Set(accounts.map(({ externalId }) => externalId)).size, accounts.length);
    for (const { account } of [first, last]) {
      const found = accounts.filter(({ externalId }) => externalId === account.externalId);
      assert.deepEqual(
        found.map(({ isActive, untouchable }) => [isActive, untouchable ?? false]),
        [[true, false]],
      );
    }
    if (total !== undefined) assert.equal(total, accounts.length);
  });
}

export async function listAll({ target }: Pick<ConnectorWorld, 'target'>): Promise<{
  readonly accounts: readonly ListedAccount[];
  readonly pages: number;
  readonly total?: number;
}> {
  const accounts: ListedAccount[] = [];
  let cursor: string | undefined;
  let pages = 0;
  let total: number | undefined;
  do {
    const answer = await target.list?.(cursor, budget(20_000));
    assert.ok(answer?.outcome === 'listed', JSON.stringify(answer));
    accounts.push(...answer.accounts);
    cursor = answer.next;
    total ??= answer.total;
    pages += 1;
    assert.ok(pages < MOST_PAGES, 'the list comes to an end');
  } while (cursor !== undefined);
  return { accounts, pages, ...(total !== undefined && { total }) };
}
