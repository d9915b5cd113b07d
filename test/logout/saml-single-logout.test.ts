import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { readSent } from '../support/saml-peer.ts';
import { openRoom, type Room, statesOn } from './room.ts';

// SAML Profiles 4.4 with relying parties, both directions and both bindings.

const mediaName = (room: Room, name: string) => ({
  nameId: `media:${room.personId}`,
  indexes: [`media-${name}`],
});

for (const binding of ['redirect', 'post'] as const) {
  test(`a relying party ends the session by ${binding}, everybody else is told, and it gets its answer`, async () => {
    await using room = await openRoom();
    const { session, token, name } = await room.open(['media', 'crm', 'wiki']);
    const browser = await room.browser(token);
    const options = { ...mediaName(room, name), id: '_asked', relayState: 'their-state' };
    const xml = room.media.request(options);

    const page =
      binding === 'redirect'
        ? await browser.open(room.media.redirect(xml, options))
        : await browser.submit(
            new URL(room.peers.url('media', '/')),
            room.media.theirSlo,
            'POST',
            room.media.post(xml, options),
          );

    assert.equal(page.heading, 'media signed out', 'the browser is back where it came from');
    assert.equal(await room.isRunning(session), false);
    assert.equal(browser.cookie('sso.localhost', 'vestibule-session'), undefined);
    const answer = readSent(
      room.peers.received.findLast(({ peer }) => peer === 'media')?.parameters ?? new URLSearchParams(),
    );
    assert.equal(answer.kind, 'LogoutResponse');
    assert.equal(answer.inResponseTo, '_asked');
    assert.deepEqual(answer.status, ['Success']);
    assert.equal(answer.relayState, 'their-state');
    const asked = room.peers.received
      .filter(({ peer }) => peer === 'crm')
      .map((each) => readSent(each.parameters));
    assert.deepEqual(
      asked.map(({ kind, nameId, indexes }) => [kind, nameId, indexes]),
      [['LogoutRequest', `crm:${room.personId}`, [`crm-${name}`]]],
    );
    assert.ok(room.steps.includes('tell wiki'));
    assert.equal(
      room.peers.received.filter(({ peer }) => peer === 'media').length,
      1,
      'who asked is answered, and not asked itself',
    );
    const finished = room.events.findLast(({ type }) => type === 'logout.finished');
    assert.deepEqual(finished?.facts['unconfirmed'], []);
  });
}

for (const [manner, what] of [
  ['refuses', 'another one refuses'],
  ['partly', 'another one is only partly over'],
] as const) {
  test(`the answer is partial when ${what}`, async () => {
    await using room = await openRoom();
    const { token, name } = await room.open(['media', 'crm']);
    room.peers.manners.set('crm', manner);
    const browser = await room.browser(token);

    await browser.open(room.media.redirect(room.media.request(mediaName(room, name))));

    const answer = room.peers.received.findLast(({ peer }) => peer === 'media');
    assert.deepEqual(readSent(answer?.parameters ?? new URLSearchParams()).status, [
      'Success',
      'PartialLogout',
    ]);
  });
}

test('a store that cannot be told makes the answer partial: success would promise too much', async () => {
  await using room = await openRoom();
  const { token, name } = await room.open(['media', 'shop']);
  const browser = await room.browser(token);

  await browser.open(room.media.redirect(room.media.request(mediaName(room, name))));

  const answer = room.peers.received.findLast(({ peer }) => peer === 'media');
  assert.deepEqual(readSent(answer?.parameters ?? new URLSearchParams()).status, [
    'Success',
    'PartialLogout',
  ]);
});

test('a request without a session index ends all sessions of that name, and no others', async () => {
  await using room = await openRoom();
  const one = await room.open(['media']);
  const two = await room.open(['media', 'wiki']);
  const elsewhere = await room.open(['crm']);
  const somebody = await room.open(['media'], { personId: newId('per') });
  const browser = await room.browser(one.token);

  await browser.open(room.media.redirect(room.media.request({ nameId: `media:${room.personId}` })));

  assert.equal(await room.isRunning(one.session), false);
  assert.equal(await room.isRunning(two.session), false);
  assert.equal(await room.isRunning(elsewhere.session), true);
  assert.equal(await room.isRunning(somebody.session), true);
});

