import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMs, DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import type { Decision, Granted, Person } from '../../src/model/index.ts';
import { createPolicy, type Policy, RuleConfig } from '../../src/policy/index.ts';
import { createRandom, type Random } from '../base/random.ts';
import { AROUND, IDENTITY, NOW, person } from './world.ts';

const ROUNDS = 400;
const CONDITIONS = [
  'true',
  'true',
  'false',
  'person.vip',
  'person.region == "EMEA"',
  'person.level >= 2',
  '"a" in person.groups || "b" in person.groups',
  'now < person.contractEnd',
  'now >= timestamp("2026-03-03T12:00:00Z")',
  'now > timestamp("2026-03-02T15:00:00Z") && now <= timestamp("2026-03-05T06:00:00Z")',
  '!(now < identity.authTime + duration("36h"))',
  'has(person.vip) && person.vip',
];
const ENDS = ['2026-03-02', '2026-03-04', '2026-01-01', 'person.contractEnd', '2026-03-03T07:30:00Z'];
const WINDOWS = [
  'Mon-Fri 08:00-18:00 Europe/Berlin',
  'daily 22:00-06:00 America/New_York',
  'Tue 00:00-24:00 UTC',
];

type RuleText = { id: string; when: string; give?: unknown; cap?: unknown; deny?: unknown };

function randomPlace(random: Random): { relyingParty: string; roles: string[] } {
  const party = random.pick(AROUND.relyingParties);
  const roles = party.roles.filter(() => random.chance(0.6));
  return { relyingParty: party.id, roles: roles.length > 0 ? roles : [party.roles[0]] };
}

function randomGive(random: Random): object {
  const place = randomPlace(random);
  return {
    ...place,
    ...(place.relyingParty !== 'wiki' && random.chance(0.4)
      ? { scopes: [random.pick(['s1', 's2', 's3'])] }
      : {}),
    ...(random.chance(0.4) ? { until: random.pick(ENDS) } : {}),
    ...(random.chance(0.4) ? { windows: [random.pick(WINDOWS), random.pick(WINDOWS)] } : {}),
    ...(random.chance(0.1) ? { scopesFrom: 'tables.scopes[person.region]' } : {}),
  };
}

function randomCap(random: Random, id: string): RuleText {
  const lines = Array.from({ length: 1 + random.below(3) }, () => ({
    ...randomPlace(random),
    ...(random.chance(0.3) ? { scopes: '*' } : {}),
  }));
  return { id, when: random.pick(CONDITIONS), cap: lines };
}

function randomDeny(random: Random, id: string): RuleText {
  const relyingParty = random.pick(['*', ...AROUND.relyingParties.map((party) => party.id)]);
  return { id, when: random.pick(CONDITIONS), deny: [{ relyingParty }] };
}

function randomRules(random: Random): readonly RuleText[] {
  return Array.from({ length: 1 + random.below(6) }, (_, index) => {
    const id = `rule-${index}`;
    if (random.chance(0.15)) return randomCap(random, id);
    if (random.chance(0.1)) return randomDeny(random, id);
    const give = Array.from({ length: 1 + random.below(3) }, () => randomGive(random));
    return { id, when: random.pick(CONDITIONS), give };
  });
}

function randomPerson(random: Random): Person {
  return person(
    {
      ...(random.chance(0.6) ? { region: random.pick(['EMEA', 'NA', 'APAC']) } : {}),
      ...(random.chance(0.6) ? { level: random.below(4) } : {}),
      ...(random.chance(0.6) ? { vip: random.chance(0.5) } : {}),
      ...(random.chance(0.7) ? { contractEnd: addMs(NOW, (random.below(96) - 8) * HOUR) } : {}),
    },
    {
      groups: ['a', 'b', 'c'].filter(() => random.chance(0.4)),
      status: random.chance(0.95) ? 'active' : 'disabled',
    },
  );
}

function policyOf(rules: readonly RuleText[]): Policy {
  return createPolicy({ rules: rules.map((rule) => RuleConfig.parse(rule)), ...AROUND });
}

function everywhere(policy: Policy, who: Person, now: Date): ReadonlyMap<string, Decision> {
  return policy.decideAll({ person: who, identity: IDENTITY, now });
}

/** Is everything in `narrow` also in `wide`, and for at least as long? */
function isWithin(narrow: Decision, wide: Decision): boolean {
  if (narrow.outcome === 'deny') return true;
  if (wide.outcome === 'deny') return false;
  const holds = (inner: readonly Granted[], outer: readonly Granted[]) =>
    inner.every(({ id, ends }) => {
      const other = outer.find((granted) => granted.id === id);
      return other && (!other.ends || (ends && ends <= other.ends));
    });
  return (
    holds(narrow.entitlement.roles, wide.entitlement.roles) &&
    holds(narrow.entitlement.scopes, wide.entitlement.scopes)
  );
}

