import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, newId } from '../../src/base/index.ts';
import { openRoom, type Room } from '../logout/room.ts';
import { makeSigningKey } from '../support/saml-idp.ts';
import { type LogoutOptions, readSent, type SamlPeer } from '../support/saml-peer.ts';

// R8.2: logout messages that are unsigned, replayed, foreign, late or meant for somebody else end nothing, and leave a
// trace. The same attacks at both doors: relying parties at /saml/slo, upstreams at /login/:connection/slo.

type Door = {
  readonly name: string;
  readonly peer: (room: Room) => SamlPeer;
  readonly other: (room: Room) => SamlPeer;
  readonly named: (room: Room, name: string) => LogoutOptions;
  readonly open: (room: Room) => ReturnType<Room['open']>;
};

const doors: readonly Door[] = [
  {
    name: '/saml/slo',
    peer: ({ media }) => media,
    other: ({ crm }) => crm,
    named: ({ personId }, name) => ({ nameId: `media:${personId}`, indexes: [`media-${name}`] }),
    open: (room) => room.open(['media', 'crm', 'wiki']),
  },
  {
    name: '/login/am/slo',
    peer: ({ idp }) => idp,
    other: ({ crm }) => crm,
    named: ({ personId }, name) => ({ nameId: `am-${personId}`, indexes: [`si-${name}`] }),
    open: (room) => room.open(['media', 'crm', 'wiki'], { connection: 'am' }),
  },
];

const attacks: readonly (readonly [
  string,
  (room: Room, door: Door) => Promise<LogoutOptions> | LogoutOptions,
])[] = [
  ['is not signed', () => ({ sign: false })],
  ['is signed by a key that nobody knows', async () => ({ key: await makeSigningKey() })],
  ['is signed by another peer', (room, door) => ({ key: door.other(room).key })],
  ['names another peer as its issuer', (room, door) => ({ issuer: door.other(room).entityId })],
  ['names an issuer that nobody knows', () => ({ issuer: 'https://nobody.example' })],
  ['is signed with SHA-1', () => ({ algorithm: 'sha1' })],
  ['is meant for another address', () => ({ destination: 'https://sso.example/saml/slo' })],
  ['names no address', () => ({ destination: null })],
  ['is over', () => ({ issued: -4 * MINUTE, notOnOrAfter: -2 * MINUTE })],
  ['was issued long ago and sets no end', () => ({ issued: -20 * MINUTE, notOnOrAfter: null })],
  ['was issued in the future', () => ({ issued: 20 * MINUTE, notOnOrAfter: 30 * MINUTE })],
];

for (const door of doors) {
  for (const binding of ['redirect', 'post'] as const) {
    for (const [what, attack] of attacks) {
      test(`${door.name} by ${binding}: a request that ${what} ends nothing`, async () => {
        await using room = await openRoom();
        const { session, token, name } = await door.open(room);
        const browser = await room.browser(token);
        const options = { ...door.named(room, name), ...(await attack(room, door)) };
        const peer = door.peer(room);
        const xml = peer.request(options);

        const page =
          binding === 'redirect'
            ? await browser.open(peer.redirect(xml, options))
            : await browser.submit(
                new URL(room.peers.url('media', '/')),
                peer.theirSlo,
                'POST',
                peer.post(xml, options),
              );

        assert.ok([400, 403].includes(page.status), `${page.status}`);
        assert.equal(await room.isRunning(session), true);
        assert.deepEqual(room.peers.received, []);
        assert.ok(room.junk.length + room.events.length === 1, 'one trace');
        assert.ok(room.events.every(({ type }) => type === 'logout.refused'));
        const sound = await browser.open(peer.redirect(peer.request(door.named(room, name))));
        assert.equal(sound.status, 200, 'the sound message still does its work');
        assert.equal(await room.isRunning(session), false);
      });
    }
  }

  test(`${door.name}: a request that is replayed ends no later session of the same name`, async () => {
    await using room = await openRoom();
    const first = await door.open(room);
    const browser = await room.browser(first.token);
    const peer = door.peer(room);
    const { nameId } = door.named(room, first.name);
    const message = peer.redirect(peer.request(nameId === undefined ? {} : { nameId }));
    await browser.open(message);
    assert.equal(await room.isRunning(first.session), false);
    const later = await door.open(room);

    const answers = await Promise.all(Array.from({ length: 6 }, () => browser.fetch(message)));

    assert.ok(answers.every(({ status }) => status === 403));
    assert.equal(await room.isRunning(later.session), true);
    assert.equal(room.events.findLast(({ type }) => type === 'logout.refused')?.code, 'saml.replayed');
  });

  test(`${door.name}: of parallel copies of one request, one is taken`, async () => {
    await using room = await openRoom();
    const { token, name } = await door.open(room);
    const browser = await room.browser(token);
    const peer = door.peer(room);
    const message = peer.redirect(peer.request(door.named(room, name)));

    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.fetch(message)));

    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, ...Array(7).fill(403)]);
    assert.equal(room.typesOf().filter((type) => type === 'session.ended').length, 1);
  });

  test(`${door.name}: another person's name, or another session's index, ends nothing`, async () => {
    await using room = await openRoom();
    const { session, token, name } = await door.open(room);
    const other = await door.open(room);
    const browser = await room.browser(token);
    const peer = door.peer(room);
    const named = door.named(room, name);
    const [index = ''] = named.indexes ?? [];

    for (const options of [
      { nameId: `media:${newId('per')}`, indexes: [index] },
      { ...named, indexes: [`crm-${name}`] },
      { ...named, indexes: ['unknown'] },
    ]) {
      await browser.fetch(peer.redirect(peer.request(options)));
    }

    assert.equal(await room.isRunning(session), true);
    assert.equal(await room.isRunning(other.session), true);
  });

  test(`${door.name}: an answer to nothing changes nothing`, async () => {
    await using room = await openRoom();
    const { session, token } = await door.open(room);
    const browser = await room.browser(token);
    const peer = door.peer(room);

    const page = await browser.open(peer.redirect(peer.response({ inResponseTo: '_made-up' })));

    assert.equal(page.status, 403);
    assert.equal(await room.isRunning(session), true);
    assert.equal(room.events[0]?.code, 'saml.unexpected_answer');
  });

  test(`${door.name}: rubbish is refused and counted`, async () => {
    await using room = await openRoom();
    const browser = await room.browser();
    const bodies: readonly Record<string, string>[] = [
      {},
      { SAMLRequest: '' },
      { SAMLRequest: '%%%' },
      { SAMLRequest: Buffer.from('<!DOCTYPE x [<!ENTITY a "b">]><x/>').toString('base64') },
      { SAMLRequest: 'A'.repeat(100_000) },
      { SAMLRequest: 'PHgvPg==', SAMLResponse: 'PHgvPg==' },
    ];

    for (const body of bodies) {
      const page = await browser.submit(
        new URL('https://evil.example/'),
        door.peer(room).theirSlo,
        'POST',
        body,
      );
      assert.ok(page.status >= 400 && page.status < 500, `${page.status}`);
    }

    assert.equal(room.junk.length, bodies.length);
    assert.deepEqual(room.events, []);
  });
}

