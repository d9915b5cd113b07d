import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { addPerson, setFaults } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// DESIGN §1.4, R5.2: the account must exist before entry; until it does, a page waits and goes on by itself.

suite('while the account in a store cannot be made yet', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const refreshOf = (text: string) => /http-equiv="refresh" content="(\d+);url=([^"]+)"/.exec(text);
  const follow = (text: string): string =>
    `${world.origin}${(refreshOf(text)?.[2] ?? '').replaceAll('&amp;', '&')}`;

  test('the page looks again by itself, and takes the person where they wanted to go', async () => {
    await addPerson(world, { login: 'waits', region: 'EMEA', groups: ['merchandising@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'status', status: 500 });
    const browser = world.browser();

    const first = await world.signIn(browser, 'waits', '/launch/store-emea?to=/promo');
    const second = await browser.open(follow(first.html));
    await setFaults(world, 'bigcommerce');
    world.clock.advance(MINUTE);
    const shop = await browser.open(follow(second.html));

    assert.deepEqual([first.status, second.status], [503, 503]);
    assert.ok(Number(refreshOf(first.html)?.[1]) >= 2, 'not at once');
    assert.equal(first.headers['retry-after'], refreshOf(first.html)?.[1], 'programs hear it too');
    assert.equal(shop.url.pathname, '/promo');
  });

  test('it does not look for ever', async () => {
    await addPerson(world, { login: 'gives-up', region: 'EMEA', groups: ['merchandising@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'status', status: 500 });
    const browser = world.browser();
    await world.signIn(browser, 'gives-up', '/launch/store-emea');

    const last = await browser.open(`${world.origin}/launch/store-emea?looks=40`);
    const odd = await browser.open(`${world.origin}/launch/store-emea?looks=%2D1&looks=x`);
    await setFaults(world, 'bigcommerce');

    assert.equal(refreshOf(last.html), null);
    assert.match(last.text, /Try again/);
    assert.match(odd.html, /looks=1"/, 'what is no number counts as the first look');
  });

  test('somebody must act first: then the page does not pretend that waiting helps', async () => {
    await addPerson(world, { login: 'no-token', region: 'EMEA', groups: ['merchandising@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'revoked-token' });

    const page = await world.signIn(world.browser(), 'no-token', '/launch/store-emea');
    await setFaults(world, 'bigcommerce');

    assert.equal(page.status, 503);
    assert.equal(refreshOf(page.html), null);
  });
});
