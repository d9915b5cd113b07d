import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { codeOf, type EngineWorld, picture, startEngine, TARGET } from './b2b-engine-world.ts';

const FAULTS: readonly (readonly [string, FaultInput])[] = [
  ['a lost reply', { kind: 'lost-reply' }],
  ['a 500', { kind: 'status', status: 500 }],
  ['a 429 without a word when to come back', { kind: 'rate-limited', headers: false }],
  ['a 429 that says when', { kind: 'rate-limited', headers: true, resetMs: 3_000 }],
  ['a maintenance page', { kind: 'html-503' }],
  ['a token that is revoked for a while', { kind: 'revoked-token' }],
];
const PLANS = [
  { name: 'a first sign-in of a buyer', before: [], after: ['purchasing'] },
  { name: 'a first sign-in of a super admin', before: [], after: ['account-manager'] },
  { name: 'a move to another company', before: ['purchasing'], after: ['fjord-buyer'] },
  { name: 'a buyer who becomes a super admin', before: ['approver'], after: ['account-manager'] },
  { name: 'a super admin with fewer companies', before: ['account-manager'], after: ['fjord-manager'] },
] as const;
const HOSTS = ['api.bigcommerce.localhost', 'api-b2b.bigcommerce.localhost'];

async function settled(world: EngineWorld, person: Person, roles: readonly string[]): Promise<unknown> {
  for (let round = 0; round < 4; round += 1) await world.pass(MINUTE);
  const last = await world.ensure(person, ...roles);
  assert.equal(codeOf(last), 'ready');
  assert.equal((await world.provisioning.accountOf(TARGET, person.id))?.openSteps, 0);
  return picture(world, person);
}

for (const { name, before, after } of PLANS) {
  suite(name, () => {
    const start = async (world: EngineWorld): Promise<Person> => {
      const person = world.b2b.person();
      if (before.length > 0) assert.equal(codeOf(await world.ensure(person, ...before)), 'ready');
      return person;
    };

    test('every fault of every kind of write ends as without any', async () => {
      await using world = await startEngine();
      const expected = await settled(world, await start(world), after);
      for (const host of HOSTS) {
        for (const method of ['POST', 'PUT', 'DELETE']) {
          for (const [fault, input] of FAULTS) {
            const person = await start(world);
            world.b2b.store.fail({ ...input, times: 1, match: { method, host } });
            const hit = await world.ensure(person, ...after);
            world.b2b.store.fail();

            const found = await settled(world, person, after);

            assert.deepEqual(found, expected, `${method} ${host} met ${fault}, which gave ${codeOf(hit)}`);
          }
        }
      }
    });

    test('a process that dies at any step leaves nothing behind that the next one does not mend', async () => {
      await using world = await startEngine();
      const expected = await settled(world, await start(world), after);
      for (let killAt = 1; ; killAt += 1) {
        const person = await start(world);
        let count = 0;
        await using dying = await world.open(() => {
          count += 1;
          if (count >= killAt) throw new Error('killed');
        });
        const died = await dying.provisioning.ensureAccount(world.request(person, ...after)).then(
          () => false,
          () => true,
        );

        const found = await settled(world, person, after);

        assert.deepEqual(found, expected, `killed at step ${killAt}`);
        if (!died) break;
      }
    });
  });
}
