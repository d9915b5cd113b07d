import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ListAnswer, ListedAccount, OpenTarget } from '../../src/provisioning/connector/connector.ts';
import { apply, budget, create, desired, SALES, startWorld, written } from './salesforce-world.ts';

const GRETA = '005Ha0000000003IAA';

async function listAll(target: OpenTarget): Promise<{ accounts: ListedAccount[]; pages: number }> {
  const accounts: ListedAccount[] = [];
  let cursor: string | undefined = '';
  for (let pages = 1; ; pages += 1) {
    const answer: ListAnswer | undefined = await target.list?.(cursor, budget());
    assert.ok(answer?.outcome === 'listed', JSON.stringify(answer));
    accounts.push(...answer.accounts);
    cursor = answer.next;
    if (cursor === undefined) return { accounts, pages };
    assert.ok((answer.total ?? 0) > answer.accounts.length);
  }
}

suite('the list of all users (S43)', () => {
  test('tells who is active, frozen, theirs, and with which profile', async () => {
    await using world = await startWorld();
    const person = world.person();
    const image = desired(world.target, person, SALES);
    const { externalId } = await create(world.target, image);
    written(await apply(world.target, externalId, { ...image, signIn: '' }));

    const { accounts } = await listAll(world.target);

    const own = accounts.find((account) => account.externalId === externalId);
    assert.deepEqual(
      [
        own?.isActive,
        own?.image['active'],
        own?.image['signIn'],
        own?.image['profile'],
        own?.image['federationId'],
      ],
      [false, 'yes', '', 'Halden Sales', person.id],
    );
    assert.equal(own?.subject, person.id);
    assert.deepEqual(
      accounts.map((account) => [account.image['profile'], account.untouchable ?? false]).slice(0, 3),
      [
        ['System Administrator', true],
        ['Minimum Access - API Only Integrations', true],
        ['Standard User', false],
      ],
    );
    const integration = accounts[1];
    assert.equal(integration?.lastSignIn?.toISOString(), '2026-03-02T09:00:00.000Z');
    assert.equal(accounts[2]?.lastSignIn, undefined);
  });

  test('comes page by page, everybody once', async () => {
    await using world = await startWorld({ positions: { queryBatchSize: 4 } });
    for (let count = 0; count < 9; count += 1) {
      const image = desired(world.target, world.person(), [{ relyingParty: 'salesforce', role: 'nothing' }]);
      const { externalId } = await create(world.target, image);
      written(await apply(world.target, externalId, { ...image, signIn: '' }));
    }

    const { accounts, pages } = await listAll(world.target);

    assert.equal(pages, 3);
    assert.equal(new Set(accounts.map(({ externalId }) => externalId)).size, 12);
    assert.equal(accounts.filter(({ isActive }) => !isActive).length, 9, 'frozen ones come in pages too');
  });
});

suite('what a user still owns (S44)', () => {
  test('open records are counted by kind, with examples', async () => {
    await using world = await startWorld();

    const answer = await world.target.holdings?.(GRETA, {}, budget());

    assert.deepEqual(answer, {
      outcome: 'holdings',
      holdings: [
        {
          what: 'open Opportunity',
          count: 2,
          examples: ['Stoneware for nine houses', 'Linen for the new wing'],
        },
        { what: 'open Case', count: 2, examples: ['00001001', '00001002'] },
      ],
    });
  });

  test('other objects can be named, also those that are never closed', async () => {
    await using world = await startWorld({
      settings: { holdings: [{ object: 'Account' }, { object: 'Contact' }] },
    });

    const answer = await world.target.holdings?.(GRETA, {}, budget());

    assert.deepEqual(answer, {
      outcome: 'holdings',
      holdings: [{ what: 'Account', count: 1, examples: ['Nordhafen Hotels'] }],
    });
  });

  test('an object that the integration may not see is no "nothing"', async () => {
    await using world = await startWorld({ settings: { holdings: [{ object: 'Invoice__c' }] } });

    const answer = await world.target.holdings?.(GRETA, {}, budget());

    assert.ok(answer?.outcome === 'unavailable' && answer.code === 'provisioning.forbidden');
  });
});
