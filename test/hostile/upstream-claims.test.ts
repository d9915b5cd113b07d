import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from '../support/browser.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { OpenIdProvider } from '../support/openid-provider.ts';
import { isSignedIn } from '../support/saml-attack.ts';
import { startWorld, type World } from '../support/world.ts';

// What an upstream signs is believed, but it need not make sense: people choose their own names, and directories cut them,
// fill them and forget them. Whatever stands in a claim, a sign-in ends with a session or with a refusal that says why.

let provider: OpenIdProvider;
let world: World;

const HALF = '\ud83d';
const person = {
  sub: 's-1',
  name: 'Ann',
  email: 'ann@op.example',
  preferred_username: 'ann',
  groups: ['a@b'],
};

async function signIn(claims: object): Promise<{ readonly browser: Browser; readonly page: Page }> {
  provider.behaviour.claims = { ...person, ...claims };
  const browser = world.browser();
  const { headers } = await browser.fetch(`${world.origin}/login?connection=op`);
  const answer = provider.authorize(new URL(String(headers['location'])));
  return { browser, page: await browser.open(`${world.origin}/login/op/callback?${answer}`) };
}

suite('claims that make no sense', () => {
  const clock = new ManualClock(new Date());
  before(async () => {
    provider = await OpenIdProvider.start(clock);
    world = await startWorld({
      clock,
      configure(config) {
        config.limits = { beginsPerMinute: 10_000, entriesPerMinute: 10_000 };
        config.connections.push({
          ...{
            id: 'op',
            preset: 'oidc',
            issuer: provider.issuer,
            clientId: 'vestibule',
            clientSecret: 'top-secret',
          },
          ...{
            attributes: { region: 'region', contractEnd: 'contractEnd' },
            sharedKey: { claim: 'employeeNumber' },
          },
          map: { groups: 'groups', department: 'department' },
        });
      },
    });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const HARMLESS: Readonly<Record<string, object>> = {
    'half a surrogate pair in the name': { name: `Ann ${HALF}` },
    'half a surrogate pair in the mail address': { email: `${HALF}@op.example` },
    'half a surrogate pair in the login name': { preferred_username: HALF },
    'half a surrogate pair in a group': { groups: [HALF, 'a@b'] },
    'half a surrogate pair in an attribute': { region: HALF, department: HALF },
    'half a surrogate pair in the shared key': { employeeNumber: HALF },
    'half a surrogate pair in sid, acr and amr': { sid: HALF, acr: HALF, amr: [HALF] },
    'NUL everywhere': {
      ...{ name: 'a\u0000', email: 'a\u0000@op.example', preferred_username: 'a\u0000', groups: ['a\u0000'] },
      ...{ region: '\u0000', department: '\u0000', employeeNumber: '\u0000', sid: '\u0000', acr: '\u0000' },
    },
    'line ends in names': { name: 'a\r\nX: y', email: 'a\r\nX: y@op.example', preferred_username: 'a\r\nb' },
    'very long texts': {
      name: 'x'.repeat(200_000),
      email: `${'.'.repeat(150_000)}x@op.example`,
      region: 'x'.repeat(200_000),
    },
    'very many groups': { groups: Array.from({ length: 20_000 }, (_, at) => `g${at}@staff`) },
    'values of other types': {
      name: 5,
      email: true,
      preferred_username: { a: 1 },
      groups: 'x',
      contractEnd: 'never',
    },
    'names of every object': JSON.parse(
      '{"__proto__":{"x":1},"constructor":"y","toString":"z","groups":{"__proto__":"a"}}',
    ),
    'dates beyond all dates': {
      contractEnd: '+292278994-08-17T07:12:55Z',
      region: '9999-12-31T23:59:59-23:59',
    },
    'a part of a second': { auth_time: 1.5 },
    markup: { name: '"><svg/onload=x7q>', preferred_username: '<script>x7q</script>', groups: ['<b>'] },
  };
  for (const [at, [title, claims]] of Object.entries(HARMLESS).entries()) {
    test(`${title} keeps nobody out, and is shown as what it is`, async () => {
      const own = { sub: `harmless-${at}`, email: `h${at}@op.example`, preferred_username: `h${at}` };
      const { browser, page } = await signIn({ ...own, ...claims });

      assert.deepEqual([page.status, isSignedIn(browser)], [200, true], page.text.slice(0, 300));
      const wiki = await browser.open(`${world.origin}/launch/wiki`);
      assert.ok(wiki.status < 500, wiki.text.slice(0, 300));
      assert.doesNotMatch(page.html + wiki.html, /<svg\/onload|<script>x7q/);
    });
  }

  const REFUSED: Readonly<Record<string, object>> = {
    'half a surrogate pair in the subject': { sub: `a${HALF}` },
    'a control character in the subject': { sub: 'a\u0000' },
    'nothing but white space as subject': { sub: '\u00a0' },
    'a subject that is too long': { sub: 'x'.repeat(513) },
    'a proof of next year': { auth_time: Math.floor(clock.now().getTime() / 1000) + 31_536_000 },
    'a proof beyond all dates': { auth_time: 1e18 },
    'a proof before all dates': { auth_time: -1e18 },
    'an issue before all dates': { iat: -1e18 },
    'no number as instant': { auth_time: 'now' },
  };
  for (const [title, claims] of Object.entries(REFUSED)) {
    test(`${title} signs nobody in, and the page says so`, async () => {
      const { browser, page } = await signIn(claims);

      assert.equal(isSignedIn(browser), false);
      assert.ok(page.status === 403 || page.status === 502, `${page.status} ${page.text.slice(0, 300)}`);
      assert.doesNotMatch(page.text, /went wrong on our side/);
    });
  }
});
