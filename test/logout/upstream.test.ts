import assert from 'node:assert/strict';
import { test } from 'node:test';
import supertest from 'supertest';
import { newId } from '../../src/base/index.ts';
import { readSent } from '../support/saml-peer.ts';
import { openRoom, type Room, statesOn } from './room.ts';

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };

function post(room: Room, path: string, fields: Record<string, string>) {
  const { host, port } = new URL(room.origin);
  return supertest(`http://127.0.0.1:${port}`).post(path).set('Host', host).type('form').send(fields);
}

async function tokenOf(room: Room, claims: object): Promise<string> {
  const now = room.provider.nowSeconds();
  const all = {
    iss: room.provider.issuer,
    aud: 'vestibule',
    iat: now,
    exp: now + 120,
    jti: `j${Math.random()}`,
  };
  return room.provider.sign({ ...all, events: EVENTS, ...claims }, undefined, { typ: 'logout+jwt' });
}

test('an OIDC upstream ends exactly the session that it names, and relying parties are told', async () => {
  await using room = await openRoom();
  const one = await room.open(['wiki', 'media']);
  const two = await room.open(['desk']);
  const token = await tokenOf(room, { sub: `op-${room.personId}`, sid: `sid-${one.name}` });

  const answer = await post(room, '/login/op/backchannel-logout', { logout_token: token });

  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(await room.isRunning(one.session), false);
  assert.equal(await room.isRunning(two.session), true);
  assert.ok(room.steps.includes('tell wiki'));
  assert.ok(!room.steps.includes('tell desk'));
  assert.equal(room.events.find(({ type }) => type === 'session.ended')?.facts['reason'], 'upstream');
  assert.equal(room.events.find(({ type }) => type === 'logout.failed')?.code, 'logout.no_browser');
});

test('a token that names the person alone ends all sessions of that person at this upstream', async () => {
  await using room = await openRoom();
  const one = await room.open([]);
  const two = await room.open([]);
  const elsewhere = await room.open([], { connection: 'am' });
  const somebody = await room.open([], { personId: newId('per') });
  const token = await tokenOf(room, { sub: `op-${room.personId}` });

  assert.equal((await post(room, '/login/op/backchannel-logout', { logout_token: token })).status, 200);

  const running = await Promise.all(
    [one, two, elsewhere, somebody].map(({ session }) => room.isRunning(session)),
  );
  assert.deepEqual(running, [false, false, true, true]);
});

for (const binding of ['redirect', 'post'] as const) {
  test(`a SAML upstream ends the session by ${binding}, relying parties are asked, and it is answered`, async () => {
    await using room = await openRoom();
    const { session, token, name } = await room.open(['media', 'wiki'], { connection: 'am' });
    const browser = await room.browser(token);
    const options = { nameId: `am-${room.personId}`, indexes: [`si-${name}`], id: '_up', relayState: 'rs' };
    const xml = room.idp.request(options);

    const page =
      binding === 'redirect'
        ? await browser.open(room.idp.redirect(xml, options))
        : await browser.submit(
            new URL(room.peers.url('idp', '/')),
            room.idp.theirSlo,
            'POST',
            room.idp.post(xml, options),
          );

    assert.equal(page.heading, 'idp signed out');
    assert.equal(await room.isRunning(session), false);
    const answer = readSent(room.peers.received.at(-1)?.parameters ?? new URLSearchParams());
    assert.deepEqual([answer.inResponseTo, answer.status, answer.relayState], ['_up', ['Success'], 'rs']);
    assert.ok(room.peers.received.some(({ peer }) => peer === 'media'));
    assert.ok(room.steps.includes('tell wiki'));
  });
}

