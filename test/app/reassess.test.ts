import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAgainAt, reassessJob, reassessPeople } from '../../src/app/reassess.ts';
import { addMs, DAY, HOUR, newId } from '../../src/base/index.ts';
import type { KnownPerson } from '../../src/directory/index.ts';
import type { Decision } from '../../src/model/index.ts';
import { createJobs, migrations } from '../../src/platform/jobs/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createReconcile } from '../../src/reconcile/index.ts';
import { createRegistry } from '../../src/relying-parties/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// R3.1: what ends is closed at that instant, whatever else had the person looked at before.

const shop = {
  ...{ id: 'shop', kind: 'shop', title: 'Shop', description: '', enabled: true, hidden: false, scopes: [] },
  ...{ access: {}, roles: [], target: 'bc' },
};
const person: KnownPerson['person'] = { id: newId('per'), status: 'active', groups: [], attributes: {} };

async function openWorld() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const { db, listen } = stack.use(await createTestDatabase(migrations));
  const jobs = createJobs({ db, listen, clock, log: silentLog });
  const ends = addMs(clock.now(), 30 * DAY);
  const allow: Decision = {
    ...{ outcome: 'allow', facts: [] },
    entitlement: { relyingParty: 'shop', scopes: [], roles: [{ id: 'reader', because: ['rule r'] }], ends },
  };
  const reason = { kind: 'rule', about: 'rule r', effect: 'closes', text: 'Over.' } as const;
  const over: Decision = { outcome: 'deny', code: 'policy.ended', reason, facts: [reason] };
  const state = { isBusy: false, ended: 0, queued: 0 };
  const reconcile = createReconcile({
    policy: {
      decide: ({ now }) => (now < ends ? allow : over),
      decideAll: ({ now }) => new Map([['shop', now < ends ? allow : over]]),
    },
    accounts: {
      ensureAccount: async () => ({ outcome: 'ready', accountId: newId('acc'), externalId: '1', calls: 0 }),
      queueAccount: async () => {
        state.queued += 1;
        return { outcome: state.isBusy ? 'busy' : 'queued' };
      },
      endAccess: async () => {
        state.ended += 1;
        return true;
      },
    },
    registry: createRegistry({
      relyingParties: [shop],
      targets: [{ id: 'bc', kind: 'k', settings: {} }],
    }),
    othersBeside: async () => [],
    lookAgainAt: lookAgainAt(db, jobs),
    trustedMailDomainsOf: () => [],
  });
  const directory = {
    async *people() {
      yield { person, connection: 'otds', others: [] };
    },
  };
  jobs.register(reassessPeople({ directory, reconcile, clock }));
  const identity = {
    ...{ id: newId('idn'), connection: 'otds', issuer: 'https://otds.example', amr: [] },
    ...{ authTime: clock.now(), confirmedAt: clock.now() },
  };
  return {
    ...{ clock, state },
    enter: () => reconcile.apply({ person, identity }, shop, newId('lgn'), clock.now()),
    change: () => jobs.enqueue(db, reassessJob(person.id, newId('lgn'))),
    pass: async (ms: number) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('an end is kept although something else has the person looked at before it', async () => {
  await using world = await openWorld();
  await world.enter();
  await world.change();
  await world.pass(HOUR);

  await world.pass(30 * DAY);

  assert.equal(world.state.ended, 1);
});

test('an account that somebody works on is looked at again in a moment, and not only at its end', async () => {
  await using world = await openWorld();
  world.state.isBusy = true;
  await world.change();
  await world.pass(0);
  world.state.isBusy = false;

  await world.pass(HOUR);

  assert.equal(world.state.queued, 2);
});
