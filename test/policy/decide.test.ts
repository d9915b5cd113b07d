import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowed, ask, giving, IDENTITY, NOW, person, policyOf, refused, shown } from './world.ts';

const HALDEN = policyOf(
  {
    id: 'emea-merchandising',
    title: 'EMEA merchandising',
    explain: 'This store is open for merchandising in EMEA. Ask your team lead.',
    when: '"merchandising@staff" in person.groups && person.region == "EMEA"',
    give: [{ relyingParty: 'store-emea', roles: ['merchandiser'], scopes: ['catalog:write', 'orders:read'] }],
  },
  {
    id: 'agencies',
    when: '"agencies@partners" in person.groups',
    give: [
      {
        relyingParty: 'store-emea',
        roles: ['content-editor'],
        until: 'person.contractEnd',
        windows: ['Mon-Fri 08:00-18:00 Europe/Berlin'],
      },
    ],
    cap: [{ relyingParty: 'store-emea', roles: ['content-editor'] }],
  },
);
const mira = person({ region: 'EMEA' }, { groups: ['merchandising@staff'] });
const noah = person({ region: 'NA' }, { groups: ['merchandising@staff'] });
const olu = person({ contractEnd: new Date('2026-04-01T00:00:00Z') }, { groups: ['agencies@partners'] });

test('S6: region decides the store, and the refusal says in the words of the rule what the store is for', () => {
  const entitlement = allowed(ask(HALDEN, { who: mira }));
  const refusal = refused(ask(HALDEN, { who: noah }));

  assert.deepEqual(shown(entitlement.roles), ['merchandiser']);
  assert.deepEqual(shown(entitlement.scopes), ['catalog:write', 'orders:read']);
  assert.deepEqual(entitlement.roles[0]?.because, ['emea-merchandising']);
  assert.ok(!('ends' in entitlement));
  assert.equal(refusal.code, 'policy.no_rule');
  assert.equal(refusal.reason.about, 'rule emea-merchandising');
  assert.equal(refusal.reason.text, 'This store is open for merchandising in EMEA. Ask your team lead.');
});

test('S5: an agency person keeps the capped role, even if a second group would give a higher one', () => {
  const both = person(olu.attributes, { groups: ['agencies@partners', 'merchandising@staff'] });
  const inEmea = { ...both, attributes: { ...both.attributes, region: 'EMEA' } };

  const entitlement = allowed(ask(HALDEN, { who: inEmea }));

  assert.deepEqual(shown(entitlement.roles), ['content-editor until 2026-03-02T17:00']);
  assert.deepEqual(entitlement.scopes, []);
});

test('S8: access works until the last moment before the end, and not at the end', () => {
  const policy = policyOf(giving({ until: 'person.contractEnd' }));
  const who = person({ contractEnd: new Date('2026-04-01T00:00:00Z') });

  const before = ask(policy, { who, at: '2026-03-31T23:59:59.999Z' });
  const after = ask(policy, { who, at: '2026-04-01T00:00:00Z' });

  assert.equal(allowed(before).ends?.toISOString(), '2026-04-01T00:00:00.000Z');
  assert.equal(refused(after).code, 'policy.ended');
  assert.match(refused(after).reason.text, /has ended/);
});

test('R3.6: a last day is included, and ends at the midnight after it in the zone of the rule', () => {
  const ends = (give: object, rule = {}) =>
    allowed(ask(policyOf(giving({ until: '2026-12-31', ...give }, rule)))).ends?.toISOString();

  assert.equal(ends({}), '2027-01-01T00:00:00.000Z');
  assert.equal(ends({}, { timeZone: 'Europe/Berlin' }), '2026-12-31T23:00:00.000Z');
  assert.equal(
    ends({ timeZone: 'America/New_York' }, { timeZone: 'Europe/Berlin' }),
    '2027-01-01T05:00:00.000Z',
  );
  assert.equal(ends({ until: '2026-12-31T12:00:00+01:00' }), '2026-12-31T11:00:00.000Z');
});

test('R3.6: the closing edge of a window is an end, and half-open', () => {
  assert.deepEqual(shown(allowed(ask(HALDEN, { who: olu })).roles), [
    'content-editor until 2026-03-02T17:00',
  ]);
  assert.equal(allowed(ask(HALDEN, { who: olu, at: '2026-03-02T07:00:00Z' })).roles.length, 1);
  assert.equal(refused(ask(HALDEN, { who: olu, at: '2026-03-02T17:00:00Z' })).code, 'policy.outside_window');
});

test('outside its window a refusal tells when it opens, and at which times', () => {
  const refusal = refused(ask(HALDEN, { who: olu, at: '2026-03-06T20:00:00Z' }));

  assert.equal(refusal.opensAt?.toISOString(), '2026-03-09T07:00:00.000Z');
  assert.match(refusal.reason.text, /Mon-Fri 08:00-18:00 Europe\/Berlin/);
});

