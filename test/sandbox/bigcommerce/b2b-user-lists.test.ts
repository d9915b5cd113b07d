import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { b2b, callB2b } from './b2b-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.sandbox.reset();
  await post({ ...NEW, ...FREYA });
});

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const post = (body: unknown) => b2b(world, 'POST', '/users', { body });
const NEW = {
  firstName: 'Nils',
  lastName: 'Berg',
  email: 'nils@fjord.example',
  phoneNumber: '+47 555 10',
  companyId: 501,
  role: 1,
  channelIds: [1],
};

const FREYA = {
  email: 'freya@fjord.example',
  firstName: 'Freya',
  lastName: 'Holm',
  role: 0,
  phoneNumber: '',
};

test('users are listed newest first, filtered and in pages of ten', async () => {
  for (let n = 0; n < 12; n += 1) await post({ ...NEW, email: `user${n}@fjord.example` });
  const first = await b2b(world, 'GET', '/users');
  const second = await b2b(world, 'GET', '/users?limit=10&offset=10');
  const count = async (query: string) =>
    (await b2b(world, 'GET', `/users?${query}`)).meta.pagination?.totalCount;

  assert.equal(first.data.length, 10);
  assert.deepEqual(first.meta, { message: 'Success', pagination: { totalCount: 14, limit: 10, offset: 0 } });
  assert.equal(second.data.at(-1)?.id, 602);
  assert.equal(first.data[0].extraFields, undefined);
  assert.deepEqual(
    [
      await count('companyId=503'),
      await count('email=user3@fjord.example'),
      await count('email=user@fjord.example'),
      await count('q=orchard'),
      await count('channelId=2'),
      await count('minCreated=1767225000'),
      await count('maxCreated=1767225000'),
    ],
    [1, 1, 0, 1, 1, 13, 1],
  );
});

test('the mail filter is exact, in any letter case or in the same', async () => {
  const found = async () =>
    (await b2b(world, 'GET', '/users?email=Freya@fjord.example')).data.length as number;

  assert.equal(await found(), 1);
  turn({ b2bEmailFilter: 'same-case' });
  assert.equal(await found(), 0);
});

test('a limit that is too large is refused or made smaller', async () => {
  const refused = await b2b(world, 'GET', '/users?limit=251');
  turn({ b2bLimitTooLarge: 'clamped' });
  const clamped = await b2b(world, 'GET', '/users?limit=251');

  assert.equal(refused.code, 422);
  assert.deepEqual([clamped.code, clamped.meta.pagination?.limit], [200, 250]);
});

test('ten users can be made at once: all of them or none', async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ ...NEW, email: `user${n}@fjord.example` }));
  const eleven = await b2b(world, 'POST', '/users/bulk', { body: many(11) });
  const broken = await b2b(world, 'POST', '/users/bulk', { body: [...many(2), {}] });
  const twins = await b2b(world, 'POST', '/users/bulk', { body: [...many(1), ...many(1)] });
  const none = await b2b(world, 'GET', '/users?q=user');
  const two = await b2b(world, 'POST', '/users/bulk', { body: many(2) });

  assert.deepEqual([eleven.code, eleven.data.errMsg], [413, 'Add up to ten data at a time']);
  assert.equal(twins.code, 422);
  assert.deepEqual([broken.code, none.meta.pagination?.totalCount, two.data.length], [422, 0, 2]);
});

test('a lost reply has made the user, who is found by address afterwards', async () => {
  const system = world.sandbox.system('bigcommerce');
  system.fail({
    kind: 'lost-reply',
    times: 1,
    match: { host: 'api-b2b.bigcommerce.localhost', method: 'POST' },
  });
  await assert.rejects(callB2b(world, 'POST', '/users', { body: NEW }));
  const again = await post(NEW);
  const found = await b2b(world, 'GET', `/users?email=${NEW.email}`);

  assert.match(again.data.errMsg, /Email already exists/);
  assert.equal(found.data.length, 1);
});
