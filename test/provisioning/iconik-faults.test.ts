import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, MINUTE } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { codeOf, type EngineWorld, PROJECTS, startEngine } from './iconik-engine-world.ts';
import { ravi, type WorldOptions } from './iconik-world.ts';

const TEAM_ROLES = {
  producer: { type: 'POWER', teams: ['Producers', 'Editors'], roleGroups: ['Producing'] },
  reviewer: { type: 'BROWSE_ONLY', teams: ['Reviewers'], roleGroups: ['Browsing'] },
};

/** Every write of a plan meets every fault; afterwards all is as if nothing had happened. */
const FAULTS: readonly (readonly [string, FaultInput])[] = [
  ['a lost reply', { kind: 'lost-reply' }],
  ['a 500', { kind: 'status', status: 500 }],
  ['a 429 without a word when to come back', { kind: 'rate-limited', headers: false }],
  ['a 429 that says when', { kind: 'rate-limited', headers: true, resetMs: 3_000 }],
  ['a maintenance page', { kind: 'html-503' }],
  ['a token that is revoked for a while', { kind: 'revoked-token' }],
  ['no answer', { kind: 'hold' }],
];
type Plan = {
  readonly name: string;
  readonly options: WorldOptions;
  readonly before: readonly string[];
  readonly after: readonly string[];
};
const PLANS: readonly Plan[] = [
  { name: 'a creation with projects', options: { roles: PROJECTS }, before: [], after: ['emea', 'campaign'] },
  { name: 'a move to other groups', options: {}, before: ['producer'], after: ['reviewer', 'editor'] },
  {
    name: 'the end of a project',
    options: { roles: PROJECTS },
    before: ['emea', 'campaign'],
    after: ['emea'],
  },
  {
    ...{ name: 'a move to other teams', before: ['producer'], after: ['reviewer'] },
    options: { roles: TEAM_ROLES, positions: { accessModel: 'teams' } },
  },
];
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof WRITES)[number];

/** Who is where and may do what, without ids and dates. */
function picture(world: EngineWorld, { mail }: Person): unknown {
  const { users, acl } = world.iconik.state();
  const own = users.filter(({ email }) => email === mail);
  const rows = acl.filter(({ who }) => own.some(({ id }) => id === who));
  return {
    users: own.map(({ type, status, groups, primary_group, role_groups }) => ({
      ...{ type, status, primary_group, role_groups, groups: [...groups].sort() },
    })),
    rows: rows
      .map(
        ({ object_type, object_key, permissions }) =>
          `${object_type} ${object_key} ${[...permissions].sort()}`,
      )
      .sort(),
  };
}

async function settled(world: EngineWorld, person: Person, roles: readonly string[]): Promise<unknown> {
  const openSteps = async (): Promise<number | undefined> =>
    (await world.provisioning.accountOf('iconik-halden', person.id))?.openSteps;
  for (let round = 0; round < 4 && (round === 0 || (await openSteps()) !== 0); round += 1) {
    await world.pass(MINUTE);
  }
  const last = await world.ensure(person, ...roles);
  assert.equal(codeOf(last), 'ready');
  assert.equal(await openSteps(), 0);
  return picture(world, person);
}

// Every test has a domain and a database of its own; most of the time is waiting for what never comes.
suite('faults of iconik', { concurrency: 4 }, () => {
  for (const { name, options, before, after } of PLANS) {
    suite(name, { concurrency: true }, () => {
      test('every fault of every kind of write ends as without any', async () => {
        await using world = await startEngine(options);
        const start = async (): Promise<Person> => {
          const person = ravi({ mail: `p${Math.random().toString(36).slice(2)}@halden.example` });
          if (before.length > 0) await world.ensure(person, ...before);
          return person;
        };
        const calm = await start();
        world.iconik.forgetCalls();
        await world.ensure(calm, ...after);
        const sent = new Set(world.iconik.iconik.calls.list().map(({ method }) => method));
        const expected = await settled(world, calm, after);
        for (const method of WRITES.filter((each): each is Method => sent.has(each))) {
          for (const [fault, input] of FAULTS) {
            const person = await start();
            world.iconik.iconik.fail({ ...input, times: 1, match: { method } });
            const hit = await world.provisioning.ensureAccount({
              ...world.request(person, ...after),
              budgetMs: input.kind === 'hold' ? 500 : 5_000,
            });
            world.iconik.iconik.fail();

            const found = await settled(world, person, after);

            assert.deepEqual(found, expected, `${method} met ${fault}, which gave ${codeOf(hit)}`);
          }
        }
      });

      test('a process that dies at any step leaves nothing behind that the next one does not mend', async () => {
        await using world = await startEngine(options);
        const calm = ravi({ mail: 'calm@halden.example' });
        if (before.length > 0) await world.ensure(calm, ...before);
        await world.ensure(calm, ...after);
        const expected = await settled(world, calm, after);
        for (let killAt = 1; ; killAt += 1) {
          const person = ravi({ mail: `dying-${killAt}@halden.example` });
          if (before.length > 0) await world.ensure(person, ...before);
          let count = 0;
          await using dying = await world.open({
            onStep: () => {
              count += 1;
              if (count >= killAt) throw new Error('killed');
            },
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

  suite('the end of access', { concurrency: true }, () => {
    // Nobody answering at all takes the queue ten seconds; a lost reply is the same to it, and quicker.
    for (const [fault, input] of FAULTS.filter(([, { kind }]) => kind !== 'hold')) {
      test(`${fault} at any write of the ladder ends as without any`, async () => {
        const settings = { ladder: { leaveGroups: '1d' } };
        await using world = await startEngine({ roles: PROJECTS, settings });
        const methods: readonly (Method | undefined)[] = [undefined, 'PATCH', 'DELETE'];
        const pictures: unknown[] = [];
        for (const method of methods) {
          const person = ravi();
          const mail = `${method ?? 'calm'}@halden.example`;
          await world.ensure({ ...person, mail }, 'emea', 'campaign');
          await world.end(person);
          if (method) world.iconik.iconik.fail({ ...input, times: 1, match: { method } });
          await world.pass(0);
          await world.pass(DAY + MINUTE);
          world.iconik.iconik.fail();
          for (let round = 0; round < 5; round += 1) await world.pass(10 * MINUTE);
          pictures.push(picture(world, { ...person, mail }));
        }

        const [calm, ...others] = pictures;
        assert.deepEqual(calm, {
          users: [
            {
              ...{ type: 'STANDARD', status: 'INACTIVE', role_groups: [] },
              ...{ primary_group: 'Reviewers', groups: ['Reviewers'] },
            },
          ],
          rows: [],
        });
        for (const other of others) assert.deepEqual(other, calm);
      });
    }
  });
});
