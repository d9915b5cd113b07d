import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkB2bAccess,
  checkB2bTarget,
} from '../../src/provisioning/connectors/bigcommerce-b2b/check-config.ts';
import { B2bAccess, B2bTarget } from '../../src/provisioning/connectors/bigcommerce-b2b/index.ts';
import { connectors } from '../../src/provisioning/index.ts';

const TARGET = {
  storeHash: 'abc123',
  login: [{ clientId: 'login', clientSecret: 'secret' }],
  api: [{ clientId: 'api', accessToken: 'token' }],
};
const problemsOf = (change: object) =>
  checkB2bTarget(B2bTarget.parse({ ...TARGET, ...change })).map(({ path }) => path);
const isRole = (role: object): boolean =>
  B2bAccess.safeParse({ channelId: 1, roles: [{ id: 'one', ...role }] }).success;

test('a target as the documentation shows it has no problems', () => {
  const ladder = { deleteUser: '7d', parking: { channelId: 9, after: '30d' }, delete: { after: '90d' } };

  assert.deepEqual(problemsOf({ b2b: [{ clientId: 'b2b', accessToken: 'token' }], ladder }), []);
});

test('people cannot be let in before their customer exists', () => {
  assert.deepEqual(problemsOf({ provision: 'queue' }), ['provision']);
});

test('an account that signs logins writes nothing', () => {
  assert.deepEqual(
    problemsOf({
      api: [{ clientId: 'login', accessToken: 'token' }],
      b2b: [{ accessToken: 'token' }, { clientId: 'login', accessToken: 'token' }],
    }),
    ['api[0].clientId', 'b2b[1].clientId'],
  );
});

test('rungs of the ladder come in their order', () => {
  assert.deepEqual(
    problemsOf({
      ladder: { deleteUser: '7d', parking: { channelId: 9, after: '1d' }, delete: { after: '2d' } },
    }),
    ['ladder.parking.after', 'ladder.delete.after'],
  );
  assert.deepEqual(
    problemsOf({
      ladder: { deleteUser: '1d', parking: { channelId: 9, after: '5d' }, delete: { after: '2d' } },
    }),
    ['ladder.delete.after'],
  );
});

test('a role is a company user or a super admin, never both and never neither', () => {
  const companyUser = { company: 'Orchard Supply', role: 'admin' };
  const superAdmin = { companies: 'all' };

  assert.ok(isRole({ companyUser }));
  assert.ok(isRole({ superAdmin }));
  assert.ok(!isRole({ companyUser, superAdmin }));
  assert.ok(!isRole({}));
});

test('companies are named by name, by id, or by an attribute', () => {
  for (const company of ['Orchard Supply', 503, { attribute: 'customer', by: 'uuid' }]) {
    assert.ok(isRole({ companyUser: { company, role: 'junior-buyer' } }));
  }
  assert.ok(isRole({ superAdmin: { companies: ['Orchard Supply', 501] } }));
  for (const companies of ['Orchard Supply', [], [''], { attribute: 'customer', by: 'mail' }]) {
    assert.ok(!isRole({ superAdmin: { companies } }));
  }
  assert.ok(!isRole({ companyUser: { company: 0, role: 'admin' } }));
});

test('a role that is declared twice is named', () => {
  const role = { id: 'one', superAdmin: { companies: 'all' } } as const;
  const access = B2bAccess.parse({ channelId: 1, roles: [role, role] });

  assert.deepEqual(
    checkB2bAccess(access).map(({ path }) => path),
    ['roles[1].id'],
  );
});

test('the kind serves relying parties of its own name alone', () => {
  assert.deepEqual(connectors.get('bigcommerce-b2b')?.serves, ['bigcommerce-b2b']);
});
