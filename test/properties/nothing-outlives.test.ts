import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { connectStorefronts } from '../../src/app/storefronts.ts';
import { addMs, DAY, HOUR, MINUTE, newId, SECOND } from '../../src/base/index.ts';
import type { SignOn } from '../../src/issuing/index.ts';
import { OidcAccess } from '../../src/issuing/oidc/index.ts';
import { codeSeconds, tokenSeconds } from '../../src/issuing/oidc/lifetimes.ts';
import { createParties } from '../../src/issuing/oidc/parties.ts';
import { askRights, CLOCK_TOLERANCE_SECONDS } from '../../src/issuing/oidc/rights.ts';
import type { Decision } from '../../src/model/index.ts';
import { createPolicy, RuleConfig } from '../../src/policy/index.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';
import { createRandom, type Random } from '../base/random.ts';
import { delivered } from '../issuing/saml-service-provider.ts';
import { type IdpWorld, openIdpWorld, signOn, wiki } from '../issuing/saml-world.ts';
import { ManualClock } from '../support/manual-clock.ts';

// R3.1, DESIGN §1.2: whatever is issued ends at the earliest of its reasons. Here the functions that make each
// artefact, over random reasons; in `nothing-outlives-a-sign-in` the whole broker.

const SEED = Number(process.env['VESTIBULE_PROPERTY_SEED'] ?? 20_260_302);
const CASES = 300;
const START = new Date('2026-03-02T09:00:00Z');

/** One constellation of reasons, and the earliest of their ends by an own reckoning. */
type Case = {
  readonly name: string;
  readonly now: Date;
  readonly sessionEnds: Date;
  readonly rules: readonly object[];
  readonly assertionLifetime: string;
  readonly accessTokenLifetime: string;
  readonly clockOffsetMs: number;
  readonly edge: Date;
};

function randomCase(random: Random, number: number): Case {
  const now = addMs(START, random.below(7 * DAY));
  const sessionLimit = addMs(now, somewhen(random));
  const upstreamEnd = random.chance(0.5) ? addMs(now, somewhen(random)) : undefined;
  const rules = Array.from({ length: 1 + random.below(2) }, (_, index) => randomRule(random, now, index));
  const ends = [sessionLimit, upstreamEnd, ...rules.flatMap((rule) => rule.ends)].filter(
    (end) => end !== undefined,
  );
  return {
    ...{ name: `case ${number} of seed ${SEED}`, now, rules: rules.map(({ rule }) => rule) },
    sessionEnds: new Date(Math.min(...[sessionLimit, upstreamEnd ?? sessionLimit].map(Number))),
    assertionLifetime: random.pick(['1m', '3m', '5m']),
    accessTokenLifetime: random.pick(['1m', '5m', '10m']),
    clockOffsetMs: random.pick([0, 0, -90_000, 45_500, 3 * MINUTE]),
    edge: new Date(Math.min(...ends.map(Number))),
  };
}

/** Often near, where roundings show; never on a whole second only. */
function somewhen(random: Random): number {
  return 1 + random.below(random.pick([20 * SECOND, 5 * MINUTE, HOUR, 3 * DAY]));
}

/** Each rule gives a role of its own, so that every artefact contains all of them. */
function randomRule(random: Random, now: Date, index: number) {
  const until = random.chance(0.6) ? addMs(now, somewhen(random)) : undefined;
  const window = random.chance(0.4) ? randomWindow(random, now) : undefined;
  const give = (relyingParty: string) => ({
    ...{ relyingParty, roles: [`role-${index}`] },
    ...(relyingParty === 'catalog' && { scopes: [`scope:${index}`] }),
    ...(until && { until: until.toISOString() }),
    ...(window && { windows: [window.text] }),
  });
  return {
    rule: { id: `rule-${index}`, when: 'true', give: ['catalog', 'wiki', 'shop'].map(give) },
    ends: [until, window?.ends],
  };
}

