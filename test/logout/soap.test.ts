import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { makeSigningKey } from '../support/saml-idp.ts';
import type { SamlPeer } from '../support/saml-peer.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';
import { openRoom, type Room, statesOn } from './room.ts';

// SAML Bindings 3.2: service providers that take logout requests server to server need no browser. `archive` takes
// nothing else, `depot` takes both.

const REQUEST = 'urn:oasis:names:tc:SAML:2.0:protocol:LogoutRequest';
/** A busy machine is not what these tests are about. */
const PATIENT = { tellWithinMs: 30_000 };
const otherKey = await makeSigningKey();

async function endAll(room: Room): Promise<void> {
  await room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' });
}

function pathsOf(room: Room): string[] {
  return room.peers.received.map(({ peer, path }) => `${peer}${path}`);
}

function outcomeOf(room: Room, relyingParty: string): string | undefined {
  const about = room.events.filter((event) => event.relyingParty === relyingParty);
  return about.map(({ type, code }) => code ?? type).findLast((name) => name !== 'logout.sent');
}

suite('an administrator ends the access, and nobody has a browser open', () => {
  test('who takes SOAP is told and confirms; who does not is recorded as not asked', async () => {
    await using room = await openRoom(PATIENT);
    await room.open(['archive', 'depot', 'media']);

    await endAll(room);

    assert.equal(outcomeOf(room, 'archive'), 'logout.confirmed');
    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
    assert.equal(outcomeOf(room, 'media'), 'logout.no_browser');
    assert.deepEqual(room.peers.received.map(({ peer, path }) => `${peer}${path}`).sort(), [
      'archive/soap',
      'depot/soap',
    ]);
  });

  test('the request is signed, to that address, and names the session as its assertion did', async () => {
    await using room = await openRoom(PATIENT);
    const { name } = await room.open(['archive']);

    await endAll(room);

    const { body } = room.peers.received[0] ?? { body: '' };
    assert.match(body, /<soap:Body><samlp:LogoutRequest /);
    assert.ok(body.includes(`Destination="${room.peers.url('archive', '/soap')}"`));
    assert.ok(body.includes(`>archive:${room.personId}</saml:NameID>`));
    assert.ok(body.includes(`<samlp:SessionIndex>archive-${name}</samlp:SessionIndex>`));
    const [key] = await room.keys.issuingKeys('saml-identity-provider');
    assert.ok((await xmlsecVerify(body, key?.certificatePem ?? '', REQUEST)).holds);
  });

  test('who says no is refused; who says that something behind it goes on has ended its own', async () => {
    await using room = await openRoom(PATIENT);
    await room.open(['archive', 'depot']);
    room.peers.manners.set('archive', 'refuses');
    room.peers.manners.set('depot', 'partly');

    await endAll(room);

    assert.equal(outcomeOf(room, 'archive'), 'logout.refused_there');
    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
  });

  for (const manner of ['is broken', 'shows a page'] as const) {
    test(`who ${manner} is told again by a job`, async () => {
      await using room = await openRoom(PATIENT);
      await room.open(['archive']);
      room.peers.manners.set('archive', manner);
      await endAll(room);
      assert.equal(outcomeOf(room, 'archive'), 'logout.no_answer');
      room.peers.manners.set('archive', 'confirms');
      room.clock.advance(MINUTE);

      await room.jobs.runDue();

      assert.equal(outcomeOf(room, 'archive'), 'logout.confirmed');
    });
  }

  test('a signed answer is believed', async () => {
    await using room = await openRoom(PATIENT);
    await room.open(['archive']);
    room.peers.soapAnswers.set('archive', (peer, id) => peer.signed(peer.response({ inResponseTo: id })));

    await endAll(room);

    assert.equal(outcomeOf(room, 'archive'), 'logout.confirmed');
  });
});

suite('an answer that is none', () => {
  const answers: readonly (readonly [string, (peer: SamlPeer, id: string) => string])[] = [
    ['of another peer', (peer, id) => peer.response({ inResponseTo: id, issuer: 'https://other.example' })],
    ['to another request', (peer) => peer.response({ inResponseTo: '_another' })],
    [
      'signed by another key',
      (peer, id) => peer.signed(peer.response({ inResponseTo: id }), { key: otherKey }),
    ],
    [
      'changed after it was signed',
      (peer, id) =>
        peer
          .signed(peer.response({ inResponseTo: id, status: ['Responder'] }))
          .replace('status:Responder', 'status:Success'),
    ],
    ['two in one body', (peer, id) => peer.response({ inResponseTo: id }).repeat(2)],
    ['a request', (peer) => peer.request()],
    ['nothing', () => ''],
    ['a status that is none', (peer, id) => peer.response({ inResponseTo: id, status: [] })],
  ];
  for (const [what, make] of answers) {
    test(`${what} confirms nothing`, async () => {
      await using room = await openRoom(PATIENT);
      await room.open(['archive']);
      room.peers.soapAnswers.set('archive', make);

      await endAll(room);

      assert.notEqual(outcomeOf(room, 'archive'), 'logout.confirmed');
    });
  }
});

