import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { KeyPurpose } from '../../src/platform/keys/index.ts';
import type { Browser } from '../support/browser.ts';
import { eventsOf, sessionCookie, until } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import {
  certificates,
  openSamlApplication,
  type SamlApplication,
  samlRegistration,
} from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// Signing keys take turns while people work: nobody notices, and whatever was signed before still verifies.

const REDIRECT = 'http://catalog.localhost:9/callback';
const SECRET = 'a-secret-of-the-catalogue';
const STORE = 'urn:vestibule:store-emea';
const PEOPLE = ['mira', 'ines', 'noah', 'ravi', 'sam'];
const ISSUING = ['oidc-rs256', 'oidc-es256', 'saml-identity-provider'] as const;
/** An upstream reads our metadata rarely, so it knows the next key and not the one after; ours towards it turns once. */
const ROTATIONS = [...ISSUING, 'saml-service-provider', ...ISSUING] as const;

const WORK = ['sign-in', 'renewal', 'assertion', 'sign-in by SAML'] as const;
type Rounds = Record<string, number>;

/** One whole round begins and ends after a rotation only if two have ended since. */
function goneOn(before: Rounds, now: Rounds): boolean {
  return WORK.every((what) => (now[what] ?? 0) >= (before[what] ?? 0) + 2);
}

