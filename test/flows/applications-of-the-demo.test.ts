import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
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

  test('mira is refused at iconik and Salesforce, and each says whose it is', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');

    for (const [id, words] of [
      ['iconik', /media team/],
      ['salesforce', /sales team/],
    ] as const) {
      const page = await browser.open(`${world.origin}/launch/${id}`);
      assert.equal(page.status, 403);
      assert.match(page.text, words);
    }
  });
});
