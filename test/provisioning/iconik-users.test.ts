import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '../../src/model/index.ts';
import type { UpdateRequest, WriteAnswer } from '../../src/provisioning/connector.ts';
import { accessOf, background, type IconikWorld, startIconik, written } from './iconik-world.ts';

const YEAR = new Date('2026-12-31T23:00:00Z');

test('a new user has type, names, groups, primary group and our marks after one request', async () => {
  await using world = await startIconik();
  const person = world.person();
  world.forgetCalls();

  await world.create(person, 'editor');

  const user = world.user(person.mail ?? '');
  assert.deepEqual(world.calls(), ['POST /users/v1/users/']);
  assert.deepEqual([user.type, user.status, user.primary_group], ['STANDARD', 'ACTIVE', 'Editors']);
  assert.deepEqual([...user.groups].sort(), ['Editors', 'Media EMEA']);
  assert.deepEqual(user.metadata, { vestibule: { person: person.id, marker: 'marker' } });
});

test('several roles add up; the first of the configuration decides type and primary group', async () => {
  await using world = await startIconik();

  const image = world.desire(world.person(), 'reviewer', 'editor');

  assert.deepEqual([image['type'], image['primaryGroup']], ['STANDARD', 'Editors']);
  assert.deepEqual(image['groups'], ['Media EMEA', 'Reviewers']);
});

const REFUSED: readonly (readonly [string, Partial<Person>, string])[] = [
  ['no mail address', { mail: '' }, 'provisioning.mail_missing'],
  ['two addresses in one', { mail: 'a@halden.example,b@halden.example' }, 'provisioning.mail_invalid'],
  [
    'an address with a line break',
    { mail: 'a@halden.example\r\nBcc: x@y.example' },
    'provisioning.mail_invalid',
  ],
  [
    'an address of 251 characters',
    { mail: `${'a'.repeat(236)}@halden.example` },
    'provisioning.mail_invalid',
  ],
  ['an address without a domain', { mail: 'mira@halden' }, 'provisioning.mail_invalid'],
];
for (const [name, change, code] of REFUSED) {
  test(`a person with ${name} is refused before anything is sent`, async () => {
    await using world = await startIconik({ prepare: false });

    const answer = world.target.desire(world.person(change), [accessOf('editor')]);

    assert.equal(answer.outcome === 'refused' && answer.code, code);
  });
}

test('a role without a meaning is a refusal, and so is none', async () => {
  await using world = await startIconik({ roles: { plain: {} }, prepare: false });
  const person = world.person();

  const unmapped = world.target.desire(person, [accessOf('plain')]);
  const unknown = world.target.desire(person, [accessOf('nobody-declared-this')]);
  const none = world.target.desire(person, []);

  assert.deepEqual(
    [unmapped, unknown, none].map((answer) => answer.outcome === 'refused' && answer.code),
    ['provisioning.role_unmapped', 'provisioning.role_unmapped', 'provisioning.no_access'],
  );
});

test('names that the directory lacks are made up from what it has; hostile ones are cut and tidied', async () => {
  await using world = await startIconik({ prepare: false });
  const {
    givenName: _given,
    familyName: _family,
    displayName: _name,
    login: _login,
    ...bare
  } = world.person();

  const fromMail = world.target.desire({ ...bare, mail: 'jo@halden.example' }, [accessOf('editor')]);
  const hostile = world.target.desire(
    { ...bare, givenName: `\u0000${'é'.repeat(300)}`, familyName: ' a\n b ' },
    [accessOf('editor')],
  );

  assert.ok(fromMail.outcome === 'desired' && hostile.outcome === 'desired');
  assert.deepEqual([fromMail.image['firstName'], fromMail.image['lastName']], ['jo', '']);
  assert.equal(String(hostile.image['firstName']).length, 100);
  assert.equal(hostile.image['lastName'], 'a b');
});

const EXTERNAL = {
  agency: { type: 'BROWSE_ONLY', groups: ['Reviewers'], external: true },
  staff: { type: 'STANDARD', groups: ['Editors'] },
};

