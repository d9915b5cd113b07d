import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import supertest from 'supertest';
import { newId } from '../../src/base/index.ts';
import { openRoom, type Room } from '../logout/room.ts';

// R8.2: back-channel logout tokens of OIDC upstreams (Back-Channel Logout 1.0, 2.6).

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };

type Claims = Record<string, unknown>;

function sound(room: Room, claims: Claims = {}): Claims {
  const now = room.provider.nowSeconds();
  return {
    ...{ iss: room.provider.issuer, aud: 'vestibule', iat: now, exp: now + 120, jti: `j-${Math.random()}` },
    ...{ sub: `op-${room.personId}`, events: EVENTS },
    ...claims,
  };
}

function send(room: Room, token: string | undefined, path = '/login/op/backchannel-logout') {
  const { host, port } = new URL(room.origin);
  const request = supertest(`http://127.0.0.1:${port}`).post(path).set('Host', host).type('form');
  return request.send(token === undefined ? {} : { logout_token: token });
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const attacks: readonly (readonly [string, (room: Room) => Promise<string> | string])[] = [
  ['has a nonce, like an ID token', (room) => room.provider.sign(sound(room, { nonce: 'n' }))],
  ['has an empty nonce', (room) => room.provider.sign(sound(room, { nonce: '' }))],
  ['is signed by nobody', (room) => `${base64({ alg: 'none' })}.${base64(sound(room))}.`],
  ['is signed with the client secret', (room) => room.provider.signWithSecret(sound(room), 'top-secret')],
  [
    'is signed with another key under a known name',
    (room) =>
      room.provider.sign(sound(room), { kid: 'k1', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }),
  ],
  ['is meant for another client', (room) => room.provider.sign(sound(room, { aud: 'other' }))],
  ['comes from another issuer', (room) => room.provider.sign(sound(room, { iss: 'https://other.example' }))],
  ['names neither sub nor sid', (room) => room.provider.sign(sound(room, { sub: undefined }))],
  ['has no event', (room) => room.provider.sign(sound(room, { events: undefined }))],
  [
    'has another event',
    (room) => room.provider.sign(sound(room, { events: { 'https://other.example': {} } })),
  ],
  [
    'has an event that is no object',
    (room) => room.provider.sign(sound(room, { events: { [Object.keys(EVENTS)[0] ?? '']: true } })),
  ],
  ['has no jti', (room) => room.provider.sign(sound(room, { jti: undefined }))],
  ['has no iat', (room) => room.provider.sign(sound(room, { iat: undefined }))],
  ['is over', (room) => room.provider.sign(sound(room, { exp: room.provider.nowSeconds() - 300 }))],
  [
    'is an hour old without an end',
    (room) => room.provider.sign(sound(room, { exp: undefined, iat: room.provider.nowSeconds() - 3600 })),
  ],
  [
    'was issued in the future',
    (room) => room.provider.sign(sound(room, { iat: room.provider.nowSeconds() + 3600 })),
  ],
  ['is of another type', (room) => room.provider.sign(sound(room), undefined, { typ: 'at+jwt' })],
  ['is no token', () => 'x.y.z'],
  ['is far too long', () => 'x'.repeat(20_000)],
];

for (const [what, make] of attacks) {
  test(`a logout token that ${what} ends nothing`, async () => {
    await using room = await openRoom();
    const { session } = await room.open(['wiki']);

    const answer = await send(room, await make(room));

    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body, { error: 'invalid_request' });
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(await room.isRunning(session), true);
    assert.equal(room.junk.length + room.events.length, 1, 'one trace');
    assert.ok(room.events.every(({ type }) => type === 'logout.refused'));
  });
}

test('no token at all is refused and counted', async () => {
  await using room = await openRoom();

  assert.equal((await send(room, undefined)).status, 400);
  assert.deepEqual(room.junk, ['logout.op']);
});

test('a token that is replayed ends no later session, and of parallel copies one counts', async () => {
  await using room = await openRoom();
  const first = await room.open([]);
  const token = await room.provider.sign(sound(room));

  const answers = await Promise.all(Array.from({ length: 8 }, () => send(room, token)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(400)]);
  assert.equal(await room.isRunning(first.session), false);
  const later = await room.open([]);

  assert.equal((await send(room, token)).status, 400);
  assert.equal(await room.isRunning(later.session), true);
  assert.equal(room.events.at(-1)?.code, 'federation.replayed');
});

test('sub and sid must both fit: the session of one person under the name of another stays', async () => {
  await using room = await openRoom();
  const mine = await room.open([]);
  const other = await room.open([], { personId: newId('per') });

  await send(room, await room.provider.sign(sound(room, { sid: `sid-${other.name}` })));

  assert.equal(await room.isRunning(mine.session), true);
  assert.equal(await room.isRunning(other.session), true);
});

test('a connection ends only sessions that it vouched for itself', async () => {
  await using room = await openRoom();
  const { session } = await room.open([], { connection: 'am' });

  await send(room, await room.provider.sign(sound(room, { sub: `am-${room.personId}` })));
  assert.equal(
    (await send(room, await room.provider.sign(sound(room)), '/login/am/backchannel-logout')).status,
    400,
  );
  assert.equal(
    (await send(room, await room.provider.sign(sound(room)), '/login/none/backchannel-logout')).status,
    403,
  );

  assert.equal(await room.isRunning(session), true);
});

test('while the upstream does not give its keys, it is asked to try again', async () => {
  await using room = await openRoom();
  const { session } = await room.open([]);
  room.provider.behaviour.down = true;

  const answer = await send(room, await room.provider.sign(sound(room)));

  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers['retry-after']) > 0);
  assert.equal(await room.isRunning(session), true);
  room.provider.behaviour.down = false;
});
