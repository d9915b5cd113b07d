import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { EnsuredAccount } from '../../src/provisioning/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { type EngineWorld, startEngine } from './iconik-engine-world.ts';
import { ravi, type WorldOptions } from './iconik-world.ts';

const codeOf = (result: EnsuredAccount): string => (result.outcome === 'ready' ? 'ready' : result.code);

test('a first sign-in costs two requests, an unchanged one none, and a look an hour costs one', async () => {
  await using world = await startEngine({ settings: { confirmMaxAge: '1h' } });
  const person = ravi();

  const first = await world.ensure(person, 'editor');
  const second = await world.ensure(person, 'editor');
  world.iconik.clock.advance(HOUR + MINUTE);
  const third = await world.ensure(person, 'editor');

  assert.deepEqual([first, second, third].map(codeOf), ['ready', 'ready', 'ready']);
  assert.deepEqual([first.calls, second.calls, third.calls], [2, 0, 1]);
});

test('fifty parallel first sign-ins make one user', async () => {
  await using world = await startEngine();
  const person = ravi();

  const results = await Promise.all(Array.from({ length: 50 }, () => world.ensure(person, 'editor')));

  assert.ok(results.some(({ outcome }) => outcome === 'ready'));
  assert.equal(world.iconik.state().users.filter(({ email }) => email === person.mail).length, 1);
});

test('a leaver is inactive within the first run of the queue, loses groups later, and comes back whole', async () => {
  await using world = await startEngine({ settings: { ladder: { leaveGroups: '7d' } } });
  const person = ravi();
  await world.ensure(person, 'producer');
  const user = (): readonly unknown[] => {
    const { status, groups } = world.iconik.user(person.mail ?? '');
    return [status, [...groups].sort()];
  };

  await world.end(person);
  await world.pass(0);
  const atOnce = user();
  await world.pass(7 * DAY + MINUTE);
  const later = user();
  const back = await world.ensure(person, 'producer');

  assert.deepEqual(atOnce, ['INACTIVE', ['Editors', 'Producers']]);
  assert.deepEqual(later, ['INACTIVE', ['Producers']]);
  assert.equal(codeOf(back), 'ready');
  assert.deepEqual(user(), ['ACTIVE', ['Editors', 'Producers']]);
});

test('one project of two ends: its permissions go, the other and the account stay (S33, S34)', async () => {
  await using world = await startEngine({ roles: PROJECTS });
  const person = ravi();
  await world.ensure(person, 'emea', 'campaign');
  const both = await world.iconik.sees(person.mail ?? '');

  const result = await world.ensure(person, 'emea');

  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(both, ['Brand library', 'EMEA', 'EMEA raw material', 'Summer campaign']);
  assert.deepEqual(await world.iconik.sees(person.mail ?? ''), [
    'Brand library',
    'EMEA',
    'EMEA raw material',
  ]);
});

test('a changed mapping takes permissions and groups away, though no role names them any more', async () => {
  await using world = await startEngine({ roles: PROJECTS });
  const person = ravi();
  await world.ensure(person, 'campaign');
  await using changed = await world.open({
    roles: {
      campaign: {
        ...{ type: 'STANDARD', groups: ['Editors'] },
        projects: [{ collection: 'EMEA', permissions: ['read'] }],
      },
    },
  });
  await changed.provisioning.prepareTargets({ force: true });

  const result = await changed.provisioning.ensureAccount(world.request(person, 'campaign'));

  const { groups } = world.iconik.user(person.mail ?? '');
  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(groups, ['Editors']);
  assert.ok(!(await world.iconik.sees(person.mail ?? '')).includes('Summer campaign'));
});

test('what somebody changed by hand is put back, and a group beside our roles is left', async () => {
  await using world = await startEngine({ settings: { confirmMaxAge: '1h' } });
  const person = ravi();
  await world.ensure(person, 'editor');
  world.iconik.act('change-user', {
    ...{ email: person.mail, type: 'POWER' },
    ...{ groups: ['Editors', 'Media EMEA', 'Producers', 'Media NA'], primaryGroup: 'Producers' },
  });

  world.iconik.clock.advance(2 * HOUR);
  await world.ensure(person, 'editor');

  const { type, groups, primary_group } = world.iconik.user(person.mail ?? '');
  assert.deepEqual([type, primary_group], ['STANDARD', 'Editors']);
  assert.deepEqual([...groups].sort(), ['Editors', 'Media EMEA', 'Media NA']);
});

test('an existing user is nobody’s to take without policy', async () => {
  await using world = await startEngine();

  const result = await world.ensure(ravi({ mail: 'elin@halden.example' }), 'editor');

  assert.equal(codeOf(result), 'provisioning.mail_taken');
});

test('adopted as policy says, a user has a new password, our marks and the groups of the role', async () => {
  await using world = await startEngine({ settings: { onExisting: 'adopt' } });
  const person = ravi({ mail: 'elin@halden.example' });
  const request = { ...world.request(person, 'reviewer'), trustedMailDomains: ['halden.example'] };

  const result = await world.provisioning.ensureAccount(request);
  await world.pass(MINUTE);

  const user = world.iconik.user('elin@halden.example');
  assert.equal(codeOf(result), 'ready');
  assert.equal(user.primary_group, 'Reviewers');
  assert.equal((user.metadata as { vestibule: { person: string } }).vestibule.person, person.id);
});

test('somebody with an invitation waits for it behind a task, and gets in when it is accepted', async () => {
  await using world = await startEngine();
  const person = ravi({ mail: 'freelancer@elsewhere.example' });
  world.iconik.act('add-foreign-person', { email: person.mail });

  const early = await world.ensure(person, 'editor');
  const tasks = await world.provisioning.tasks();
  world.iconik.act('accept-invitation', { email: person.mail });
  const later = await world.ensure(person, 'editor');

  assert.equal(codeOf(early), 'provisioning.blocked');
  assert.match(JSON.stringify(tasks.map(({ detail }) => detail)), /invitation/);
  assert.equal(codeOf(later), 'ready');
});

test('an import finds everybody once and links who carries our id', async () => {
  await using world = await startEngine();
  const person = ravi();
  await world.ensure(person, 'editor');
  const people = { idOf: () => undefined, byId: async () => undefined, withMail: async () => [] };
  const thread = world.request(person, 'editor').thread;

  const first = await world.provisioning.importAccounts('iconik-halden', people, { thread });
  const second = await world.provisioning.importAccounts('iconik-halden', people, { thread });

  assert.deepEqual([first.linked, first.created], [1, 3]);
  assert.deepEqual([second.created, second.linked], [0, 0]);
});

const PROJECTS = {
  emea: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection: 'EMEA', permissions: ['read'] }],
  },
  campaign: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection: 'Summer campaign', permissions: ['read', 'write'] }],
  },
};
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
  for (let round = 0; round < 4; round += 1) await world.pass(MINUTE);
  const last = await world.ensure(person, ...roles);
  assert.equal(codeOf(last), 'ready');
  assert.equal((await world.provisioning.accountOf('iconik-halden', person.id))?.openSteps, 0);
  return picture(world, person);
}

for (const { name, options, before, after } of PLANS) {
  suite(name, () => {
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
            budgetMs: 700,
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

suite('the end of access', () => {
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