test('people from outside need an end, and their mark and end stand in every list', async () => {
  await using world = await startIconik({ roles: EXTERNAL });
  const person = world.person();

  const endless = world.target.desire(person, [accessOf('agency')]);
  const image = world.desire(person, accessOf('agency', YEAR));
  await world.target.create(image, 'marker', background());
  const page = await world.target.list?.(undefined, background());

  assert.ok(endless.outcome === 'refused' && /has no end/.test(endless.detail));
  assert.ok(page?.outcome === 'listed');
  const listed = page.accounts.find(({ image: each }) => each['mail'] === person.mail);
  assert.deepEqual([listed?.image['external'], listed?.image['until']], ['yes', YEAR.toISOString()]);
});

test('who becomes staff loses the mark, and other people’s metadata stays', async () => {
  await using world = await startIconik({ roles: EXTERNAL });
  const person = world.person();
  const image = world.desire(person, accessOf('agency', YEAR));
  const account = written(await world.target.create(image, 'marker', background()));
  const record = world.user(person.mail ?? '') as { metadata: Record<string, unknown> };
  record.metadata['badge'] = { number: 7 };
  await patchMetadata(world, account.externalId, record.metadata);

  await world.apply(account, world.desire(person, 'staff'));

  assert.deepEqual(world.user(person.mail ?? '').metadata, {
    badge: { number: 7 },
    vestibule: { person: person.id, marker: 'marker' },
  });
});

/** Somebody else writes into the free-form field. */
async function patchMetadata(world: IconikWorld, id: string, metadata: object): Promise<void> {
  assert.equal(await world.call('PATCH', `/users/v1/users/${id}/`, { metadata }), 200);
}

test('a user who carries the person’s own id is ours; one with another’s is not', async () => {
  await using world = await startIconik();
  const person = world.person();
  await world.create(person, 'editor');

  const own = await world.target.findCandidates(world.desire(person, 'editor'), background());
  const other = await world.target.findCandidates(
    world.desire(world.person({ mail: person.mail ?? '' }), 'editor'),
    background(),
  );

  assert.ok(own.outcome === 'read' && own.accounts[0]?.ours === true);
  assert.ok(other.outcome === 'read' && other.accounts[0]?.ours === undefined);
});

test('metadata in any other form is nobody’s mark', async () => {
  await using world = await startIconik();
  const person = world.person();
  const { externalId } = await world.create(person, 'editor');
  for (const vestibule of ['x', 7, [], { person: 7, marker: { a: 1 } }, null]) {
    await patchMetadata(world, externalId, { vestibule });

    const answer = await world.target.findCandidates(world.desire(person, 'editor'), background());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual([answer.accounts[0]?.ours, answer.accounts[0]?.marker], [undefined, undefined]);
  }
});

test('an existing user who is taken over gets a random password first', async () => {
  await using world = await startIconik();
  const person = world.person({ mail: 'elin@halden.example' });
  const image = world.desire(person, 'editor');
  const found = await world.target.findCandidates(image, background());
  const account = (found.outcome === 'read' && found.accounts[0]) || assert.fail();
  const request: UpdateRequest = {
    ...{
      externalId: account.externalId,
      call: 'groups',
      changes: {},
      current: account.image,
      desired: image,
    },
    ...{ marker: 'm', refs: {}, takeOver: true },
  };
  world.forgetCalls();

  const answer = await world.target.update(request, background());

  assert.equal(answer.outcome, 'written');
  assert.match(world.calls()[0] ?? '', /^PATCH \/users\/v1\/users\//);
  const { users } = world.iconik.state() as { users: { email: string; password_changed: string | null }[] };
  assert.ok(users.find(({ email }) => email === person.mail)?.password_changed);
});

test('a changed mail address is written before entry; one that is taken keeps the door shut', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'editor');

  const moved = await world.apply(
    account,
    world.desire({ ...person, mail: 'new-name@halden.example' }, 'editor'),
  );
  const taken = await world.apply(
    account,
    world.desire({ ...person, mail: 'jonah@halden.example' }, 'editor'),
  );

  assert.equal(world.target.fields['mail']?.kind, 'exclusive');
  assert.deepEqual(
    moved.answers.map(({ outcome }) => outcome),
    ['written'],
  );
  assert.deepEqual(
    taken.answers.map(({ outcome }) => outcome),
    ['duplicate'],
  );
});

