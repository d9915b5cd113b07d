import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { HOUR } from '../../src/base/index.ts';
import {
  act,
  customersMade,
  customerWithMail,
  eventsOf,
  groupOf,
  threadOf,
  until,
  untilJobsEnded,
} from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { OpenIdProvider } from '../support/openid-provider.ts';
import { makeSigningKey, SamlIdp } from '../support/saml-idp.ts';
import { startWorld, type World } from '../support/world.ts';

// S29, the part of the targets: what S1, S4 and S6 show with OTDS holds for people of any OpenID provider and of any
// SAML identity provider. Sources of SCIM come with the directory's intake.

type Facts = {
  readonly subject: string;
  readonly familyName: string;
  readonly mail: string;
  readonly department: string;
  readonly region: string;
  readonly groups: readonly string[];
};
const TOVE: Facts = {
  subject: 'u-4711',
  familyName: 'Berg',
  mail: 'tove@partner.example',
  department: 'Buying',
  region: 'EMEA',
  groups: ['merchandising@staff'],
};

/** A demo world with this source beside OTDS; `signIn` is one whole sign-in through it, in a fresh browser. */
type OtherSource = AsyncDisposable & {
  readonly world: World;
  signIn(facts: Facts, path: string): Promise<{ status: number; host: string; text: string }>;
};

const SOURCES: readonly [string, () => Promise<OtherSource>][] = [
  ['a generic OpenID provider', startWithOpenId],
  ['a generic SAML identity provider', startWithSaml],
];

for (const [source, start] of SOURCES) {
  suite(`people of ${source}`, () => {
    test('S1: groups decide, name and mail are right, and whoever is in no group gets nothing', async () => {
      await using other = await start();
      const { world } = other;

      const refused = await other.signIn({ ...TOVE, groups: ['visitors'] }, '/launch/store-emea');
      const none = await customersMade(world, 'store-emea');
      const entered = await other.signIn(TOVE, '/launch/store-emea');

      assert.deepEqual([refused.status, none], [403, []]);
      assert.match(entered.text, /Tove Berg/);
      const customer = await customerWithMail(world, 'store-emea', TOVE.mail);
      assert.equal(`${customer.first_name} ${customer.last_name}`, 'Tove Berg');
      assert.equal(await groupOf(world, 'store-emea', customer), 'Merchandising');
      const [issued] = await eventsOf(world, { types: ['login.issued'] });
      assert.deepEqual(issued?.facts['because'], ['other-merchandising-emea']);
      const thread = await threadOf(world, issued?.thread ?? '');
      const identified = thread.find(({ type }) => type === 'login.identified');
      assert.deepEqual(identified?.personal['groups'], TOVE.groups);
    });

    test('S1: a group of the same name in another source opens nothing by itself', async () => {
      await using other = await start();
      await other.world.apply((config) => {
        config.rules = config.rules.filter(({ id }: { id: string }) => !id.startsWith('other-'));
      });

      const refused = await other.signIn(TOVE, '/launch/store-emea');

      assert.equal(refused.status, 403);
      assert.deepEqual(await customersMade(other.world, 'store-emea'), []);
    });

    test('S4: name, mail and department follow in the same account, and drift is put back', async () => {
      await using other = await start();
      const { world } = other;
      await other.signIn(TOVE, '/launch/store-emea');
      await untilJobsEnded(world, 'provisioning.finish-account');
      const before = await customerWithMail(world, 'store-emea', TOVE.mail);

      const changed = { ...TOVE, familyName: 'Berg-Moe', mail: 'tove.moe@partner.example' };
      await other.signIn(changed, '/launch/store-emea');
      const after = await customerWithMail(world, 'store-emea', changed.mail);
      const edit = { store: 'store-emea', id: after.id, change: { last_name: 'Changed' } };
      await act(world, 'bigcommerce', 'edit-customer', edit);
      world.clock.advance(25 * HOUR);
      await other.signIn(changed, '/launch/store-emea');

      assert.deepEqual([after.id, after.last_name], [before.id, 'Berg-Moe']);
      assert.equal((await customersMade(world, 'store-emea')).length, 1);
      await until(
        'the name is put back',
        async () => (await customerWithMail(world, 'store-emea', changed.mail)).last_name === 'Berg-Moe',
      );
    });

    test('S6: the region decides the store, and another region swaps the two without an admin', async () => {
      await using other = await start();
      const { world } = other;
      await other.signIn(TOVE, '/launch/store-emea');
      const kept = await other.signIn(TOVE, '/launch/store-na');

      const moved = { ...TOVE, region: 'NA' };
      const entered = await other.signIn(moved, '/launch/store-na');
      const refused = await other.signIn(moved, '/launch/store-emea');

      assert.equal(kept.status, 403);
      assert.equal(entered.host, 'store-na.localhost');
      assert.equal(refused.status, 403);
      assert.equal((await customersMade(world, 'store-na')).length, 1);
      await until('the customer of the old store is locked out', async () => {
        const old = await customerWithMail(world, 'store-emea', TOVE.mail);
        return old.hasPassword && old.force_password_reset;
      });
    });
  });
}