suite('the person signs out in their browser', () => {
  test('who can be told is told at once, and asked there no more once it has confirmed', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['archive', 'depot', 'media']);
    const browser = await room.browser(token);

    const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

    assert.deepEqual(statesOn(page.html), { archive: 'Ended', depot: 'Ended', media: 'Ended' });
    assert.deepEqual(pathsOf(room).sort(), ['archive/soap', 'depot/soap', 'media/slo']);
    assert.equal(room.typesOf().filter((type) => type === 'logout.finished').length, 1);
  });

  test('and when all have confirmed, the record is closed before the browser comes', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['archive', 'depot']);
    const browser = await room.browser(token);
    const question = await browser.open(`${room.origin}/logout`);
    browser.pauseAt((place) => /^\/logout\/[\w-]{43}$/.test(place.pathname));

    await question.submit({}, /logout\/now/);

    const finished = room.events.findLast(({ type }) => type === 'logout.finished');
    assert.deepEqual(finished?.facts['confirmed'], ['archive', 'depot']);
  });

  for (const manner of ['refuses', 'is broken'] as const) {
    test(`who ${manner} when it is told is asked there`, async () => {
      await using room = await openRoom(PATIENT);
      const { token } = await room.open(['depot']);
      room.peers.manners.set('depot', manner);
      const browser = await room.browser(token);
      const question = await browser.open(`${room.origin}/logout`);
      const paused = browser.pauseAt((place) => place.pathname === '/slo');
      await question.submit({}, /logout\/now/);
      room.peers.manners.set('depot', 'confirms');

      const page = await browser.open(paused());

      assert.deepEqual(statesOn(page.html), { depot: 'Ended' });
      assert.deepEqual(pathsOf(room), ['depot/soap', 'depot/slo']);
    });
  }

  test('and never comes back: who can be told knows it, who waits there has given no answer after five minutes', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['media', 'depot', 'crm']);
    room.peers.manners.set('media', 'shows a page');
    const browser = await room.browser(token);
    await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed', 'the browser was stranded before it');

    room.clock.advance(5 * MINUTE - 1_000);
    await room.jobs.runDue();
    assert.equal(outcomeOf(room, 'media'), undefined, 'it may still come');
    room.clock.advance(1_000);
    await room.jobs.runDue();

    assert.equal(outcomeOf(room, 'media'), 'logout.no_answer');
    assert.equal(outcomeOf(room, 'crm'), 'logout.no_browser');
    const finished = room.events.filter(({ type }) => type === 'logout.finished');
    assert.deepEqual(
      finished.map(({ facts }) => facts['confirmed']),
      [['depot']],
    );
  });

  test('and who was away both times is told until it answers', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['depot']);
    room.peers.manners.set('depot', 'is broken');
    const browser = await room.browser(token);
    await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
    room.clock.advance(5 * MINUTE);
    await room.jobs.runDue();
    assert.equal(outcomeOf(room, 'depot'), 'logout.no_answer');

    room.peers.manners.set('depot', 'confirms');
    room.clock.advance(MINUTE);
    await room.jobs.runDue();

    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
  });

  test('and the person is erased meanwhile: that waits until those are told who could not be asked', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['media', 'depot']);
    room.peers.manners.set('media', 'shows a page');
    room.peers.manners.set('depot', 'is broken');
    const browser = await room.browser(token);
    await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

    const before = await room.logout.isTelling(room.personId);
    room.peers.manners.set('depot', 'confirms');
    for (let round = 0; round < 2; round += 1) {
      room.clock.advance(5 * MINUTE);
      await room.jobs.runDue();
    }

    assert.deepEqual([before, await room.logout.isTelling(room.personId)], [true, false]);
    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
  });

  test('and what is to tell them fails: the next try does it, and closes the record once', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['depot']);
    room.peers.manners.set('depot', 'is broken');
    const browser = await room.browser(token);
    await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
    room.peers.manners.set('depot', 'confirms');
    const { enqueue } = room.jobs;
    room.jobs.enqueue = async () => Promise.reject(new Error('the database is away'));

    room.clock.advance(5 * MINUTE);
    await room.jobs.runDue();
    room.jobs.enqueue = enqueue;
    room.clock.advance(MINUTE);
    await room.jobs.runDue();

    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
    assert.equal(room.typesOf().filter((type) => type === 'logout.finished').length, 1);
  });

  test('and comes back after its record was closed: it is led on, and what it brings is recorded', async () => {
    await using room = await openRoom(PATIENT);
    const { token } = await room.open(['media', 'crm']);
    room.peers.manners.set('media', 'shows a page');
    const browser = await room.browser(token);
    await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
    const handle = browser.visited.findLast((step) => /\/logout\/[\w-]{43}$/.test(step)) ?? '';
    room.clock.advance(5 * MINUTE);
    await room.jobs.runDue();

    await browser.open(`${room.origin}${handle.slice(handle.indexOf('/logout/'))}/next`);

    assert.equal(outcomeOf(room, 'crm'), 'logout.confirmed');
    assert.equal(room.typesOf().filter((type) => type === 'logout.finished').length, 1);
  });

  test('and it was the browser of somebody else: nobody is asked there, who can be told is told', async () => {
    await using room = await openRoom(PATIENT);
    const { name } = await room.open(['media', 'depot']);
    const xml = room.media.request({ nameId: `media:${room.personId}`, indexes: [`media-${name}`] });
    const stranger = await room.browser();

    await stranger.open(room.media.redirect(xml));

    assert.equal(outcomeOf(room, 'depot'), 'logout.confirmed');
    assert.deepEqual(
      room.peers.received.filter(({ peer }) => peer === 'depot').map(({ path }) => path),
      ['/soap'],
    );
  });
});