test('a window that opens only after the end never opens', () => {
  const who = person({ contractEnd: new Date('2026-03-07T00:00:00Z') }, { groups: ['agencies@partners'] });

  const refusal = refused(ask(HALDEN, { who, at: '2026-03-06T20:00:00Z' }));

  assert.equal(refusal.code, 'policy.ended');
  assert.ok(!('opensAt' in refusal));
});

test('of several closed windows the earliest opening is told', () => {
  const policy = policyOf(
    giving({ windows: ['Sat 08:00-10:00 UTC'] }, { id: 'late' }),
    giving({ windows: ['Wed 08:00-10:00 UTC'] }, { id: 'early' }),
  );

  assert.equal(refused(ask(policy)).opensAt?.toISOString(), '2026-03-04T08:00:00.000Z');
});

test('no opening is told where a window is not all that is missing', () => {
  const policy = policyOf(giving({ windows: ['Sat 08:00-10:00 UTC'] }), {
    id: 'cap',
    when: 'true',
    cap: [{ relyingParty: 'wiki', roles: '*' }],
  });

  const refusal = refused(ask(policy));

  assert.equal(refusal.code, 'policy.capped');
  assert.ok(!('opensAt' in refusal));
});

test('R3.1: each role and scope has its own end, and the whole ends with the first', () => {
  const policy = policyOf(
    giving({ roles: ['merchandiser'], until: '2026-03-10' }, { id: 'a' }),
    giving({ roles: ['viewer'], until: '2026-03-20' }, { id: 'b' }),
    giving({ roles: [], scopes: ['orders:read'], until: '2026-03-05' }, { id: 'c' }),
  );

  const entitlement = allowed(ask(policy));

  assert.deepEqual(shown(entitlement.roles), [
    'merchandiser until 2026-03-11T00:00',
    'viewer until 2026-03-21T00:00',
  ]);
  assert.deepEqual(shown(entitlement.scopes), ['orders:read until 2026-03-06T00:00']);
  assert.equal(entitlement.ends?.toISOString(), '2026-03-06T00:00:00.000Z');
});

test('R3.1: at an edge the decision is computed again and holds what is left', () => {
  const policy = policyOf(
    giving({ roles: ['merchandiser'], until: '2026-03-10' }, { id: 'a' }),
    giving({ roles: ['viewer'], until: '2026-03-20' }, { id: 'b' }),
  );

  const entitlement = allowed(ask(policy, { at: allowed(ask(policy)).ends ?? NOW }));

  assert.deepEqual(shown(entitlement.roles), ['viewer until 2026-03-21T00:00']);
});

test('the same role from several rules lasts as long as the longest of them', () => {
  const both = policyOf(
    giving({ until: '2026-03-10' }, { id: 'a' }),
    giving({ until: '2026-03-20' }, { id: 'b' }),
  );
  const open = policyOf(giving({ until: '2026-03-10' }, { id: 'a' }), giving({}, { id: 'b' }));

  assert.deepEqual(shown(allowed(ask(both)).roles), ['viewer until 2026-03-21T00:00']);
  assert.deepEqual(allowed(ask(both)).roles[0]?.because, ['a', 'b']);
  assert.deepEqual(shown(allowed(ask(open)).roles), ['viewer']);
});

test('a condition on now ends what it gives at its own edge', () => {
  const policy = policyOf(giving({}, { when: 'now < person.contractEnd' }));
  const who = person({ contractEnd: new Date('2026-04-01T00:00:00Z') });

  assert.equal(allowed(ask(policy, { who })).ends?.toISOString(), '2026-04-01T00:00:00.000Z');
  assert.equal(refused(ask(policy, { who, at: '2026-04-01T00:00:00Z' })).code, 'policy.no_rule');
});

test('a condition on the freshness of the login ends with it', () => {
  const policy = policyOf(giving({}, { when: 'now < identity.authTime + duration("8h")' }));

  assert.equal(allowed(ask(policy)).ends?.toISOString(), '2026-03-02T16:30:00.000Z');
});

test('a deny or a cap that will come into force later ends the access then', () => {
  const later = 'now >= timestamp("2026-03-15T00:00:00Z")';
  const denied = policyOf(giving(), { id: 'd', when: later, deny: [{ relyingParty: '*' }] });
  const capped = policyOf(giving(), { id: 'c', when: later, cap: [{ relyingParty: 'wiki', roles: '*' }] });

  assert.equal(allowed(ask(denied)).ends?.toISOString(), '2026-03-15T00:00:00.000Z');
  assert.equal(refused(ask(denied, { at: '2026-03-15T00:00:00Z' })).code, 'policy.denied');
  assert.equal(allowed(ask(capped)).ends?.toISOString(), '2026-03-15T00:00:00.000Z');
  assert.equal(refused(ask(capped, { at: '2026-03-15T00:00:00Z' })).code, 'policy.capped');
});