test('the page offers to sign out at a SAML upstream too, and says when that was confirmed', async () => {
  await using room = await openRoom();
  const { token, name } = await room.open(['shop'], { connection: 'am' });
  const browser = await room.browser(token);
  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  assert.match(page.text, /You may still be signed in at The manager/);

  const end = await page.click('Sign out of The manager too');

  const asked = readSent(
    room.peers.received.find(({ peer }) => peer === 'idp')?.parameters ?? new URLSearchParams(),
  );
  assert.deepEqual(
    [asked.kind, asked.nameId, asked.indexes],
    ['LogoutRequest', `am-${room.personId}`, [`si-${name}`]],
  );
  assert.match(end.text, /signing you out there too/);
  assert.equal(room.events.findLast(({ type }) => type === 'logout.confirmed')?.facts['by'], 'am');
});

test('a SAML upstream that does not sign its answer brings the person back, and is not believed', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['shop'], { connection: 'am' });
  const browser = await room.browser(token);
  room.peers.manners.set('idp', 'shows a page');
  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  await page.click('Sign out of The manager too');
  const asked = room.peers.received.findLast(({ peer }) => peer === 'idp');
  const { id } = readSent(asked?.parameters ?? new URLSearchParams());
  const answer = room.idp.response({ inResponseTo: id });

  const unsigned = await browser.open(room.idp.redirect(answer, { sign: false }));

  assert.equal(unsigned.status, 200);
  assert.match(unsigned.text, /The manager answered, but without a valid signature/);
  assert.match(unsigned.text, /Sign out of The manager too/);
  assert.ok(!room.events.some(({ type, facts }) => type === 'logout.confirmed' && facts['by'] === 'am'));
  const elsewhere = await browser.open(
    room.idp.redirect(room.idp.response({ inResponseTo: '_x' }), { sign: false }),
  );
  assert.equal(elsewhere.status, 403);

  const real = await browser.open(room.idp.redirect(answer));
  assert.match(real.text, /signing you out there too/);
});

test('an OIDC upstream gets the ID token as hint and sends the browser back to the same page', async () => {
  await using room = await openRoom({ goUpstream: 'always' });
  const { token } = await room.open(['shop']);
  const browser = await room.browser(token);
  const question = await browser.open(`${room.origin}/logout`);
  const where = browser.pauseAt((url) => url.pathname === '/end');
  await question.submit({}, /logout\/now/);

  const { searchParams } = new URL(where());
  assert.equal(searchParams.get('id_token_hint'), 'their.id.token');
  assert.equal(searchParams.get('client_id'), 'vestibule');
  assert.equal(searchParams.get('post_logout_redirect_uri'), `${room.origin}/logout/return`);
  const page = await browser.open(`${room.origin}/logout/return?state=${searchParams.get('state')}`);

  assert.deepEqual(statesOn(page.html), { shop: 'Still open' });
  assert.match(page.text, /The directory sent you back after signing you out there too/);
  const again = await browser.open(`${room.origin}/logout/return?state=${searchParams.get('state')}`);
  assert.match(again.heading, /signed out/);
  assert.equal(
    room.typesOf().filter((type) => type === 'logout.confirmed').length,
    1,
    'the state is good once',
  );
});

test('when the upstream is gone, our own sign-out is whole and the page says what was not done', async () => {
  await using room = await openRoom({ goUpstream: 'always' });
  const { session, token } = await room.open(['shop']);
  room.provider.behaviour.down = true;
  const browser = await room.browser(token);

  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  assert.equal(page.status, 200);
  assert.equal(await room.isRunning(session), false);
  assert.match(page.text, /The directory cannot be reached, or offers no way to sign out/);
});

test('an upstream without an end session endpoint is said to offer no way', async () => {
  await using room = await openRoom({ goUpstream: 'always' });
  room.provider.behaviour.discovery = {};
  const { token } = await room.open([]);
  const browser = await room.browser(token);

  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  assert.match(page.text, /offers no way to sign out/);
});

test('where signing out never goes on upstream, the page still says that its session may go on', async () => {
  await using room = await openRoom({ goUpstream: 'never' });
  const { token } = await room.open([]);
  const browser = await room.browser(token);

  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  assert.match(page.text, /You may still be signed in at The directory/);
  assert.ok(!page.links().some(({ text }) => text.includes('The directory')));
});
