import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import { codeOf, PROJECTS, startEngine } from './iconik-engine-world.ts';
import { ravi } from './iconik-world.ts';

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

test('only the first step of an adoption takes over: the password is replaced once, and never again', async () => {
  const updates: (readonly [call: string, takeOver: boolean])[] = [];
  await using world = await startEngine({
    settings: { onExisting: 'adopt' },
    onUpdate: ({ call, takeOver }) => updates.push([call, takeOver]),
  });
  const person = ravi({ mail: 'elin@halden.example' });
  const request = { ...world.request(person, 'reviewer'), trustedMailDomains: ['halden.example'] };
  world.iconik.iconik.fail({ kind: 'status', status: 500, match: { method: 'POST' }, times: 1 });

  const broken = await world.provisioning.ensureAccount(request);
  const result = await world.provisioning.ensureAccount(request);
  await world.pass(MINUTE);
  await world.ensure(person, 'editor');

  assert.notEqual(codeOf(broken), 'ready');
  assert.equal(codeOf(result), 'ready');
  const [first, again, ...others] = updates;
  assert.deepEqual(
    [first, again],
    [
      ['groups', true],
      ['groups', true],
    ],
    'the one that broke is made anew',
  );
  assert.ok(others.length >= 3, 'type, marks and the change of role followed');
  assert.ok(others.every(([, takeOver]) => !takeOver));
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