test('R4.2: deny wins over everything and shows its reason', () => {
  const policy = policyOf(giving(), {
    id: 'freeze',
    title: 'Stock taking',
    when: 'true',
    deny: [{ relyingParty: 'store-emea', reason: 'The store is closed for stock taking.' }],
  });

  const refusal = refused(ask(policy));

  assert.deepEqual([refusal.code, refusal.reason.about], ['policy.denied', 'rule freeze']);
  assert.equal(refusal.reason.text, 'The store is closed for stock taking.');
});

test('a deny of "*" closes every relying party, one of another place closes nothing here', () => {
  const everything = policyOf(giving(), { id: 'd', when: 'true', deny: [{ relyingParty: '*' }] });
  const elsewhere = policyOf(giving(), { id: 'd', when: 'true', deny: [{ relyingParty: 'wiki' }] });

  assert.equal(refused(ask(everything)).code, 'policy.denied');
  assert.equal(ask(elsewhere).outcome, 'allow');
});

test('R4.2: a cap takes away what it does not name, at every relying party, scopes too', () => {
  const policy = policyOf(
    {
      id: 'all',
      when: 'true',
      give: [
        { relyingParty: 'store-emea', roles: ['merchandiser', 'viewer'], scopes: ['a', 'b'] },
        { relyingParty: 'store-na', roles: ['merchandiser'] },
        { relyingParty: 'wiki', roles: ['reader', 'writer'], scopes: ['pages:read', 'pages:write'] },
      ],
    },
    {
      id: 'cap',
      title: 'Partners',
      when: 'true',
      cap: [
        { relyingParty: 'store-emea', roles: ['viewer'] },
        { relyingParty: 'wiki', roles: '*', scopes: ['pages:read'] },
      ],
    },
  );

  const emea = allowed(ask(policy));
  const wiki = allowed(ask(policy, { where: 'wiki' }));
  const na = refused(ask(policy, { where: 'store-na' }));

  assert.deepEqual([shown(emea.roles), shown(emea.scopes)], [['viewer'], []]);
  assert.deepEqual([shown(wiki.roles), shown(wiki.scopes)], [['reader', 'writer'], ['pages:read']]);
  assert.deepEqual([na.code, na.reason.about], ['policy.capped', 'rule cap']);
  assert.match(na.reason.text, /“Partners”/);
});

test('R4.2: several caps intersect', () => {
  const gives = giving({ roles: ['merchandiser', 'content-editor', 'viewer'] });
  const cap = (id: string, roles: readonly string[]) => ({
    id,
    when: 'true',
    cap: [{ relyingParty: 'store-emea', roles: [...roles] }],
  });

  const two = policyOf(gives, cap('x', ['merchandiser', 'viewer']), cap('y', ['viewer', 'content-editor']));
  const none = policyOf(gives, cap('x', ['merchandiser']), cap('y', ['viewer']));

  assert.deepEqual(shown(allowed(ask(two)).roles), ['viewer']);
  assert.equal(refused(ask(none)).code, 'policy.capped');
});

test('several lines of one cap add up', () => {
  const policy = policyOf(giving({ roles: ['merchandiser', 'viewer'] }), {
    id: 'cap',
    when: 'true',
    cap: [
      { relyingParty: 'store-emea', roles: ['merchandiser'] },
      { relyingParty: 'store-emea', roles: ['viewer'] },
    ],
  });

  assert.equal(allowed(ask(policy)).roles.length, 2);
});

test('a cap gives nothing by itself', () => {
  const policy = policyOf({ id: 'cap', when: 'true', cap: [{ relyingParty: 'store-emea', roles: '*' }] });

  assert.equal(refused(ask(policy)).code, 'policy.no_rule');
});

test('R4.5: roles stand in the order of precedence that the relying party declares', () => {
  const policy = policyOf(
    giving({ roles: ['viewer'] }, { id: 'a' }),
    giving({ roles: ['merchandiser'] }, { id: 'b' }),
  );

  assert.deepEqual(shown(allowed(ask(policy)).roles), ['merchandiser', 'viewer']);
});

test('R4.5: scopes without a role are a refusal', () => {
  assert.equal(refused(ask(policyOf(giving({ roles: [], scopes: ['orders:read'] })))).code, 'policy.no_role');
});

