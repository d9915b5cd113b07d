import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf } from '../support/evidence.ts';
import { openSamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// Applications that know people by a name that upstreams give out: whoever says the name is let into its account.

const NAMED_BY_MAIL = { nameId: { format: 'emailAddress', value: 'person.mail' } };
const NAMED_BY_LOGIN = { nameId: { format: 'unspecified', value: 'person.login' } };

/** Two connections that join nobody; noah of the one and noah of the other are two people with one mail address. */
// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function twoNoahs(config: any, trusting: Readonly<Record<string, readonly string[]>>): void {
  for (const connection of config.connections) {
    delete connection.sharedKey;
    connection.trustedMailDomains = trusting[connection.id] ?? [];
  }
  config.relyingParties.push(
    samlRegistration('films', NAMED_BY_MAIL),
    samlRegistration('handbook'),
    samlRegistration('forum', NAMED_BY_LOGIN),
  );
  config.rules.push({
    id: 'everybody',
    when: 'person.mail == "noah@halden.example"',
    give: ['films', 'handbook', 'forum'].map((relyingParty) => ({ relyingParty, roles: ['reader'] })),
  });
}

async function throughAccessManager(world: World, browser: Browser, path: string): Promise<Page> {
  const chooser = await browser.open(`${world.origin}${path}`);
  const form = await chooser.click('Access Manager');
  return form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
}

function nameIn(page: Page): string | undefined {
  const fields = page.forms.find((form) => 'SAMLResponse' in form.fields)?.fields ?? {};
  const xml = Buffer.from(fields['SAMLResponse'] ?? '', 'base64').toString('utf8');
  return /<saml:NameID [^>]*>([^<]+)</.exec(xml)?.[1];
}

async function enter(world: World, app: string, how: 'otds' | 'access-manager'): Promise<Page> {
  const browser = world.browser();
  const { acs } = openSamlApplication(world, app);
  browser.pauseAt((url) => url.href === acs);
  return how === 'otds'
    ? world.signIn(browser, 'noah', `/launch/${app}`)
    : throughAccessManager(world, browser, `/launch/${app}`);
}

suite('of two connections nobody is trusted with the domain', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ configure: (config) => twoNoahs(config, {}) });
  });
  after(() => world[Symbol.asyncDispose]());

  test('whoever entered under a mail address keeps it; the same address from elsewhere does not enter', async () => {
    assert.equal(nameIn(await enter(world, 'films', 'otds')), 'noah@halden.example');
    assert.equal(nameIn(await enter(world, 'forum', 'otds')), 'noah');

    const other = await enter(world, 'films', 'access-manager');

    assert.equal(nameIn(other), undefined);
    assert.equal(other.status, 403);
    const codes = (await eventsOf(world)).map(({ code }) => code);
    assert.ok(codes.includes('issuing.name_not_vouched'));
    assert.equal(nameIn(await enter(world, 'films', 'otds')), 'noah@halden.example');
  });

  test('what is no mail address and was given to one is not given to another either', async () => {
    assert.equal(nameIn(await enter(world, 'forum', 'access-manager')), undefined);
  });

  test('an application that goes by our own id lets both in, as two people', async () => {
    const names = [
      nameIn(await enter(world, 'handbook', 'otds')),
      nameIn(await enter(world, 'handbook', 'access-manager')),
    ];

    assert.match(names[0] ?? '', /^per_/);
    assert.match(names[1] ?? '', /^per_/);
    assert.notEqual(names[0], names[1]);
  });
});

suite('nobody is trusted, and both are known before either entered', () => {
  test('then neither enters under the address that both have', async () => {
    await using world = await startWorld({ configure: (config) => twoNoahs(config, {}) });
    await enter(world, 'handbook', 'otds');
    await enter(world, 'handbook', 'access-manager');

    const pages = [await enter(world, 'films', 'access-manager'), await enter(world, 'films', 'otds')];

    assert.deepEqual(pages.map(nameIn), [undefined, undefined]);
  });
});

suite('OTDS alone is trusted with the domain', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ configure: (config) => twoNoahs(config, { otds: ['halden.example'] }) });
  });
  after(() => world[Symbol.asyncDispose]());

  test('another connection cannot say such an address first', async () => {
    assert.equal(nameIn(await enter(world, 'films', 'access-manager')), undefined);

    assert.equal(nameIn(await enter(world, 'films', 'otds')), 'noah@halden.example');
  });
});

suite('both are trusted with the domain', () => {
  test('then the address is the person, wherever they sign in', async () => {
    const trusting = { otds: ['halden.example'], 'access-manager': ['halden.example'] };
    await using world = await startWorld({ configure: (config) => twoNoahs(config, trusting) });

    const pages = [await enter(world, 'films', 'otds'), await enter(world, 'films', 'access-manager')];

    assert.deepEqual(pages.map(nameIn), ['noah@halden.example', 'noah@halden.example']);
  });
});

suite('one person with identities at both', () => {
  test('is vouched for by the trusted one, whichever they use', async () => {
    await using world = await startWorld({
      configure: (config) => {
        const keys = config.connections.map(({ sharedKey }: { sharedKey: object }) => sharedKey);
        twoNoahs(config, { otds: ['halden.example'] });
        config.connections.forEach((connection: { sharedKey: object }, index: number) => {
          connection.sharedKey = keys[index];
        });
      },
    });
    await enter(world, 'handbook', 'otds');

    assert.equal(nameIn(await enter(world, 'films', 'access-manager')), 'noah@halden.example');
  });
});