/** The rules name the groups of the other source as its own: `other:merchandising@staff`. */
function startWith(clock: ManualClock, connection: object): Promise<World> {
  const give = (id: string, region: string) => ({
    id: `other-merchandising-${id}`,
    when: `"other:merchandising@staff" in person.groups && person.region == "${region}"`,
    give: [{ relyingParty: `store-${id}`, roles: ['merchandiser'] }],
  });
  return startWorld({
    clock,
    configure: (config) => {
      config.connections.push({ ...connection, id: 'other', title: 'Other Source' });
      config.rules.push(give('emea', 'EMEA'), give('na', 'NA'));
    },
  });
}

/** Opens the path and chooses the source. @returns the browser and the place that it was led to. */
async function leadTo(world: World, host: string, path: string) {
  const browser = world.browser();
  const page = await browser.open(`${world.origin}${path}`);
  const place = browser.pauseAt(({ hostname }) => hostname === host);
  await page.click('Other Source');
  return { browser, place: new URL(place()) };
}

async function startWithOpenId(): Promise<OtherSource> {
  await using opened = new AsyncDisposableStack();
  const clock = new ManualClock();
  const provider = opened.use(await OpenIdProvider.start(clock));
  const world = opened.use(
    await startWith(clock, {
      ...{ preset: 'oidc', issuer: provider.issuer, clientId: 'vestibule', clientSecret: 'top-secret' },
      ...{ map: { department: 'department' }, attributes: { region: 'region' } },
    }),
  );
  const closing = opened.move();
  return {
    world,
    async signIn({ subject, familyName, mail, ...others }, path) {
      provider.behaviour.claims = {
        ...{ sub: subject, preferred_username: 'tove', given_name: 'Tove', family_name: familyName },
        ...{ name: `Tove ${familyName}`, email: mail, ...others },
      };
      const { browser, place } = await leadTo(world, 'op.localhost', path);
      const page = await browser.open(`${world.origin}/login/other/callback?${provider.authorize(place)}`);
      return { status: page.status, host: page.url.hostname, text: page.text };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function startWithSaml(): Promise<OtherSource> {
  const clock = new ManualClock();
  const key = await makeSigningKey();
  const blank = new SamlIdp(key, clock, { entityId: '', acsUrl: '' });
  const world = await startWith(clock, {
    preset: 'saml',
    metadata: blank.metadata(),
    subject: { attribute: 'guid' },
    map: {
      ...{ login: 'uid', mail: 'mail', givenName: 'givenName', familyName: 'sn', displayName: 'cn' },
      ...{ groups: 'groups', department: 'department' },
    },
    attributes: { region: 'region' },
  });
  const base = `${world.origin}/login/other`;
  const idp = new SamlIdp(key, clock, { entityId: `${base}/metadata`, acsUrl: `${base}/acs` });
  let sent = 0;
  return {
    world,
    async signIn({ subject, familyName, mail, department, region, groups }, path) {
      const { browser, place } = await leadTo(world, 'idp.example', path);
      const request = inflateRawSync(Buffer.from(place.searchParams.get('SAMLRequest') ?? '', 'base64'));
      sent += 1;
      const response = await idp.response({
        ...{ requestId: / ID="([^"]+)"/.exec(request.toString())?.[1] ?? '' },
        ...{ responseId: `_r${sent}`, assertionId: `_a${sent}` },
        attributes: {
          ...{ guid: [subject], uid: ['tove'], mail: [mail], givenName: ['Tove'], sn: [familyName] },
          ...{ cn: [`Tove ${familyName}`], department: [department], region: [region] },
          groups: [...groups],
        },
      });
      const relayState = place.searchParams.get('RelayState');
      const page = await browser.submit(place, `${base}/acs`, 'POST', {
        ...{ SAMLResponse: response, ...(relayState !== null && { RelayState: relayState }) },
      });
      return { status: page.status, host: page.url.hostname, text: page.text };
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
