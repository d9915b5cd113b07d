import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openOidcWorld, otdsConfig, signIn as signInByOidc } from './oidc-world.ts';
import { inlineConfig, openSamlWorld, signIn, upstreamOf } from './saml-world.ts';

// What says who somebody is, or where they belong, must be one value (R1.2). Of a list that holds one text and something
// else, the text alone would be taken for it: whoever can spoil one of two values would choose which of them counts.

const HALF = '\ud83d';
const JOINED = {
  correlate: { claim: 'employee', attribute: 'employeeNumber' },
  sharedKey: { claim: 'badge' },
};
const SPOILT: readonly (readonly unknown[])[] = [
  ['4711', HALF],
  [HALF, '4711'],
  ['4711', { number: '4712' }],
  ['4711', ['4712']],
  ['4711', null],
  ['4711', ''],
  ['4711', '4712'],
];

suite('a list in a claim, of which only one member is a text', () => {
  for (const list of SPOILT) {
    test(`joins nobody, and is no subject: ${JSON.stringify(list)}`, async () => {
      await using world = await openOidcWorld((issuer) => [
        otdsConfig(issuer, JOINED),
        otdsConfig(issuer, { id: 'keyed', subject: { claim: 'employee' } }),
      ]);
      Object.assign(world.provider.behaviour.claims, { employee: list, badge: list });

      const result = await signInByOidc(world);
      const keyed = await signInByOidc(world, { id: 'keyed' });

      assert.ok(result.outcome === 'identity');
      const { correlate, sharedKey } = result.identity.attributes;
      assert.deepEqual([correlate, sharedKey], [undefined, undefined]);
      assert.equal(keyed.outcome === 'refused' && keyed.code, 'federation.subject_missing');
    });
  }

  test('still gives the groups that are texts', async () => {
    await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { map: { groups: 'teams' } })]);
    Object.assign(world.provider.behaviour.claims, { teams: [HALF, 'a@staff', { b: 1 }, 'c@staff'] });

    const result = await signInByOidc(world);

    assert.ok(result.outcome === 'identity');
    assert.deepEqual(result.identity.groups, ['a@staff', 'c@staff']);
  });
});

suite('an attribute of an assertion, of whose values only one is a text', () => {
  const nested = '<saml:NameID>4712</saml:NameID>';
  for (const values of [
    ['4711', nested],
    [nested, '4711'],
    ['4711', ''],
  ]) {
    test(`joins nobody, and is no subject: ${values.join(', ')}`, async () => {
      await using world = await openSamlWorld();
      const settings = {
        correlate: { claim: 'employee', attribute: 'e' },
        sharedKey: { attribute: 'badge' },
      };
      const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, settings)]));

      const joined = await signIn(world, upstream, {
        attributes: { guid: ['g-1'], employee: values, badge: values },
      });
      const keyed = await signIn(world, upstream, { attributes: { guid: values } });

      assert.ok(joined.outcome === 'identity');
      const { correlate, sharedKey } = joined.identity.attributes;
      assert.deepEqual([correlate, sharedKey], [undefined, undefined]);
      assert.equal(keyed.outcome === 'refused' && keyed.code, 'federation.subject_missing');
    });
  }
});
