import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { OpenTarget, ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { imageOf, type Rung } from '../../src/provisioning/connector/ladder.ts';
import { budget, type Driver, drive, givenIn } from './connector-driver.ts';
import type { ConnectorWorld } from './connector-world.ts';

/** R5.5: every rung of the target's ladder, in order, as the engine takes them. */
export function ladderContract(world: () => ConnectorWorld): void {
  const settled = (): ReturnType<Driver['settled']> => {
    const { target, person, accesses } = world();
    return drive(target).settled(person(), accesses);
  };

  test('the ladder begins at once, and its delays do not shrink', () => {
    const delays = world().target.ladder.map(({ afterMs }) => afterMs);

    assert.equal(delays[0], 0);
    assert.deepEqual(
      delays,
      delays.toSorted((a, b) => a - b),
    );
  });

  test('every rung is taken and read back, and may be taken again', async () => {
    const { target } = world();
    const { account, image } = await settled();

    await takeRungs(target, account, image, undoable(target));
  });

  test('access that returns undoes every rung that can be undone', async () => {
    const { target } = world();
    const { account, image } = await settled();
    const ended = await takeRungs(target, account, image, undoable(target));

    const options = { given: givenIn(target, image) };
    const back = await drive(target).apply(ended, image, options);

    assert.deepEqual(await drive(target).plan(back, image, options), []);
  });

  test('a rung that removes leaves no account, however often it is taken', async () => {
    const { target } = world();
    const removing = target.ladder.find(({ removes }) => removes);
    if (!removing) return;
    const { account, image } = await settled();
    const ended = await takeRungs(target, account, image, undoable(target));

    await actTwice(target, ended, removing);

    const found = await target.findById(ended.externalId, imageOf(target.ladder), ended.refs, budget());
    assert.deepEqual(found, { outcome: 'read', accounts: [] });
  });
}

function undoable(target: OpenTarget): readonly Rung[] {
  return target.ladder.filter(({ removes }) => !removes);
}

async function takeRungs(
  target: OpenTarget,
  start: ReadAccount,
  image: AccountImage,
  rungs: readonly Rung[],
): Promise<ReadAccount> {
  const driver = drive(target);
  const options = { given: givenIn(target, image), onExtra: 'remove' } as const;
  let account = start;
  for (const [at, rung] of rungs.entries()) {
    const due = imageOf(rungs.slice(0, at + 1));
    account = await driver.apply(account, due, options);
    await actTwice(target, account, rung);
    assert.deepEqual(await driver.plan(account, due, options), [], `${rung.id} holds`);
  }
  return account;
}

async function actTwice(target: OpenTarget, account: ReadAccount, { id, act }: Rung): Promise<void> {
  if (act === undefined) return;
  assert.ok(target.act, `${id} can be taken`);
  for (let count = 0; count < 2; count += 1) {
    const { externalId, image: current, refs } = account;
    const answer = await target.act({ externalId, act, current, refs }, budget());
    assert.ok(answer.outcome === 'written' || answer.outcome === 'gone', `${id}: ${JSON.stringify(answer)}`);
  }
}
