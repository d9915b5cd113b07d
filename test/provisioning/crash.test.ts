import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { type Death, doomedProcesses } from '../support/doomed-process.ts';
import { mira, startWorld, type World } from './world.ts';

const die = doomedProcesses(new URL('./dying-process.ts', import.meta.url));

/** Signs in within another process, which is killed (SIGKILL) at its n-th step. */
function dieAt(world: World, killAt: number, person: Person, role: string): Promise<Death> {
  const order = {
    ...{ killAt, person, role, masterKey: world.masterKey },
    databaseUrl: world.database.url,
    storeUrl: world.sandbox.url('api.bigcommerce'),
    now: world.clock.now().toISOString(),
  };
  return die(order);
}

type Outcome = {
  readonly customers: readonly unknown[];
  readonly openSteps: number | undefined;
  readonly linked: boolean;
};

function outcomeOf(world: World, view: Awaited<ReturnType<World['provisioning']['accountOf']>>): Outcome {
  const customers = world.customers('mira@halden.example');
  return {
    customers: customers.map(({ id: _id, ...rest }) => ({
      ...{ group: rest.customer_group_id, channels: rest.channel_ids, last: rest.last_name },
    })),
    openSteps: view?.openSteps,
    linked: view?.externalId === String(customers[0]?.id),
  };
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    world.clock.advance(MINUTE);
    await world.jobs.runDue();
  }
}

type Scenario = {
  readonly name: string;
  readonly prepare: (world: World) => Promise<unknown>;
  readonly person: Person;
  readonly role: string;
  readonly end: Outcome;
};

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a first sign-in',
    prepare: async () => undefined,
    person: mira(),
    role: 'merchandiser',
    end: { customers: [{ group: 2, channels: [1], last: 'Lindqvist' }], openSteps: 0, linked: true },
  },
  {
    name: 'a sign-in with another role and name',
    prepare: async (world) => {
      await world.ensure(mira());
      await world.jobs.runDue();
    },
    person: mira({ familyName: 'Berg' }),
    role: 'content-editor',
    end: { customers: [{ group: 3, channels: [1], last: 'Berg' }], openSteps: 0, linked: true },
  },
];

for (const { name, prepare, person, role, end } of SCENARIOS) {
  test(`${name} that is killed at any step is finished by the queue alone`, async () => {
    for (let killAt = 0; ; killAt += 1) {
      await using world = await startWorld();
      await world.provisioning.prepareTargets();
      await prepare(world);
      const { steps, killed } = await dieAt(world, killAt, person, role);
      if (!killed) break;

      await settle(world);
      const view = await world.provisioning.accountOf('bc-emea', person.id);

      // Killed before anything was written down, nothing is owed; the next sign-in begins anew.
      if (steps.length > 1) assert.deepEqual(outcomeOf(world, view), end, `killed at ${steps.join(' > ')}`);
      assert.ok(world.customers('mira@halden.example').length <= 1);
    }
  });

  test(`${name} that is killed at any step is finished by the next sign-in`, async () => {
    let deaths = 0;
    for (let killAt = 0; ; killAt += 1) {
      await using world = await startWorld();
      await world.provisioning.prepareTargets();
      await prepare(world);
      const { steps, killed } = await dieAt(world, killAt, person, role);
      if (!killed) break;
      deaths += 1;

      world.clock.advance(MINUTE);
      const accesses = [{ relyingParty: 'store-emea', role }];
      const next = await world.ensure(person, { accesses });
      await settle(world);
      const view = await world.provisioning.accountOf('bc-emea', person.id);

      assert.equal(next.outcome, 'ready', `killed at ${steps.join(' > ')}`);
      assert.deepEqual(outcomeOf(world, view), end, `killed at ${steps.join(' > ')}`);
    }
    assert.ok(deaths >= 5, `only ${deaths} steps were tried`);
  });
}