/** A daily window around now; it may cross midnight. */
function randomWindow(random: Random, now: Date): { readonly text: string; readonly ends: Date } {
  const minute = Math.floor((now.getTime() % DAY) / MINUTE);
  const [from, to] = [minute - random.below(10 * 60), minute + 1 + random.below(10 * 60)];
  const clock = (of: number): string => {
    const within = (of + 1_440) % 1_440;
    return [Math.floor(within / 60), within % 60].map((part) => String(part).padStart(2, '0')).join(':');
  };
  const midnight = now.getTime() - (now.getTime() % DAY);
  return { text: `daily ${clock(from)}-${clock(to)} UTC`, ends: new Date(midnight + to * MINUTE) };
}

const ROLES = ['role-0', 'role-1'];

function partiesOf({ accessTokenLifetime }: Pick<Case, 'accessTokenLifetime'>): readonly RelyingParty[] {
  const roles = ROLES.map((id) => ({ id }));
  const shown = { title: 'x', description: '', enabled: true, hidden: false };
  const common = { ...shown, roles: ROLES.map((id) => ({ id, title: id })), scopes: ['scope:0', 'scope:1'] };
  return [
    {
      ...{ ...common, id: 'catalog', kind: 'oidc' },
      access: OidcAccess.parse({ redirectUris: ['https://c.example/cb'], roles, accessTokenLifetime }),
    },
    { ...common, id: 'shop', kind: 'bigcommerce-storefront', target: 'bc', access: { channelId: 1 } },
  ];
}

const TARGET = {
  ...{ storeHash: 'shop', apiUrl: 'https://api.example' },
  login: [{ clientId: 'login', clientSecret: 'a-secret-of-the-store-0000000000' }],
  api: [{ clientId: 'api', accessToken: 'token' }],
};