test('an address that is taken and shown by no list yet is looked at again, and no second user is made', async () => {
  await using world = await startIconik({ positions: { indexLagSeconds: 5 } });
  const person = world.person();
  await world.create(person, 'editor');
  const image = world.desire(person, 'editor');

  const early = await world.target.create(image, 'other', background());
  world.clock.advance(5_000);
  const later = await world.target.create(image, 'other', background());

  assert.ok(
    early.outcome === 'unavailable' && early.code === 'provisioning.reply_lost' && early.maybeApplied,
  );
  assert.equal(later.outcome, 'duplicate');
  assert.equal(world.state().users.filter(({ email }) => email === person.mail).length, 1);
});

test('an address that a deleted user keeps is taken for good', async () => {
  await using world = await startIconik({ positions: { deletedUser: 'kept', deletedMail: 'stays-taken' } });
  const person = world.person();
  await world.create(person, 'editor');
  world.act('change-user', { email: person.mail, status: 'DELETED' });

  const answer = await world.target.create(world.desire(person, 'editor'), 'other', background());

  assert.equal(answer.outcome, 'duplicate');
});

test('a record that says DELETED is no account', async () => {
  await using world = await startIconik({ positions: { deletedUser: 'kept' } });
  const person = world.person();
  const { externalId } = await world.create(person, 'editor');
  world.act('change-user', { email: person.mail, status: 'DELETED' });

  const answer = await world.target.findById(externalId, {}, {}, background());

  assert.deepEqual(answer, { outcome: 'read', accounts: [] });
});

test('somebody who must accept an invitation first is blocked with clear words until then', async () => {
  await using world = await startIconik();
  const person = world.person({ mail: 'freelancer@elsewhere.example' });
  world.act('add-foreign-person', { email: person.mail });
  const image = world.desire(person, 'editor');

  const account = await world.create(person, 'editor');
  const early = await world.apply(account, image);
  const found = await world.target.findCandidates(image, background());
  world.act('accept-invitation', { email: person.mail });
  const later = await world.apply(account, image);

  assert.match(reasonOf(early.answers.at(-1)), /invitation/);
  assert.equal(found.outcome === 'read' && found.accounts[0]?.refs['invited'], 'yes');
  assert.deepEqual(later.answers, []);
  assert.equal(later.account.refs['invited'], '');
});

test('who was invited once and then ended is made active again like anybody', async () => {
  await using world = await startIconik();
  const person = world.person({ mail: 'freelancer@elsewhere.example' });
  world.act('add-foreign-person', { email: person.mail });
  const account = await world.create(person, 'editor');
  world.act('accept-invitation', { email: person.mail });
  const { account: settled } = await world.apply(account, world.desire(person, 'editor'));
  world.clock.advance(60_000);
  await world.apply(settled, { status: 'INACTIVE' });

  const { answers } = await world.apply(settled, world.desire(person, 'editor'));

  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['written'],
  );
  assert.equal(world.user(person.mail ?? '').status, 'ACTIVE');
});

test('an address that another domain does not share is blocked with clear words', async () => {
  await using world = await startIconik({ positions: { foreignPerson: 'refused' } });
  const person = world.person();
  world.act('add-foreign-person', { email: person.mail });

  const answer = await world.target.create(world.desire(person, 'editor'), 'marker', background());

  assert.match(reasonOf(answer), /another iconik account/);
});

test('a domain without a free seat says so instead of failing', async () => {
  await using world = await startIconik({ positions: { maxPowerUsers: 1 } });

  const answer = await world.target.create(world.desire(world.person(), 'producer'), 'marker', background());

  assert.match(reasonOf(answer), /no seat/);
});

