import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { randomText } from '../../src/base/index.ts';
import type { Access, ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { atCreation, budget, type Driver, drive, written } from './connector-driver.ts';
import { faultContract } from './connector-faults.ts';
import { ladderContract } from './connector-ladder.ts';
import { listContract } from './connector-lists.ts';
import { strangerContract } from './connector-strangers.ts';
import type { ConnectorWorld } from './connector-world.ts';

export type { ConnectorWorld, Member, TargetFault } from './connector-world.ts';

/** Every connector keeps these promises; the engine leans on each of them. */
export function connectorContract(name: string, start: () => Promise<ConnectorWorld>): void {
  // Its tests share one world, one after the other, whatever runs beside this suite.
  suite(`connector contract: ${name}`, { concurrency: 1 }, () => {
    let world: ConnectorWorld;
    before(async () => {
      world = await start();
    });
    after(() => world[Symbol.asyncDispose]());
    beforeEach(() => world.fail(undefined));

    accountContract(() => world);
    strangerContract(() => world);
    ladderContract(() => world);
    listContract(() => world);
    faultContract(start);
  });
}

/** One account: made, found, made right, gone. */
function accountContract(world: () => ConnectorWorld): void {
  const driver = (): Driver => drive(world().target);
  const desire = (
    person = world().person(),
    accesses: readonly Access[] = world().accesses,
  ): ReturnType<Driver['desire']> => driver().desire(person, accesses);

  test('apply, then plan again, and the plan is empty', async () => {
    const image = desire();
    const account = await driver().create(image);

    const applied = await driver().apply(account, image);

    assert.deepEqual(await driver().plan(applied, image), []);
  });

  test('what is applied a second time changes nothing and harms nothing', async () => {
    const image = desire();
    const account = await driver().create(image);

    const first = await driver().apply(account, image);
    const second = await driver().apply({ ...first, refs: account.refs }, image);

    assert.deepEqual(await driver().plan(second, image), []);
  });

  test('a reduction is applied and read back', async () => {
    const person = world().person();
    const { account } = await driver().settled(person, world().accesses);
    const fewer = desire(person, world().fewerAccesses);
    const changes = await driver().plan(account, fewer);
    assert.ok(changes.length > 0 && changes.every(({ effect }) => effect === 'reduces'));

    const reduced = await driver().apply(account, fewer);

    assert.deepEqual(await driver().plan(reduced, fewer), []);
  });

  test('what was reduced is given again', async () => {
    const person = world().person();
    const { account, image } = await driver().settled(person, world().accesses);
    const reduced = await driver().apply(account, desire(person, world().fewerAccesses));

    const back = await driver().apply(reduced, image);

    assert.deepEqual(await driver().plan(back, image), []);
  });

  test('a created account is found again, and says that it is ours', async () => {
    const image = desire();
    const account = await driver().create(image, 'marker-of-this-test');

    // By our random marker, or by the person's own stable id where accounts carry one (R5.3, R1.4). Where they carry
    // nothing, it is as a creation leaves it.
    assert.deepEqual(
      (await candidates(world(), image)).map(({ externalId, marker, ours, fresh }) => [
        externalId,
        marker === 'marker-of-this-test' || ours === true || (world().target.keepsNoMarker && fresh),
      ]),
      [[account.externalId, true]],
    );
  });

  test('mail addresses with a plus sign are found as they are', async () => {
    const plain = world().person();
    const plus = world().person({ mail: (plain.mail ?? '').replace('@', '+shop@') });
    await driver().create(desire(plain));
    const account = await driver().create(desire(plus));

    assert.deepEqual(
      (await candidates(world(), desire(plus))).map(({ externalId }) => externalId),
      [account.externalId],
    );
  });

  test('creating for a mail that is taken makes no second account', async () => {
    const image = desire();
    const { externalId } = await driver().create(image);
    const { target, duplicates = 'told' } = world();

    const again = await target.create(atCreation(target, image), randomText(), budget());

    if (duplicates === 'told') assert.equal(again.outcome, 'duplicate');
    else assert.equal(written(again).externalId, externalId);
  });

  test('an account that vanished is read as absent and cannot be updated', async () => {
    const { target, person, remove } = world();
    const someone = person();
    const image = desire(someone);
    const account = await driver().create(image);
    remove(account.externalId);

    const found = await target.findById(account.externalId, image, {}, budget());
    const call = target.calls[0] ?? '';
    const changes = { mail: someone.mail ?? '' };
    const updated = await target.update(
      {
        ...{ externalId: account.externalId, call, changes, desired: image },
        ...{ marker: 'unused', refs: {}, takeOver: false, current: account.image },
      },
      budget(),
    );

    assert.deepEqual(found, { outcome: 'read', accounts: [] });
    assert.equal(updated.outcome, 'gone');
  });

  test('each operation costs as many requests as the connector says', async () => {
    const { target, requestsPerOperation } = world();
    if (requestsPerOperation === undefined) return;
    const image = desire();
    const spent = budget();

    const answer = await target.create(atCreation(target, image), randomText(), spent);
    await target.findCandidates(image, spent);
    await target.findById(written(answer).externalId, image, {}, spent);

    assert.equal(spent.calls, 3 * requestsPerOperation);
  });

  test('facts that cannot be read are ignored', () => {
    const { target } = world();
    const image = desire();

    for (const facts of [null, 'nonsense', [], { groups: 7 }]) target.restore(facts);

    assert.deepEqual(target.unresolved(image), []);
  });
}

async function candidates(
  { target }: ConnectorWorld,
  image: ReturnType<Driver['desire']>,
): Promise<readonly ReadAccount[]> {
  const answer = await target.findCandidates(image, budget());
  assert.ok(answer.outcome === 'read', JSON.stringify(answer));
  return answer.accounts;
}
