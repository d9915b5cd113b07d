import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMs, HOUR, MINUTE, newId } from '../../src/base/index.ts';
import { openRoom } from './room.ts';

// A person proves again who they are: the same session under a new token (R1.5, R2.1).

test('the former token is void, the new one opens the same session', async () => {
  await using room = await openRoom();
  const wanted = room.wanted();
  const before = await room.sessions.open(wanted);
  room.clock.advance(MINUTE);

  const renewed = await room.sessions.renew(before.session, room.wanted({ authTime: room.clock.now() }));

  assert.equal(renewed?.session.id, before.session.id);
  assert.notEqual(renewed?.token, before.token);
  assert.equal(await room.sessions.find(before.token), undefined);
  assert.equal((await room.sessions.find(renewed?.token ?? ''))?.id, before.session.id);
  assert.equal((await room.sessions.byId(before.session.id))?.authTime.getTime(), room.clock.now().getTime());
});

test('what was entered before is still listed when it ends', async () => {
  await using room = await openRoom();
  const wanted = room.wanted();
  const { session } = await room.sessions.open(wanted);
  await room.sessions.enter(session, 'store-emea');
  const renewed = await room.sessions.renew(session, wanted);
  await room.sessions.enter(renewed?.session ?? session, 'store-na');

  const ended = await room.sessions.end(session.personId, session.id, 'signed-out');

  assert.deepEqual(ended?.entered, ['store-emea', 'store-na']);
});

test('the end moves with a newer proof only', async () => {
  await using room = await openRoom();
  const wanted = room.wanted();
  const { session } = await room.sessions.open(wanted);
  const later = { ...wanted, ends: addMs(session.ends, HOUR) };

  const confirmed = await room.sessions.renew(session, later);
  assert.equal(confirmed?.session.ends.getTime(), session.ends.getTime(), 'the same proof, told once more');
  room.clock.advance(MINUTE);
  const proven = await room.sessions.renew(session, { ...later, authTime: room.clock.now() });
  assert.equal(proven?.session.ends.getTime(), later.ends.getTime());
  const sooner = await room.sessions.renew(session, { ...later, ends: addMs(room.clock.now(), MINUTE) });
  assert.equal(
    sooner?.session.ends.getTime(),
    room.clock.now().getTime() + MINUTE,
    'it may always move nearer',
  );
});

test('a session that was ended, is over, or belongs to somebody else is not renewed', async () => {
  await using room = await openRoom();
  const wanted = room.wanted();
  const ended = await room.sessions.open(wanted);
  await room.sessions.end(room.personId, ended.session.id, 'signed-out');
  const theirs = await room.sessions.open(wanted);
  const over = await room.sessions.open(wanted);
  const other = { ...wanted, personId: newId('per') };

  assert.equal(await room.sessions.renew(ended.session, wanted), undefined);
  assert.equal(await room.sessions.renew(theirs.session, other), undefined);
  room.clock.advance(HOUR);
  assert.equal(
    await room.sessions.renew(over.session, { ...wanted, ends: addMs(room.clock.now(), HOUR) }),
    undefined,
  );
});

test('of parallel renewals one counts, and one token opens the session', async () => {
  await using room = await openRoom();
  const wanted = room.wanted();
  const { session } = await room.sessions.open(wanted);

  const renewals = await Promise.all(Array.from({ length: 8 }, () => room.sessions.renew(session, wanted)));

  const opens = await Promise.all(renewals.map(async (each) => each && room.sessions.find(each.token)));
  assert.equal(opens.filter(Boolean).length, 1);
});

test('sessions of one person in one browser are found from each other; other people and browsers are not', async () => {
  await using room = await openRoom();
  const here = await room.sessions.open(room.wanted({ browser: 'mark-of-this-browser' }));
  const tab = await room.sessions.open(room.wanted({ browser: 'mark-of-this-browser' }));
  await room.sessions.open(room.wanted({ browser: 'mark-of-another-one' }));
  await room.sessions.open(room.wanted());
  await room.sessions.open(room.wanted({ browser: 'mark-of-this-browser', personId: newId('per') }));
  const unmarked = await room.sessions.open(room.wanted());

  const besides = await room.sessions.besides(here.session);

  assert.deepEqual(
    besides.map(({ id }) => id),
    [tab.session.id],
  );
  assert.deepEqual(await room.sessions.besides(unmarked.session), []);
});
