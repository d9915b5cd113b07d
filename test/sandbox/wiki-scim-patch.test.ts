import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import {
  ENTERPRISE,
  type Json,
  PATCH_OP,
  problemOf,
  type ScimWorld,
  startScimWorld,
  USER,
} from './client/scim-world.ts';

let world: ScimWorld;
let at: string;
before(async () => {
  world = await startScimWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.sandbox.reset();
  const { id } = await world.user({
    userName: 'mira@halden.example',
    name: { givenName: 'Mira', familyName: 'Lindqvist' },
    emails: [
      { value: 'mira@halden.example', type: 'work', primary: true },
      { value: 'mira@home.example', type: 'home' },
    ],
    [ENTERPRISE]: { department: 'Merchandising' },
  });
  at = `/Users/${id}`;
});

type Operation = Record<string, unknown>;
const patched = async (...operations: Operation[]): Promise<Json> => {
  const reply = await world.patch(at, ...operations);
  assert.equal(reply.status, 200, reply.body);
  return reply.json();
};
const refused = async (...operations: Operation[]): Promise<string> => {
  const before = await world.json('GET', at);
  const problem = problemOf(await world.patch(at, ...operations));
  assert.deepEqual(await world.json('GET', at), before, 'nothing has changed');
  return problem;
};

suite('add and replace', () => {
  test('set single values, with a path or without one', async () => {
    const user = await patched(
      { op: 'add', path: 'title', value: 'Editor' },
      { op: 'replace', path: 'name.familyName', value: 'Berg' },
      { op: 'Replace', path: `${ENTERPRISE}:department`, value: 'Content' },
      { op: 'ADD', value: { nickName: 'M', 'name.middleName': 'K', [`${ENTERPRISE}:costCenter`]: 'C1' } },
      { op: 'add', value: { [ENTERPRISE]: { division: 'Shops', manager: { value: 'x' } } } },
      { op: 'replace', path: 'active', value: false },
    );

    assert.deepEqual(user.name, { givenName: 'Mira', familyName: 'Berg', middleName: 'K' });
    assert.deepEqual([user.title, user.nickName, user.active], ['Editor', 'M', false]);
    assert.deepEqual(user[ENTERPRISE], {
      department: 'Content',
      costCenter: 'C1',
      division: 'Shops',
      manager: { value: 'x' },
    });
  });

  test('keep the parts of a complex attribute that are not named', async () => {
    const user = await patched({ op: 'replace', path: 'name', value: { givenName: 'Mia' } });

    assert.deepEqual(user.name, { givenName: 'Mia', familyName: 'Lindqvist' });
  });

  test('an added value joins the others and does not come twice; a replaced list is the list', async () => {
    const phone = { value: '+49 40 1', type: 'work' };
    const twice = await patched(
      { op: 'add', path: 'phoneNumbers', value: [phone] },
      { op: 'add', path: 'phoneNumbers', value: phone },
    );
    const replaced = await patched({
      op: 'replace',
      path: 'emails',
      value: [{ value: 'new@x', type: 'work' }],
    });

    assert.deepEqual(twice.phoneNumbers, [phone]);
    assert.equal(twice.emails.length, 2);
    assert.deepEqual(replaced.emails, [{ value: 'new@x', type: 'work' }]);
  });

  test('a new primary value takes that from the old one', async () => {
    const user = await patched({ op: 'add', path: 'emails', value: [{ value: 'c@x', primary: true }] });
    const again = await patched({ op: 'replace', path: 'emails[type eq "home"].primary', value: true });
    const primary = ({ emails }: Json): string[] =>
      emails.filter((each: Json) => each.primary).map(({ value }: Json) => value);

    assert.deepEqual([primary(user), primary(again)], [['c@x'], ['mira@home.example']]);
  });

  test('reach values by a filter', async () => {
    const user = await patched(
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'm@halden.example' },
      { op: 'replace', path: 'emails[type eq "home"]', value: { value: 'm@home.example', type: 'home' } },
      { op: 'add', path: 'addresses[type eq "work"].locality', value: 'Hamburg' },
    );

    assert.deepEqual(user.emails, [
      { value: 'm@halden.example', type: 'work', primary: true },
      { value: 'm@home.example', type: 'home' },
    ]);
    assert.deepEqual(user.addresses, [{ type: 'work', locality: 'Hamburg' }]);
  });

  test('null and an empty list take the value away', async () => {
    const user = await patched(
      { op: 'replace', path: 'emails', value: [] },
      { op: 'replace', path: 'name.givenName', value: null },
    );

    assert.equal(user.emails, undefined);
    assert.deepEqual(user.name, { familyName: 'Lindqvist' });
  });

  test('who repeats id and schemas is understood', async () => {
    const { id } = await world.json('GET', at);
    const user = await patched({ op: 'replace', value: { id, schemas: [USER], title: 'Editor' } });

    assert.equal(user.title, 'Editor');
  });
});