test('scopes may come from a table, and undeclared ones mean nothing where scopes are declared', () => {
  const stores = policyOf(giving({ scopesFrom: 'tables.scopes[person.region]' }));
  const wiki = policyOf({
    id: 'wiki',
    when: 'true',
    give: [{ relyingParty: 'wiki', roles: ['reader'], scopesFrom: 'person.brands' }],
  });

  const emea = allowed(ask(stores, { who: person({ region: 'EMEA' }) }));
  const pages = allowed(ask(wiki, { where: 'wiki', who: person({ brands: ['pages:write', 'admin'] }) }));

  assert.deepEqual(shown(emea.scopes), ['catalog:write']);
  assert.deepEqual(shown(pages.scopes), ['pages:write']);
});

test('a disabled person is refused everywhere, whatever the rules say', () => {
  const refusal = refused(ask(policyOf(giving()), { who: person({}, { status: 'disabled' }) }));

  assert.deepEqual([refusal.code, refusal.reason.kind], ['policy.person_disabled', 'person']);
});

test('a relying party that is switched off or unknown is refused', () => {
  const policy = policyOf({ id: 'x', when: 'true', give: [{ relyingParty: 'closed', roles: ['reader'] }] });

  assert.equal(refused(ask(policy, { where: 'closed' })).code, 'policy.relying_party_disabled');
  assert.equal(refused(ask(policy, { where: 'nowhere' })).code, 'policy.relying_party_disabled');
  assert.equal(refused(ask(policy, { where: '__proto__' })).code, 'policy.relying_party_disabled');
});

test('a place that no rule opens is refused without naming anybody', () => {
  const refusal = refused(ask(policyOf(giving()), { where: 'wiki' }));

  assert.deepEqual([refusal.code, refusal.reason.about], ['policy.no_rule', 'relyingParty wiki']);
});

test('without an explanation the titles of the rules are named', () => {
  const one = policyOf(giving({}, { id: 'a', title: 'Sales', when: 'false' }));
  const two = policyOf(
    giving({}, { id: 'a', title: 'Sales', when: 'false' }),
    giving({}, { id: 'b', when: 'false' }),
  );

  assert.match(refused(ask(one)).reason.text, /the rule “Sales”, which does not apply to you/);
  assert.match(refused(ask(two)).reason.text, /“Sales”, “b”; none of them applies/);
});

test('every rule that mentions the place leaves a fact, in declared order', () => {
  const policy = policyOf(
    giving({}, { id: 'gives' }),
    giving({}, { id: 'misses', when: 'false' }),
    giving({}, { id: 'fails', when: 'person.vip' }),
    giving({ windows: ['Sat 08:00-10:00 UTC'] }, { id: 'closed' }),
    giving({ until: '2026-01-01' }, { id: 'ended' }),
    { id: 'caps', when: 'true', cap: [{ relyingParty: 'store-emea', roles: '*' }] },
    { id: 'idle-deny', when: 'false', deny: [{ relyingParty: '*' }] },
    { id: 'elsewhere', when: 'true', give: [{ relyingParty: 'wiki', roles: ['reader'] }] },
  );

  const facts = ask(policy).facts.map(({ kind, about, effect }) => `${about} ${kind} ${effect}`);

  assert.deepEqual(facts, [
    'rule gives rule gives',
    'rule misses rule none',
    'rule fails failure none',
    'rule closed window none',
    'rule ended end none',
    'rule caps cap limits',
    'rule idle-deny deny none',
  ]);
});

test('facts hold no personal data', () => {
  const who = person(
    { region: 'private-region', contractEnd: new Date('2031-07-17T00:00:00Z') },
    {
      mail: 'private@halden.example',
      login: 'private-login',
      groups: ['agencies@partners', 'private-group'],
    },
  );
  const at = ['2026-03-02T09:00:00Z', '2026-03-02T20:00:00Z', '2032-01-01T09:00:00Z'];

  const text = at.map((now) => JSON.stringify(ask(HALDEN, { who, at: now }).facts)).join();

  assert.doesNotMatch(text, /private|2031/);
});

test('without an identity, rules about the login fail and others work', () => {
  const about = policyOf(giving({}, { when: 'identity.connection == "otds"' }));

  assert.equal(ask(about, { identity: IDENTITY }).outcome, 'allow');
  assert.equal(refused(ask(about, { identity: undefined })).reason.kind, 'failure');
  assert.equal(ask(policyOf(giving()), { identity: undefined }).outcome, 'allow');
});

test('a declared attribute can not stand in for a built-in field', () => {
  const policy = policyOf(giving({}, { when: '"admins" in person.groups' }));
  const who = person({ groups: ['admins'] } as never);

  assert.equal(ask(policy, { who }).outcome, 'deny');
});

test('deciding for everything at once keeps the declared order', () => {
  const all = HALDEN.decideAll({ person: mira, identity: IDENTITY, now: NOW });

  assert.deepEqual([...all.keys()], ['store-emea', 'store-na', 'wiki', 'closed']);
  assert.deepEqual(all.get('store-emea'), ask(HALDEN, { who: mira }));
});