function forEachCase(
  check: (random: Random, rules: readonly RuleText[], who: Person, now: Date) => void,
): void {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = createRandom(seed);
    const now = addMs(NOW, random.below(4 * 24 * 60) * MINUTE);
    try {
      check(random, randomRules(random), randomPerson(random), now);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}

test('the random world holds allowed and refused people of every kind', () => {
  const seen = new Map<string, number>();

  forEachCase((_random, rules, who, now) => {
    for (const decision of everywhere(policyOf(rules), who, now).values()) {
      const kind =
        decision.outcome === 'allow' ? `allow${decision.entitlement.ends ? ' with end' : ''}` : decision.code;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  });

  for (const kind of [
    'allow',
    'allow with end',
    'policy.no_rule',
    'policy.denied',
    'policy.capped',
    'policy.ended',
    'policy.outside_window',
    'policy.person_disabled',
    'policy.relying_party_disabled',
  ]) {
    assert.ok((seen.get(kind) ?? 0) > 10, `${kind}: ${seen.get(kind)}`);
  }
});

test('adding a cap never widens access', () => {
  forEachCase((random, rules, who, now) => {
    const before = everywhere(policyOf(rules), who, now);
    const after = everywhere(policyOf([...rules, randomCap(random, 'added')]), who, now);

    for (const [id, decision] of after) assert.ok(isWithin(decision, before.get(id) ?? assert.fail()), id);
  });
});

test('adding a deny never widens access', () => {
  forEachCase((random, rules, who, now) => {
    const before = everywhere(policyOf(rules), who, now);
    const after = everywhere(policyOf([...rules, randomDeny(random, 'added')]), who, now);

    for (const [id, decision] of after) assert.ok(isWithin(decision, before.get(id) ?? assert.fail()), id);
  });
});

test('taking an attribute away never widens access, where rules do not ask whether it is there', () => {
  forEachCase((random, rules, who, now) => {
    const name = random.pick(['region', 'level', 'vip', 'contractEnd']);
    const policy = policyOf(rules.filter(({ when }) => !when.includes('has(')));
    const { [name]: _gone, ...attributes } = who.attributes;
    const before = everywhere(policy, who, now);
    const after = everywhere(policy, { ...who, attributes }, now);

    for (const [id, decision] of after) {
      const earlier = before.get(id) ?? assert.fail();
      // A missing edge of `now` may lengthen what another rule gives, never what is given.
      if (decision.outcome === 'allow') assert.equal(earlier.outcome, 'allow', id);
      if (decision.outcome !== 'allow' || earlier.outcome !== 'allow') continue;
      const ids = new Set(
        [...earlier.entitlement.roles, ...earlier.entitlement.scopes].map((granted) => granted.id),
      );
      for (const granted of [...decision.entitlement.roles, ...decision.entitlement.scopes])
        assert.ok(ids.has(granted.id));
    }
  });
});

test('deciding one by one and all at once give the same', () => {
  forEachCase((_random, rules, who, now) => {
    const policy = policyOf(rules);

    for (const [relyingParty, decision] of everywhere(policy, who, now)) {
      assert.deepEqual(policy.decide({ person: who, identity: IDENTITY, relyingParty, now }), decision);
    }
  });
});

test('nothing outlives its reasons: until its end, an entitlement would be given again in full', () => {
  forEachCase((random, rules, who, now) => {
    const policy = policyOf(rules);

    for (const [id, decision] of everywhere(policy, who, now)) {
      if (decision.outcome === 'deny') continue;
      const length = (decision.entitlement.ends ?? addMs(now, 10 * DAY)).getTime() - now.getTime();
      assert.ok(length > 0, id);
      for (const later of [
        addMs(now, random.below(length)),
        addMs(now, random.below(length)),
        addMs(now, length - 1),
      ]) {
        const again = everywhere(policy, who, later).get(id) ?? assert.fail();
        assert.ok(again.outcome === 'allow', `${id} at ${later.toISOString()}: ${JSON.stringify(again)}`);
        for (const what of ['roles', 'scopes'] as const) {
          for (const { id: name } of decision.entitlement[what]) {
            assert.ok(
              again.entitlement[what].some((granted) => granted.id === name),
              `${id} ${name} at ${later.toISOString()}`,
            );
          }
        }
      }
    }
  });
});

test('each role and scope is after now, names its rules, and the whole ends with the first', () => {
  forEachCase((_random, rules, who, now) => {
    for (const decision of everywhere(policyOf(rules), who, now).values()) {
      if (decision.outcome === 'deny') continue;
      const { roles, scopes, ends } = decision.entitlement;
      assert.ok(roles.length > 0);
      const all = [...roles, ...scopes];
      for (const granted of all) {
        assert.ok(granted.because.length > 0);
        assert.ok(granted.because.every((id) => rules.some((rule) => rule.id === id && rule.give)));
        assert.ok(!granted.ends || granted.ends > now);
      }
      const times = all.flatMap((granted) => granted.ends?.getTime() ?? []);
      assert.equal(ends?.getTime(), times.length > 0 ? Math.min(...times) : undefined);
    }
  });
});

test('a promised opening is kept', () => {
  let promised = 0;
  forEachCase((_random, rules, who, now) => {
    const policy = policyOf(rules.filter(({ when }) => !when.includes('now')));
    for (const [id, decision] of everywhere(policy, who, now)) {
      if (decision.outcome === 'allow' || !decision.opensAt) continue;
      promised++;
      assert.ok(decision.opensAt > now);
      const just = everywhere(policy, who, addMs(decision.opensAt, -1)).get(id);
      const then = everywhere(policy, who, decision.opensAt).get(id);
      assert.equal(just?.outcome, 'deny', id);
      if (then?.outcome === 'deny') assert.equal(then.reason.kind, 'failure', JSON.stringify(then));
    }
  });
  assert.ok(promised > 10);
});

test('the same question always gets the same answer, in whatever order instants are asked', () => {
  forEachCase((random, rules, who, now) => {
    const policy = policyOf(rules);
    const first = everywhere(policy, who, now);

    for (let i = 0; i < 5; i++) everywhere(policy, who, addMs(now, (random.below(400) - 200) * HOUR));

    assert.deepEqual(everywhere(policy, who, now), first);
  });
});
