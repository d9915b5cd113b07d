import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { Person } from '../../src/model/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import { desiredImage, makeAccount, readAccount, written } from './scim-driver.ts';
import { budget, EDITOR, type ScimTargetWorld, startScimTarget } from './scim-world.ts';

let world: ScimTargetWorld;
beforeEach(async () => {
  world = await startScimTarget();
});
afterEach(() => world[Symbol.asyncDispose]());

const desired = (person: Person, accesses = EDITOR, target = world.target): AccountImage =>
  desiredImage(target, person, accesses);

async function makeOne(person: Person, accesses = EDITOR): Promise<string> {
  const id = await makeAccount(world.target, person, accesses);
  world.forgetCalls();
  return id;
}

suite('managers', () => {
  test('are accounts: found by name, shown by name, and no obstacle while they have none', async () => {
    const target = world.open({ attributes: { manager: 'attributes.manager' } });
    await target.prepare(budget());
    const image = (manager: string) =>
      desired(world.person({ mail: 'report@halden.example', attributes: { manager } }), EDITOR, target);
    const { groups: _groups, manager: _manager, ...first } = image('abel@halden.example');
    const { externalId } = written(await target.create(first, 'unused', budget()));
    const manager = (name: string) =>
      target.update(
        {
          ...{ externalId, call: 'manager', changes: { manager: name }, current: {}, desired: image(name) },
          ...{ marker: 'unused', refs: {}, takeOver: false },
        },
        budget(),
      );

    const known = written(await manager('Abel@halden.example'));
    const unknown = await manager('nobody@halden.example');
    const seen = await readAccount(target, externalId, image('abel@halden.example'));
    const other = await readAccount(target, externalId, image('archive@halden.example'));

    assert.equal(known.image['manager'], 'Abel@halden.example');
    assert.equal(unknown.outcome, 'invalid');
    assert.equal(seen.image['manager'], 'abel@halden.example');
    assert.match(String(other.image['manager']), /^#/);
  });
});

suite('the list of accounts', () => {
  async function all(target = world.target): Promise<readonly { name: string; active: boolean }[]> {
    const seen: { name: string; active: boolean }[] = [];
    let cursor: string | undefined;
    do {
      const page = await target.list?.(cursor, budget());
      assert.ok(page?.outcome === 'listed');
      seen.push(
        ...page.accounts.map(({ image, isActive }) => ({
          name: String(image['userName']),
          active: isActive,
        })),
      );
      cursor = page.next;
    } while (cursor !== undefined);
    return seen;
  }

  for (const [name, positions] of [
    ['by index', { scimPageCap: 7 }],
    ['by cursor', { scimPageCap: 7, scimPaging: 'cursor' }],
    ['by either', { scimPageCap: 7, scimPaging: 'both' }],
  ] as const) {
    test(`is complete in pages ${name}, each account once`, async () => {
      world.wiki.turn(positions);
      world.act('add-accounts', { count: 30 });
      await world.target.prepare(budget());

      const seen = await all();

      assert.equal(seen.length, 33);
      assert.equal(new Set(seen.map((each) => each.name)).size, 33);
      assert.equal(seen.filter(({ active }) => !active).length, 3);
    });
  }

  test('ends with a server that shows its first page for ever', async () => {
    world.wiki.turn({ scimPageCap: 2, scimPaging: 'stuck' });

    const seen = await all();

    assert.equal(seen.length, 2);
  });

  test('tells whose id an account carries and which are never touched', async () => {
    const target = world.open({ untouchable: ['Archive@halden.example'] });
    await target.prepare(budget());
    const person = world.person();
    await makeOne(person);

    const page = await target.list?.(undefined, budget());

    assert.ok(page?.outcome === 'listed');
    assert.deepEqual(
      page.accounts.filter((each) => each.untouchable).map(({ image }) => image['userName']),
      ['archive@halden.example'],
    );
    assert.deepEqual(
      page.accounts.flatMap(({ subject }) => subject ?? []),
      [person.id],
    );
  });
});

test('an untouchable account is neither nominated nor changed', async () => {
  const target = world.open({ untouchable: ['archive@halden.example'], ladder: { delete: '1d' } });
  await target.prepare(budget());
  const person = world.person({ mail: 'archive@halden.example' });
  const archive = world.users().find(({ userName }) => userName === person.mail) ?? assert.fail();
  const current = { userName: archive.userName };
  const request = { externalId: archive.id, current, refs: {} };

  const found = await target.findCandidates(desired(person, EDITOR, target), budget());
  const changed = await target.update(
    {
      ...{ ...request, call: 'user', changes: { active: 'no' }, desired: {} },
      ...{ marker: 'unused', takeOver: false },
    },
    budget(),
  );
  const removed = await target.act?.({ ...request, act: 'delete' }, budget());

  assert.deepEqual(found, { outcome: 'read', accounts: [] });
  assert.deepEqual([changed.outcome, removed?.outcome], ['blocked', 'blocked']);
  assert.ok(world.user(archive.id)?.['active'] !== false);
});