test('remove takes attributes, parts, chosen values and whole extensions away', async () => {
  const user = await patched(
    { op: 'remove', path: 'emails[type eq "home"]' },
    { op: 'remove', path: 'emails[type eq "work"].primary' },
    { op: 'remove', path: 'name.familyName' },
    { op: 'remove', path: ENTERPRISE },
    { op: 'remove', path: 'title' },
  );

  assert.deepEqual(user.emails, [{ value: 'mira@halden.example', type: 'work' }]);
  assert.deepEqual(user.name, { givenName: 'Mira' });
  assert.deepEqual(user.schemas, [USER]);
});

suite('refused, and then nothing of the PATCH is done', () => {
  for (const [expected, operation] of [
    ['400 noTarget', { op: 'remove' }],
    ['400 noTarget', { op: 'replace', path: 'emails[type eq "other"].value', value: 'x' }],
    ['400 noTarget', { op: 'remove', path: 'emails[type eq "other"]' }],
    ['400 mutability', { op: 'replace', path: 'id', value: 'x' }],
    ['400 mutability', { op: 'replace', value: { id: 'other' } }],
    ['400 mutability', { op: 'add', path: 'groups', value: [{ value: 'x' }] }],
    ['400 mutability', { op: 'replace', path: 'meta.created', value: 'x' }],
    ['400 mutability', { op: 'remove', path: 'userName' }],
    ['400 invalidValue', { op: 'replace', path: 'userName', value: null }],
    ['400 invalidValue', { op: 'replace', path: 'userName', value: '' }],
    ['400 invalidValue', { op: 'replace', path: 'active', value: 'maybe' }],
    ['400 invalidValue', { op: 'replace', path: 'name', value: 'Mira' }],
    ['400 invalidValue', { op: 'replace', value: 'Mira' }],
    ['400 invalidValue', { op: 'replace', path: 'title' }],
    ['400 invalidValue', { op: 'add', path: 'emails', value: [{ value: 5 }] }],
    ['400 invalidPath', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }],
    ['400 invalidPath', { op: 'replace', path: 'emails[type eq "work"].none', value: 'x' }],
    ['400 invalidPath', { op: 'replace', path: 'name[givenName eq "Mira"]', value: {} }],
    ['400 invalidPath', { op: 'replace', path: '', value: 'x' }],
    ['400 invalidFilter', { op: 'replace', path: 'emails[none eq "work"].value', value: 'x' }],
    ['400 invalidSyntax', { op: 'set', path: 'title', value: 'x' }],
    ['400 invalidSyntax', { path: 'title', value: 'x' }],
  ] as const) {
    test(`${expected}: ${JSON.stringify(operation)}`, async () => {
      assert.equal(await refused({ op: 'replace', path: 'title', value: 'first' }, operation), expected);
    });
  }

  test('bodies that are no PATCH', async () => {
    const send = (body: unknown): Promise<string> => world.call('PATCH', at, body).then(problemOf);

    assert.equal(await send({ Operations: [{ op: 'remove', path: 'title' }] }), '400 invalidSyntax');
    assert.equal(await send({ schemas: [PATCH_OP] }), '400 invalidSyntax');
    assert.equal(await send({ schemas: [PATCH_OP], Operations: [] }), '400 invalidSyntax');
    assert.equal(await send([]), '400 invalidSyntax');
    assert.equal(problemOf(await world.patch('/Users/none', { op: 'remove', path: 'title' })), '404');
  });
});

suite('members', () => {
  test('are added, not twice, and removed one by one', async () => {
    const [, mira] = at.slice(1).split('/');
    const { id: noah } = await world.user({ userName: 'noah' });
    const { id } = await world.group('Writers', [mira ?? '']);
    const group = async (...operations: Operation[]): Promise<string[]> => {
      const reply = await world.patch(`/Groups/${id}`, ...operations);
      return (reply.json() as Json).members.map(({ value }: Json) => value);
    };

    const value = [{ value: mira }, { value: noah }];
    assert.deepEqual(await group({ op: 'add', path: 'members', value }), [mira, noah]);
    assert.deepEqual(await group({ op: 'remove', path: `members[value eq "${mira}"]` }), [noah]);
    assert.deepEqual(await group({ op: 'add', value: { members: [{ value: mira }] } }), [noah, mira]);
    assert.deepEqual(await group({ op: 'replace', path: 'members', value: [{ value: mira }] }), [mira]);
    assert.deepEqual(await group({ op: 'remove', path: 'members' }), []);
  });

  test('are not changed in place', async () => {
    const [, mira = ''] = at.slice(1).split('/');
    const { id } = await world.group('Writers', [mira]);
    const reply = await world.patch(`/Groups/${id}`, {
      op: 'replace',
      path: `members[value eq "${mira}"].value`,
      value: 'x',
    });

    assert.equal(problemOf(reply), '400 mutability');
  });
});
