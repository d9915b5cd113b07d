import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { wikiAccounts } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

suite('the applications of the demo world', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  test('mira opens the wiki from its tile and is signed in there', async () => {
    const page = await world.signIn(world.browser(), 'mira', '/launch/wiki');

    assert.equal(page.url.hostname, 'wiki.localhost');
    assert.match(page.text, /Mira Lindqvist/);
  });

  test('abel gets the wiki account that was made for him by hand, and dup not the one of somebody else', async () => {
    const before = await wikiAccounts(world);
    const abel = await world.signIn(world.browser(), 'abel', '/launch/wiki');
    const dup = await world.signIn(world.browser(), 'dup', '/launch/wiki');

    const after = await wikiAccounts(world);
    const named = ({ users }: typeof after, name: string) => users.find(({ userName }) => userName === name);
    assert.equal(abel.url.hostname, 'wiki.localhost');
    assert.equal(named(after, 'abel@halden.example')?.id, named(before, 'abel@halden.example')?.id);
    assert.match(named(after, 'abel@halden.example')?.externalId ?? '', /^per_/);
    assert.equal(dup.status, 403);
    assert.match(dup.text, /Your mail address is already in use there, so no account was made/);
    assert.deepEqual(named(after, 'dup@halden.example'), named(before, 'dup@halden.example'));
  });

  test('ravi opens iconik, which begins the sign-in itself, and stands in its group', async () => {
    const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

    assert.equal(page.url.hostname, 'iconik.localhost');
    assert.match(page.text, /ravi@halden\.example/);
    assert.match(page.text, /Editors/);
  });

  test('sam opens Salesforce, where a sign-in by password alone meets its own challenge', async () => {
    const page = await world.signIn(world.browser(), 'sam', '/launch/salesforce');

    assert.equal(page.url.hostname, 'halden.my.salesforce.localhost');
    assert.equal(page.status, 200);
    assert.match(page.text, /verif/i);
  });

  test('ines opens the control panel, whose own sign-in is there, and people are told what to tick', async () => {
    const page = await world.signIn(world.browser(), 'ines', '/launch/panel-emea');

    assert.equal(page.url.hostname, 'login.bigcommerce.localhost');
    const tasks = await world.vestibule(['tasks', 'bc-account']);
    assert.match(tasks.out, /permissions in the store haldenemea/);
    assert.match(tasks.out, /^ {4}take away: Add_Brands, /m, 'the difference, not two long lists');
  });

  test('tess opens the trade store and looks after its companies', async () => {
    const page = await world.signIn(world.browser(), 'tess', '/launch/trade-emea');

    assert.equal(page.url.hostname, 'b2b-emea.localhost');
    assert.match(page.text, /Looks after Fjord Hospitality/);
  });

  test('mira is refused at iconik, Salesforce, the control panel and the trade store, and each says whose it is', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');

    for (const [id, words] of [
      ['iconik', /media team/],
      ['salesforce', /sales team/],
      ['panel-emea', /managers of the stores/],
      ['trade-emea', /business customers/],
    ] as const) {
      const page = await browser.open(`${world.origin}/launch/${id}`);
      assert.equal(page.status, 403);
      assert.match(page.text, words);
    }
  });
});