test('whom somebody blocked in iconik stays blocked, and counts as ended when access is over', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'editor');
  world.act('change-user', { email: person.mail, status: 'BLOCKED' });

  const back = await world.apply(account, world.desire(person, 'editor'));
  const ended = await world.apply(account, { status: 'INACTIVE' });

  assert.match(reasonOf(back.answers.at(-1)), /BLOCKED/);
  assert.deepEqual(ended.answers, []);
  assert.equal(world.user(person.mail ?? '').status, 'BLOCKED');
});

test('onBlocked: reactivate puts the directory above that', async () => {
  await using world = await startIconik({ settings: { onBlocked: 'reactivate' } });
  const person = world.person();
  const account = await world.create(person, 'editor');
  world.act('change-user', { email: person.mail, status: 'BLOCKED' });

  await world.apply(account, world.desire(person, 'editor'));

  assert.equal(world.user(person.mail ?? '').status, 'ACTIVE');
});

test('administrators are neither found nor changed, and our own user never is', async () => {
  await using world = await startIconik();
  const managing = world.open({ settings: { administrators: 'managed' } });
  await managing.prepare(background());
  const grit = world.person({ mail: 'grit@halden.example' });
  const own = world.person({ mail: 'vestibule@halden.example' });

  const found = [];
  for (const target of [world.target, managing]) {
    for (const person of [grit, own]) {
      const answer = await target.findCandidates(world.desire(person, 'editor'), background());
      found.push(answer.outcome === 'read' ? answer.accounts.length : -1);
    }
  }
  const taken = await world.target.create(world.desire(grit, 'editor'), 'm', background());

  assert.deepEqual(found, [0, 0, 1, 0]);
  assert.equal(taken.outcome, 'duplicate');
});

test('an account that became an administrator is left alone, with words for a task', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'producer');
  world.act('change-user', { email: person.mail, admin: true });
  world.forgetCalls();

  const { answers } = await world.apply(account, { status: 'INACTIVE' });

  assert.match(reasonOf(answers[0]), /administrator/);
  assert.ok(world.calls().every((call) => call.startsWith('GET ')));
});

test('the user behind our credentials cannot be deactivated, whoever is linked to it', async () => {
  await using world = await startIconik({ settings: { administrators: 'managed' } });
  const own = world.state().users.find(({ email }) => email === 'vestibule@halden.example') ?? assert.fail();

  const answer = await world.target.update(
    {
      ...{ externalId: own.id, call: 'user', changes: { status: 'INACTIVE' }, current: {}, desired: {} },
      ...{ marker: 'm', refs: {}, takeOver: false },
    },
    background(),
  );

  assert.match(reasonOf(answer), /our own credentials/);
});

test('the ladder makes inactive at once, and later leaves every group but the primary one', async () => {
  await using world = await startIconik({ settings: { ladder: { leaveGroups: '7d' } } });
  const person = world.person();
  const account = await world.create(person, 'producer');
  const [first, second] = world.target.ladder;

  await world.apply(account, first?.image ?? assert.fail());
  const afterFirst = world.user(person.mail ?? '');
  await world.apply(account, { ...first?.image, ...second?.image });
  const afterSecond = world.user(person.mail ?? '');
  await world.apply(account, world.desire(person, 'producer'));
  const returned = world.user(person.mail ?? '');

  assert.deepEqual([first?.afterMs, second?.afterMs], [0, 7 * 86_400_000]);
  assert.deepEqual([afterFirst.status, afterFirst.groups.length], ['INACTIVE', 2]);
  assert.deepEqual([afterSecond.status, afterSecond.groups], ['INACTIVE', ['Producers']]);
  assert.deepEqual([returned.status, [...returned.groups].sort()], ['ACTIVE', ['Editors', 'Producers']]);
});

function reasonOf(answer: WriteAnswer | undefined): string {
  return answer?.outcome === 'blocked' ? (answer.reasons[0] ?? '') : `not blocked: ${JSON.stringify(answer)}`;
}