test('a request about a session that is over is answered with success: it is over', async () => {
  await using room = await openRoom();
  const browser = await room.browser();

  const page = await browser.open(room.media.redirect(room.media.request({ nameId: 'nobody' })));

  assert.equal(page.heading, 'media signed out');
  assert.deepEqual(room.typesOf(), ['logout.finished', 'logout.sent']);
  const answer = room.peers.received.findLast(({ peer }) => peer === 'media');
  assert.deepEqual(readSent(answer?.parameters ?? new URLSearchParams()).status, ['Success']);
});

test('through a browser that did not hold the session nobody is asked: it could be somebody else there', async () => {
  await using room = await openRoom();
  const { session, name } = await room.open(['media', 'crm']);
  const other = await room.open(['crm'], { personId: newId('per') });
  const browser = await room.browser(other.token);

  await browser.open(room.media.redirect(room.media.request(mediaName(room, name))));

  assert.equal(await room.isRunning(session), false, 'the message itself is good');
  assert.equal(await room.isRunning(other.session), true);
  assert.notEqual(browser.cookie('sso.localhost', 'vestibule-session'), undefined);
  assert.deepEqual(
    room.peers.received.filter(({ peer }) => peer === 'crm'),
    [],
  );
  const answer = room.peers.received.findLast(({ peer }) => peer === 'media');
  assert.deepEqual(readSent(answer?.parameters ?? new URLSearchParams()).status, [
    'Success',
    'PartialLogout',
  ]);
  assert.equal(room.events.find(({ type }) => type === 'logout.failed')?.code, 'logout.no_browser');
});

test('our request by POST names the target in form-action, and goes on without a script by a button', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['crm']);
  const browser = await room.browser(token);
  const question = await browser.open(`${room.origin}/logout`);
  const where = browser.pauseAt((url) => url.pathname.endsWith('/next'));
  await question.submit({}, /logout\/now/);

  const form = await browser.fetch(where());

  assert.match(form.headers['content-security-policy'] ?? '', /form-action 'self' http:\/\/crm\.localhost/);
  assert.match(form.html, /<button class="button">Continue<\/button>/);
  assert.deepEqual(Object.keys(form.forms[0]?.fields ?? {}), ['SAMLRequest']);
});

test('a run is bound to the first browser that opens it', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['shop']);
  const browser = await room.browser(token);
  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  const stranger = await (await room.browser()).open(page.url.href);

  assert.equal(stranger.status, 403);
  assert.deepEqual(statesOn(stranger.html), {});
});

test('a relying party that asks is answered after the upstream was asked too, where that is set', async () => {
  await using room = await openRoom({ goUpstream: 'always' });
  const { token, name } = await room.open(['media', 'crm'], { connection: 'am' });
  const browser = await room.browser(token);

  const page = await browser.open(room.media.redirect(room.media.request(mediaName(room, name))));

  assert.equal(page.heading, 'media signed out');
  assert.deepEqual(
    room.peers.received.map(({ peer }) => peer),
    ['crm', 'idp', 'media'],
  );
});

test('a RelayState that is longer than it may be is not carried back', async () => {
  await using room = await openRoom();
  const browser = await room.browser();
  const options = { nameId: 'nobody', relayState: 'x'.repeat(1_025) };

  await browser.open(room.media.redirect(room.media.request(options), options));

  assert.equal(room.peers.received.at(-1)?.parameters.get('RelayState'), null);
});

test('a LogoutRequest means the session that it names, and not another tab of the same browser', async () => {
  await using room = await openRoom();
  const named = await room.open(['media'], { browser: 'one-browser' });
  const tab = await room.open(['crm'], { browser: 'one-browser' });

  const browser = await room.browser(named.token);
  await browser.open(room.media.redirect(room.media.request(mediaName(room, named.name))));

  assert.equal(await room.isRunning(named.session), false);
  assert.equal(await room.isRunning(tab.session), true);
});
