import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { background, startIconik } from './iconik-world.ts';

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

test('a search that answers with more than was asked nominates nobody else', async () => {
  await using world = await startIconik();
  const person = world.person();
  const { externalId: id } = await world.create(person, 'editor');
  const user = { first_name: 'Eve', type: 'POWER', status: 'ACTIVE' };
  const objects = [
    { ...user, id, email: `x${person.mail}` },
    { ...user, id, email: `${person.mail}.evil.example` },
    { ...user, id, email: (person.mail ?? '').toUpperCase() },
  ];
  world.iconik.fail({ kind: 'status', status: 200, body: { objects }, match: { method: 'GET' } });

  const answer = await world.target.findCandidates(world.desire(person, 'editor'), background());

  assert.ok(answer.outcome === 'read');
  assert.deepEqual(
    answer.accounts.map(({ image }) => image['mail']),
    [(person.mail ?? '').toUpperCase()],
  );
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