suite('rotating keys while people sign in', () => {
  let world: World;
  let catalogue: TestApplication;
  let handbook: SamlApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push(
          {
            ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
            ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET], refreshTokens: true },
            resources: ['store-emea'],
          },
          samlRegistration('handbook'),
        );
        const everything = { catalog: 'editor', handbook: 'reader', 'store-emea': 'merchandiser' };
        config.rules.push({
          ...{ id: 'everything', when: 'true' },
          give: Object.entries(everything).map(([relyingParty, role]) => ({ relyingParty, roles: [role] })),
        });
        config.limits = { entriesPerMinute: 100_000, beginsPerMinute: 100_000 };
      },
    });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
    handbook = openSamlApplication(world, 'handbook');
  });
  after(() => world[Symbol.asyncDispose]());

  async function publishedKeys(): Promise<JSONWebKeySet> {
    return JSON.parse((await world.browser().fetch(`${world.origin}/oidc/jwks`)).html) as JSONWebKeySet;
  }

  async function verify(token: string, keys: JSONWebKeySet): Promise<void> {
    await jwtVerify(token, createLocalJWKSet(keys), { issuer: `${world.origin}/oidc` });
  }

  async function enter(browser: Browser, open: (path: string) => Promise<unknown>) {
    const leaving = await leaveFor(catalogue, { resource: STORE });
    const path = `${leaving.url.pathname}${leaving.url.search}`;
    const callback = await carried(browser, () => open(path) as never, REDIRECT);
    return redeem(catalogue, leaving, callback, { resource: STORE });
  }

  const signInAs = (login: string) => {
    const browser = world.browser();
    return enter(browser, (path) => world.signIn(browser, login, path));
  };

  async function keyIds(purpose: KeyPurpose): Promise<Record<string, readonly string[]>> {
    const all = (await (await world.stores()).keys.list()).filter((key) => key.purpose === purpose);
    const of = (state: string) => all.filter((key) => key.state === state).map(({ keyId }) => keyId);
    return { active: of('active'), next: of('next'), retired: of('retired') };
  }

  /** NOTIFY takes a moment to reach the broker; its published documents say when. */
  async function rotate(purpose: KeyPurpose): Promise<void> {
    const rotated = await (await world.stores()).keys.rotate(purpose, { by: { via: 'cli' }, force: true });
    assert.equal(rotated.outcome, 'rotated');
  }

  test('sign-ins, renewals and assertions go on without one failure while keys are replaced, and replaced again', async () => {
    const tabs = world.browser();
    const first = await enter(tabs, (path) => world.signIn(tabs, 'mira', path));
    const session = sessionCookie(tabs);
    let isOver = false;
    const done: Rounds = {};
    const whileRotating = async (
      what: (typeof WORK)[number],
      once: (round: number) => Promise<unknown>,
    ): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        await once(round);
        done[what] = round + 1;
      }
    };
    let tokens: client.TokenEndpointResponse = first;

    const work = [
      whileRotating('sign-in', async (round) => {
        const fresh = await signInAs(PEOPLE[round % PEOPLE.length] ?? '');
        const keys = await publishedKeys();
        for (const token of [fresh.id_token ?? '', fresh.access_token]) await verify(token, keys);
      }),
      whileRotating('renewal', async () => {
        tokens = await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? '');
        await verify(tokens.access_token, await publishedKeys());
      }),
      whileRotating('assertion', async () => {
        const answer = await handbook.receive(tabs, () => tabs.open(handbook.leave().url));
        assert.equal(answer.status, 'Success');
      }),
      whileRotating('sign-in by SAML', async () => {
        const browser = world.browser();
        const form = await (await browser.open(`${world.origin}/`)).click('Access Manager');
        const page = await form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Pass/);
        assert.equal(page.heading, 'Stores and apps', page.text);
      }),
    ];
    const rotations = (async () => {
      try {
        for (const purpose of ROTATIONS) {
          const rounds = { ...done };
          await rotate(purpose);
          await until('everybody went on', () => goneOn(rounds, done));
        }
      } finally {
        isOver = true;
      }
    })();
    await Promise.all([...work, rotations]);

    assert.equal(sessionCookie(tabs), session, 'the session survived');
    const events = await eventsOf(world, { types: ['key.rotated'] });
    assert.equal(events.length, ROTATIONS.length);
    assert.equal((await eventsOf(world, { outcome: 'failed' })).length, 0);
    assert.equal((await eventsOf(world, { outcome: 'refused' })).length, 0);
  });

  test('what was issued before a rotation verifies after it, and what is issued after it is signed by the key that was next', async () => {
    const browser = world.browser();
    const before = await enter(browser, (path) => world.signIn(browser, 'ines', path));
    const known = await publishedKeys();
    const [rs256, es256] = [await keyIds('oidc-rs256'), await keyIds('oidc-es256')];

    for (const purpose of ['oidc-rs256', 'oidc-es256'] as const) await rotate(purpose);
    const present = await publishedUntil((keys) => {
      const ids = keys.keys.map(({ kid }) => kid);
      return ids.length === known.keys.length + 2;
    });
    const after = await enter(browser, (path) => browser.open(`${world.origin}${path}`));

    for (const token of [before.id_token ?? '', before.access_token]) await verify(token, present);
    // Whoever read the keys before the rotation knows the one that signs now.
    for (const token of [after.id_token ?? '', after.access_token]) {
      await verify(token, known);
      await verify(token, present);
    }
    assert.equal(decodeProtectedHeader(after.id_token ?? '').kid, rs256['next']?.[0]);
    assert.equal(decodeProtectedHeader(after.access_token).kid, es256['next']?.[0]);
    const info = await client.fetchUserInfo(
      catalogue.config,
      (await ownToken(browser)).access_token,
      before.claims()?.sub ?? '',
    );
    assert.equal(info.sub, before.claims()?.sub);
  });

  async function ownToken(browser: Browser) {
    const leaving = await leaveFor(catalogue);
    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
    return redeem(catalogue, leaving, callback);
  }

  async function publishedUntil(isThere: (keys: JSONWebKeySet) => boolean): Promise<JSONWebKeySet> {
    let keys = await publishedKeys();
    await until('the broker publishes the new keys', async () => {
      keys = await publishedKeys();
      return isThere(keys);
    });
    return keys;
  }

  test('discovery lists next, active and retired keys, public parts only, and the metadata their certificates', async () => {
    const browser = world.browser();
    for (const purpose of ['oidc-rs256', 'oidc-es256', 'oidc-eddsa'] as const) {
      const { active, next, retired } = await keyIds(purpose);
      const expected = [...(active ?? []), ...(next ?? []), ...(retired ?? [])];
      const { keys } = await publishedUntil((set) => expected.every((id) => holds(set, id)));
      const alg = { 'oidc-rs256': 'RS256', 'oidc-es256': 'ES256', 'oidc-eddsa': 'EdDSA' }[purpose];
      const listed = keys.filter((key) => key.alg === alg).map(({ kid }) => kid);
      assert.deepEqual(listed.toSorted(), expected.toSorted());
      assert.equal(listed[0], active?.[0], 'the one that signs is first');
    }
    const { keys } = await publishedKeys();
    for (const key of keys)
      assert.deepEqual(
        Object.keys(key).filter((part) => /^(d|p|q|dp|dq|qi)$/.test(part)),
        [],
      );

    const ring = (await world.stores()).keys;
    const expected = (await ring.list())
      .filter(({ purpose, destroyedAt }) => purpose === 'saml-identity-provider' && !destroyedAt)
      .map(({ publicPart }) => publicPart.replace(/-----[^-]+-----|\s/g, ''));
    const listed = await certificates(browser, `${world.origin}/saml/metadata`);
    assert.ok(expected.length >= 4, `${expected.length} keys`);
    assert.deepEqual([...new Set(listed.slice(-expected.length))].toSorted(), expected.toSorted());
  });

  const holds = ({ keys }: JSONWebKeySet, id: string): boolean => keys.some(({ kid }) => kid === id);

  test('an ID token that an older key signed still names the session when its application signs the person out', async () => {
    const browser = world.browser();
    const tokens = await enter(browser, (path) => world.signIn(browser, 'mira', path));
    await rotate('oidc-rs256');
    const url = client.buildEndSessionUrl(catalogue.config, { id_token_hint: tokens.id_token ?? '' });

    const page = await browser.open(url.href);

    assert.match(page.text, /signed out/i);
    assert.equal(sessionCookie(browser), undefined);
  });
});
