import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { personOf } from '../../src/directory/index.ts';
import { ConnectionConfig, checkConnections } from '../../src/federation/index.ts';
import { openOidcWorld, otdsConfig, PERSON, signIn } from '../federation/oidc-world.ts';

// Some upstreams say email_verified: false of everybody, others let people write their own address and say it of those.
// Only whoever runs one knows which it is: the setting says so for one connection, and nothing else does.

const CEO = { ...PERSON, sub: 'mallory-uuid', email: 'ceo@halden.example' };
const DOMAINS = { trustedMailDomains: ['halden.example'] };

/** Whether the address proves nothing, as everything behind the sign-in sees the person. */
async function isUnverified(claims: object, settings: object): Promise<boolean> {
  await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { ...DOMAINS, ...settings })]);
  world.provider.behaviour.claims = { ...CEO, ...claims };
  const result = await signIn(world);
  assert.ok(result.outcome === 'identity');
  const { authTime: _authTime, verifiedAt: _verifiedAt, amr: _amr, ...facts } = result.identity;
  const person = personOf(
    { id: newId('per'), status: 'active' },
    facts as never,
    {},
    { primary: true, others: [] },
  );
  assert.equal(person.mail, 'ceo@halden.example');
  return person.isMailUnverified === true;
}

suite('an address that somebody wrote at an upstream', () => {
  const said = [false, 'false', 'False', 0, '', 'no', [false], [true, false], ['true', '\ud83d'], '\ud83d'];
  for (const value of said) {
    test(`which says email_verified: ${JSON.stringify(value)} proves nothing without the setting`, async () => {
      assert.equal(await isUnverified({ email_verified: value }, {}), true);
      assert.equal(await isUnverified({ email_verified: value }, { ignoreEmailVerified: false }), true);
    });

    test(`which says email_verified: ${JSON.stringify(value)} of everybody counts with the setting`, async () => {
      assert.equal(await isUnverified({ email_verified: value }, { ignoreEmailVerified: true }), false);
    });
  }

  test('which says nothing of it, or yes, counts either way', async () => {
    for (const settings of [{}, { ignoreEmailVerified: true }]) {
      assert.equal(await isUnverified({}, settings), false);
      assert.equal(await isUnverified({ email_verified: true }, settings), false);
    }
  });

  test('another connection with the setting changes nothing for one without', async () => {
    await using world = await openOidcWorld((issuer) => [
      otdsConfig(issuer, DOMAINS),
      otdsConfig(issuer, { ...DOMAINS, id: 'other', ignoreEmailVerified: true }),
    ]);
    world.provider.behaviour.claims = { ...CEO, email_verified: false };

    const [plain, believed] = [await signIn(world), await signIn(world, { id: 'other' })];

    assert.ok(plain.outcome === 'identity' && believed.outcome === 'identity');
    assert.equal(plain.identity.mailVerified, false);
    assert.equal(believed.identity.mailVerified, undefined);
  });
});

test('the setting is refused where it is about no address', () => {
  const config = ConnectionConfig.parse(otdsConfig('https://otds.example', { ignoreEmailVerified: true }));

  const problems = checkConnections([config], { allowInsecureLoopback: false });

  assert.deepEqual(
    problems.map(({ path }) => path),
    ['connections[0].ignoreEmailVerified'],
  );
});