test("a relying party ends no session that another relying party's name belongs to", async () => {
  await using room = await openRoom();
  const { session, token, name } = await room.open(['crm']);
  const browser = await room.browser(token);

  await browser.fetch(
    room.media.redirect(room.media.request({ nameId: `crm:${room.personId}`, indexes: [`crm-${name}`] })),
  );

  assert.equal(await room.isRunning(session), true);
});

test('a relying party cannot answer for another one, nor spend its place', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['crm']);
  room.peers.manners.set('crm', 'shows a page');
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  const { id } = readSent(room.peers.received[0]?.parameters ?? new URLSearchParams());

  const forged = await browser.open(room.media.redirect(room.media.response({ inResponseTo: id })));
  assert.equal(forged.status, 403);
  const unsigned = await browser.open(
    room.crm.redirect(room.crm.response({ inResponseTo: id }), { sign: false }),
  );
  assert.equal(unsigned.status, 200, 'the person goes on');
  assert.match(unsigned.text, /The crm answered, but without a valid signature/);
  const upstream = await browser.open(room.idp.redirect(room.idp.response({ inResponseTo: id })));
  assert.equal(upstream.status, 403);
  assert.ok(!room.typesOf().includes('logout.confirmed'));

  const real = await browser.open(room.crm.redirect(room.crm.response({ inResponseTo: id })));
  assert.match(real.text, /The crm confirmed/);
  const again = await browser.open(room.crm.redirect(room.crm.response({ inResponseTo: id })));
  assert.equal(again.status, 403);
});

test('a message of a relying party at the door of an upstream, and the other way round, ends nothing', async () => {
  await using room = await openRoom();
  const one = await room.open(['media'], { connection: 'am' });
  const browser = await room.browser(one.token);
  const up = `${room.origin}/login/am/slo`;
  const asUpstream = room.media.request({ nameId: `am-${room.personId}`, destination: up });
  const asParty = room.idp.request({
    nameId: `media:${room.personId}`,
    destination: room.media.theirSlo,
  });

  assert.equal((await browser.open(room.media.redirect(asUpstream, {}, up))).status, 403);
  assert.equal((await browser.open(room.idp.redirect(asParty, {}, room.media.theirSlo))).status, 403);
  const oidc = room.idp.redirect(room.idp.request({ nameId: 'x' }), {}, `${room.origin}/login/op/slo`);
  assert.equal((await browser.open(oidc)).status, 403, 'an OIDC connection takes no SAML');
  assert.equal(await room.isRunning(one.session), true);
});

test('a return from upstream without a signature answers no signed request', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['shop'], { connection: 'am' });
  room.peers.manners.set('idp', 'shows a page');
  const browser = await room.browser(token);
  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  await page.click('Sign out of The manager too');
  const { id } = readSent(room.peers.received.at(-1)?.parameters ?? new URLSearchParams());

  await browser.open(`${room.origin}/logout/return?state=${id}`);

  assert.ok(!room.typesOf().includes('logout.confirmed'));
  assert.match((await browser.open(page.url.href)).text, /came back without its answer/);
});
