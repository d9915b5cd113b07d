import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budget, drive, givenIn } from './connector-driver.ts';
import type { ConnectorWorld } from './connector-world.ts';

/** What other people do in the target: accounts, changes and members that are not ours. */
export function strangerContract(world: () => ConnectorWorld): void {
  test('an account that somebody made is a candidate, and not ours', async () => {
    const { target, person, accesses, makeByHand } = world();
    if (!makeByHand) return;
    const someone = person();
    const externalId = await makeByHand(someone.mail ?? '');

    const found = await target.findCandidates(drive(target).desire(someone, accesses), budget());

    assert.ok(found.outcome === 'read');
    assert.deepEqual(
      found.accounts.map((account) => [account.externalId, account.marker, account.ours ?? false]),
      [[externalId, undefined, false]],
    );
  });

  test('an account that somebody made can be taken over, and is then as wanted', async () => {
    const { target, person, accesses, makeByHand } = world();
    if (!makeByHand) return;
    const driver = drive(target);
    const someone = person();
    const image = driver.desire(someone, accesses);
    const account = { externalId: await makeByHand(someone.mail ?? ''), refs: {} };

    const taken = await driver.apply(account, image, { takeOver: true });

    assert.deepEqual(await driver.plan(taken, image), []);
  });

  test('what somebody changed by hand is seen, and put back', async () => {
    const { target, person, accesses, changeByHand } = world();
    if (!changeByHand) return;
    const driver = drive(target);
    const { account, image } = await driver.settled(person(), accesses);
    await changeByHand(account.externalId);

    assert.notDeepEqual(await driver.plan(account, image), []);
    const again = await driver.apply(account, image);

    assert.deepEqual(await driver.plan(again, image), []);
  });

  test('a member that somebody added stays, unless such members are to go', async () => {
    const { target, person, accesses, fewerAccesses, addMemberByHand } = world();
    if (!addMemberByHand) return;
    const driver = drive(target);
    const someone = person();
    const { account, image } = await driver.settled(someone, accesses);
    const { field, member } = await addMemberByHand(account.externalId);
    const given = givenIn(target, image);
    const fewer = driver.desire(someone, fewerAccesses);

    assert.deepEqual(await driver.plan(account, image, { given }), []);
    const less = await driver.apply(account, fewer, { given });
    const left = (await driver.read(less, fewer)).image[field];
    const clean = await driver.apply(less, fewer, { given, onExtra: 'remove' });
    const gone = (await driver.read(clean, fewer)).image[field];

    assert.ok(Array.isArray(left) && left.includes(member), 'left with fewer roles too');
    assert.ok(!Array.isArray(gone) || !gone.includes(member), 'removed when that is wanted');
  });

  for (const authority of ['directory', 'first', 'target'] as const) {
    test(`with authority "${authority}" a detail that somebody changed is treated so`, async () => {
      const { target, person, accesses, detail } = world();
      if (!detail) return;
      const { account, image } = await drive(target).settled(person(), accesses);
      const fieldsOf = async (): Promise<readonly string[]> => {
        const changes = await drive(await detail.withAuthority(authority)).plan(account, image);
        return changes.map(({ field }) => field);
      };

      await detail.change(account.externalId);
      const changed = await fieldsOf();
      await detail.clear?.(account.externalId);
      const cleared = await fieldsOf();

      assert.deepEqual(changed, authority === 'directory' ? [detail.field] : []);
      if (detail.clear) assert.deepEqual(cleared, authority === 'target' ? [] : [detail.field]);
    });
  }
}