suite('nothing that is issued outlives its reasons', () => {
  let idp: IdpWorld;
  before(async () => {
    idp = await openIdpWorld((key) =>
      ['1m', '3m', '5m'].map((assertionLifetime) =>
        wiki(key, {
          ...{ id: `wiki-${assertionLifetime}`, assertionLifetime, sign: 'assertion' },
          entityId: `https://wiki.example/sp/${assertionLifetime}`,
        }),
      ),
    );
  });
  after(() => idp[Symbol.asyncDispose]());

  /** Policy's answer at each relying party, by the product's own rules. */
  function decide({ rules }: Case, where: string, now: Date): Decision {
    const policy = createPolicy({
      ...{ rules: rules.map((rule) => RuleConfig.parse(rule)), attributes: {}, tables: {} },
      relyingParties: [
        { id: 'catalog', kind: 'oidc', roles: ROLES, scopes: ['scope:0', 'scope:1'] },
        ...['wiki', 'shop'].map((id) => ({ id, kind: 'saml', roles: ROLES })),
      ],
    });
    const { person, identity } = signOn(idp);
    return policy.decide({ person, identity, relyingParty: where, now });
  }

  function signOnOf(given: Case, decision: Decision, relyingParty: RelyingParty): SignOn {
    assert.equal(decision.outcome, 'allow', given.name);
    if (decision.outcome !== 'allow') assert.fail();
    const { session } = signOn(idp);
    return {
      ...signOn(idp, { relyingParty, entitlement: decision.entitlement, now: given.now }),
      session: { ...session, ends: given.sessionEnds },
      account: { id: newId('acc'), externalId: '17' },
    };
  }

  const assertBefore = (given: Case, what: string, end: Date): void =>
    assert.ok(
      end <= given.edge,
      `${given.name}: ${what} ends ${end.toISOString()}, reasons ${given.edge.toISOString()}`,
    );

  const random = createRandom(SEED);
  const cases = Array.from({ length: CASES }, (_, number) => randomCase(random, number));

  test(`an entitlement says the earliest end (seed ${SEED}, ${CASES} cases)`, () => {
    for (const given of cases) {
      const decision = decide(given, 'wiki', given.now);
      assert.ok(decision.outcome === 'allow', given.name);
      const { ends, roles } = decision.entitlement;
      const session = { ends: given.sessionEnds };
      assert.equal(Math.min(Number(ends ?? session.ends), Number(session.ends)), Number(given.edge));
      assert.ok(roles.every((role) => !ends || !role.ends || ends <= role.ends));
    }
  });

  test('OpenID: code, access token, ID token, refresh token and grant, with the tolerance of verifiers', async () => {
    let issued = 0;
    for (const given of cases) {
      const clock = new ManualClock(given.now);
      const registry = createRegistry({ relyingParties: [...partiesOf(given)], targets: [] });
      const { person, session, thread } = signOn(idp);
      const binding = {
        ...{ sessionId: session.id, personId: person.id, client: 'catalog', store: 'catalog', thread },
      };
      const answer = await askRights(binding, new Set(['scope:0', 'scope:1']), 'refresh', {
        ...{ registry, clock, parties: createParties(registry, []) },
        access: {
          decide: async ({ relyingParty }) => {
            const decision = decide(given, relyingParty, clock.now());
            if (decision.outcome === 'deny') return { ...decision, reason: decision.reason.text };
            const { entitlement } = decision;
            return {
              outcome: 'allow',
              person,
              session: { ...session, ends: given.sessionEnds },
              entitlement,
            };
          },
        },
      });
      const left = given.edge.getTime() - given.now.getTime();
      if (answer.outcome === 'deny') {
        assert.ok(left < (CLOCK_TOLERANCE_SECONDS + 1) * SECOND, `${given.name}: refused without a reason`);
        continue;
      }
      issued += 1;
      const { rights } = answer;
      const lives = [codeSeconds(rights), tokenSeconds(rights.client, rights), rights.secondsLeft];
      for (const seconds of lives) {
        assert.ok(Number.isInteger(seconds) && seconds >= 1, given.name);
        // The library counts from a whole second, which is not later than now.
        const latest = addMs(given.now, (seconds + CLOCK_TOLERANCE_SECONDS) * SECOND);
        assertBefore(given, 'OpenID artefact', latest);
      }
    }
    assert.ok(issued > CASES / 2, `only ${issued} cases said anything`);
  });

  test('SAML: the assertion on its way, and the session at the relying party', async () => {
    for (const given of cases) {
      const party = idp.party(`wiki-${given.assertionLifetime}`);
      idp.clock.set(given.now);
      const wanted = signOnOf(given, decide(given, 'wiki', given.now), party);

      const issued = await idp.idp.issuer.issue(wanted);

      const { xml } = delivered(issued.answer);
      const said = [...xml.matchAll(/(\w*NotOnOrAfter)="([^"]+)"/g)];
      assert.equal(said.length, 3, given.name);
      for (const [, name = '', at = ''] of said) assertBefore(given, name, new Date(at));
      assertBefore(given, 'the recorded end', issued.expires);
    }
  });

  test('BigCommerce: the login token, by the clock of a store that is ahead or behind', async () => {
    const connector = connectors.get('bigcommerce-storefront') ?? assert.fail();
    for (const given of cases) {
      const settings = connector.targetConfig.parse(TARGET);
      const target = { id: 'bc', kind: 'bigcommerce-storefront', settings };
      const registry = createRegistry({
        relyingParties: [...partiesOf(given)],
        targets: [target as never],
      });
      const { issuer } = connectStorefronts(registry, {
        entryUrl: () => new URL('https://shop.example'),
        clockOffset: () => ({ offsetMs: given.clockOffsetMs }),
      } as never);
      const party = registry.relyingParty('shop') ?? assert.fail();
      const wanted = signOnOf(given, decide(given, 'shop', given.now), party);

      const { answer, expires } = await issuer.issue(wanted);

      assertBefore(given, 'the recorded end', expires);
      assert.ok(answer.kind === 'redirect');
      const [, payload = ''] = answer.location.pathname.split('/').at(-1)?.split('.') ?? [];
      const { iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number };
      // The store takes it for 30 seconds from its date, by its own clock.
      assertBefore(given, 'the login token', new Date((iat + 30) * SECOND - given.clockOffsetMs));
    }
  });

  test('just before the edge policy still says yes where a rule is the reason, and at the edge no longer the same', () => {
    for (const given of cases) {
      if (given.edge.getTime() === given.sessionEnds.getTime()) continue;
      const before = decide(given, 'catalog', addMs(given.edge, -1));
      const at = decide(given, 'catalog', given.edge);
      assert.ok(before.outcome === 'allow', `${given.name}: over too early`);
      const kept = at.outcome === 'allow' ? at.entitlement.roles.length : 0;
      assert.ok(kept < before.entitlement.roles.length, `${given.name}: something outlived the edge`);
    }
  });
});
