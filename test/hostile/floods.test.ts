import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import supertest from 'supertest';
import { startWorld, type World } from '../support/world.ts';

// Strangers need no cookie and no password to post answers to us. However many they send, memory, Redis and the
// access log stay for those who sign in.

async function post(world: World, path: string, fields: Record<string, string>): Promise<supertest.Response> {
  return supertest(world.origin.replace('sso.localhost', '127.0.0.1'))
    .post(path)
    .set('Host', new URL(world.origin).host)
    .type('form')
    .send(new URLSearchParams(fields).toString());
}

/** The state of an attempt that nobody finishes. */
async function begin(world: World): Promise<string> {
  const page = await world.browser().fetch(`${world.origin}/login?connection=otds`);
  return new URL(String(page.headers['location'])).searchParams.get('state') ?? assert.fail('no state');
}

const padding = (length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, 'x'.repeat(length / 40)]));

test('an answer to no attempt of ours keeps nothing of what it says', async () => {
  await using world = await startWorld({ keyValue: 'redis' });

  const answer = await post(world, '/login/otds/callback', { state: 'unknown', code: 'c'.repeat(4_000) });

  assert.equal(answer.status, 303);
  assert.ok((await storedBytes(world)) < 1_000, `${await storedBytes(world)} bytes`);
});

for (const [what, fields] of [
  ['many long parameters', padding(120_000)],
  ['a long name of the attempt', { state: 's'.repeat(4_000) }],
] as const) {
  test(`an answer with ${what} is refused before anything of it is kept`, async () => {
    await using world = await startWorld({ keyValue: 'redis' });
    const state = await begin(world);
    const before = await storedBytes(world);

    const answer = await post(world, '/login/otds/callback', { state, ...fields });

    assert.ok(answer.status === 413 || answer.status === 400, String(answer.status));
    assert.equal(await storedBytes(world), before);
  });
}

test('an answer that strangers bring again and again is one event of the log', async () => {
  await using world = await startWorld();
  const state = await begin(world);

  for (let count = 0; count < 5; count += 1) {
    const page = await world.browser().fetch(`${world.origin}/login/otds/callback?state=${state}&code=c`);
    assert.equal(page.status, 403);
  }

  const { accessLog } = await world.stores();
  const { events } = await accessLog.searchEvents({ types: ['login.refused'] }, { limit: 20 });
  assert.deepEqual(
    events.map(({ code }) => code),
    ['login.other_browser'],
  );
});

test('answers from one address are limited, by POST and by GET together', async () => {
  await using world = await startWorld({
    configure: (config) => Object.assign(config, { limits: { beginsPerMinute: 2 } }),
  });
  const statuses: number[] = [];

  for (let count = 0; count < 4; count += 1) {
    statuses.push((await post(world, '/login/otds/callback', { state: 'unknown' })).status);
    statuses.push((await world.browser().fetch(`${world.origin}/login/continue/unknown`)).status);
  }

  assert.deepEqual(statuses, [303, 400, 303, 400, 303, 400, 429, 429]);
});

/** Of what is parked. */
async function storedBytes(world: World): Promise<number> {
  const { redis } = world;
  assert.ok(redis);
  const client = new Redis(redis.url);
  try {
    const keys = await client.keys('*login:parked*');
    const lengths = await Promise.all(keys.map((key) => client.strlen(key)));
    return lengths.reduce((sum, length) => sum + length, 0);
  } finally {
    client.disconnect();
  }
}
