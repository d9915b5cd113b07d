import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '../../src/model/index.ts';
import type { UpdateRequest } from '../../src/provisioning/connector/connector.ts';
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

  assert.equal(endless.outcome === 'refused' && endless.code, 'provisioning.end_missing');
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
