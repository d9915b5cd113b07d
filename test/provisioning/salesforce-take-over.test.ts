import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { OpenTarget, ReadAccount, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { makeUser } from './salesforce-by-hand.ts';
import {
  atCreation,
  budget,
  desired,
  read,
  SALES,
  startWorld,
  type World,
  written,
} from './salesforce-world.ts';

type Whom = Pick<ReadAccount, 'externalId' | 'refs' | 'image'>;

/** The first and the later calls of an adoption. */
function takeOver(
  target: OpenTarget,
  { externalId, refs, image }: Whom,
  call: 'login' | 'user' = 'login',
  changes: AccountImage = {},
): Promise<WriteAnswer> {
  const rest = { desired: {}, marker: 'marker', refs, takeOver: true };
  return target.update({ externalId, call, changes, current: image, ...rest }, budget());
}

function assertBlocked(answer: WriteAnswer, why: RegExp): void {
  assert.ok(answer.outcome === 'blocked', JSON.stringify(answer));
  assert.match(answer.reasons[0] ?? '', why);
}

suite('a user who is taken over', () => {
  const OLD = { username: 'sam.old@halden.example', password: 'known-for-7-years' };

  async function former(world: World, fields: Record<string, unknown> = {}): Promise<Whom> {
    const id = await makeUser(world, { Username: OLD.username, Email: 'sam@halden.example', ...fields });
    await world.act('choose-password', OLD);
    await world.act('add-token', { username: OLD.username });
    return read(world.target, id, {});
  }
  const enters = async (world: World): Promise<unknown> =>
    ((await world.act('enter-password', OLD)) as { signedIn: boolean }).signedIn;
  const tokens = (world: World) => world.query('SELECT Id FROM OauthToken');

  test('is locked to whoever knew the password, and loses sessions and tokens, before anything else', async () => {
    await using world = await startWorld();
    const whom = await former(world);
    assert.equal(await enters(world), true);

    written(await takeOver(world.target, whom));

    assert.equal(await enters(world), false);
    assert.deepEqual(await tokens(world), []);
  });

  test('is locked once, not again with each step', async () => {
    await using world = await startWorld();
    const whom = await former(world);
    written(await takeOver(world.target, whom));
    world.forgetCalls();

    written(await takeOver(world.target, whom, 'user', { lastName: 'Okonkwo' }));

    assert.deepEqual(world.calls(), ['POST /composite']);
  });

  test('is not taken over while the integration may not set passwords', async () => {
    await using world = await startWorld();
    const whom = await former(world);
    world.org.turn({ integrationRights: 'read-only' });

    assertBlocked(await takeOver(world.target, whom), /may not set passwords.*allow/);
  });

  for (const passwordOfInactive of ['set', 'refused']) {
    test(`is not activated with the former password (of an inactive user: ${passwordOfInactive})`, async () => {
      await using world = await startWorld({ positions: { passwordOfInactive } });
      const whom = await former(world);
      await world.act('change-user', { username: OLD.username, active: false });
      const inactive = await read(world.target, whom.externalId, {});

      const locked = await takeOver(world.target, inactive);

      if (passwordOfInactive === 'set') written(locked);
      else assertBlocked(locked, /activate the user there/);
      await world.act('change-user', { username: OLD.username, active: true });
      assert.equal(await enters(world), passwordOfInactive === 'refused', 'an administrator activated it');
      written(await takeOver(world.target, await read(world.target, whom.externalId, {})));
      assert.equal(await enters(world), false);
    });
  }

  test('whom we made never had a password', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), SALES);
    world.forgetCalls();

    written(await world.target.create(atCreation(world.target, image), 'marker', budget()));

    assert.ok(!world.calls().some((call) => call.includes('password')));
  });
});
