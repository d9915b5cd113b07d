import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import {
  assertExit,
  assertNothingMade,
  eventsOf,
  referenceOn,
  threadOf,
  until,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// Whatever a link or a crowd does: a page in words, with a way on and a reference.

suite('links that lead nowhere', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  for (const path of ['/launch/nowhere', '/launch/__proto__', '/login?rp=nowhere&connection=otds']) {
    test(`${path} is a page that says so, with a reference, and does not repeat the link`, async () => {
      const page = await world.browser().open(`${world.origin}${path}`);

      assert.equal(page.status, 404);
      assert.match(page.text, /not known here|no page at this address/);
      assert.match(page.text, /ref_[0-9a-z]{26}/);
      assert.doesNotMatch(page.text, /nowhere|__proto__/);
      await assertNothingMade(world);
    });
  }

  for (const to of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/login.php',
  ]) {
    test(`a link that wants to ${to} is refused before anybody signs in, and after`, async () => {
      const stranger = world.browser();
      const known = world.browser();
      await world.signIn(known, 'ines', '/');

      for (const browser of [stranger, known]) {
        for (const path of ['/launch/store-emea?', '/login?rp=store-emea&connection=otds&']) {
          const page = await browser.open(`${world.origin}${path}${new URLSearchParams({ to })}`);
          assert.equal(page.status, 400);
          assert.match(page.text, /leads to a place that cannot be opened directly/);
          assert.equal(page.headers['location'], undefined);
          assert.ok(page.links().every(({ href }) => /^[#/]/.test(href) && !href.includes('evil')));
        }
      }
    });
  }

  test('they are counted by address, not recorded one by one (R6.3)', async () => {
    await world.browser().open(`${world.origin}/launch/nowhere`);
    world.clock.advance(MINUTE);

    await until('they are counted', async () =>
      (await eventsOf(world, { types: ['junk.counted'] })).some(({ facts }) => facts['kind'] === 'link'),
    );
  });

  test('a mail address of a foreign domain leads back to the choice, with what was typed and nothing sent away', async () => {
    const browser = world.browser();
    const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);

    const page = await chooser.submit({ mail: 'mira@"><b>elsewhere.example' }, /name="mail"/);

    assert.equal(page.status, 400);
    assert.match(page.text, /Nobody here is responsible for that address/);
    assert.match(page.text, /To open Halden Europe/);
    assert.ok(page.html.includes('mira@&quot;&gt;&lt;b&gt;elsewhere.example'));
    const shop = await (await page.click('Directory (OTDS)')).submit({
      otds_username: 'mira',
      otds_password: 'halden-demo',
    });
    assert.equal(shop.url.pathname, '/promo', 'the choice still knows where to go');
  });

  test('a connection that is not known here is a page that says so', async () => {
    for (const path of ['/login?connection=nowhere', '/login/nowhere/callback?state=x']) {
      const page = await world.browser().open(`${world.origin}${path}`);
      assert.equal(page.status, 404);
      assert.match(page.text, /This way of signing in is not known here/);
    }
  });
});

suite('too much in a short time', () => {
  test('somebody who enters too often is told to wait; the log has it, and a minute later they get in', async () => {
    await using world = await startWorld({
      configure: (config) => {
        config.limits = { entriesPerMinute: 3 };
      },
    });
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    for (let count = 0; count < 3; count += 1) {
      assert.match((await browser.open(`${world.origin}/launch/store-emea`)).text, /Inês/);
    }

    const page = await browser.open(`${world.origin}/launch/store-na`);

    const says = /opened stores and apps too often/;
    await assertExit(world, page, { status: 429, says, type: 'login.refused', code: 'login.too_many' });
    assert.equal(page.headers['retry-after'], '60');
    world.clock.advance(MINUTE);
    assert.match((await browser.open(`${world.origin}/launch/store-na`)).text, /Inês/);
  });

  test('an address that begins too many sign-ins gets a page with the time to wait, and gets in later', async () => {
    await using world = await startWorld({
      configure: (config) => {
        config.limits = { beginsPerMinute: 5 };
      },
    });
    for (let count = 0; count < 5; count += 1) {
      await world.browser().fetch(`${world.origin}/login?connection=otds`);
    }

    const page = await world.browser().open(`${world.origin}/launch/store-emea`);

    assert.equal(page.status, 429);
    assert.match(page.text, /Too many attempts from your network/);
    assert.match(page.text, /ref_[0-9a-z]{26}/);
    assert.equal(page.headers['retry-after'], '60');
    world.clock.advance(MINUTE);
    const shop = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    assert.match(shop.text, /Mira Lindqvist/);
  });
});

test('every page that lets nobody in has a reference, under which the log has the exit', async () => {
  await using world = await startWorld();
  const ines = world.browser();
  const pages = [
    await world.signIn(ines, 'ines', '/launch/store-outlet'),
    await world.signIn(world.browser(), 'sam', '/launch/store-emea'),
    await world
      .browser()
      .open(`${world.origin}/login?connection=otds`)
      .then(async () => {
        const thief = world.browser();
        const form = await thief.open(`${world.origin}/login?connection=otds&rp=store-na`);
        const held = thief.pauseAt((url) => url.pathname === '/login/otds/callback');
        await form.submit({ otds_username: 'noah', otds_password: 'halden-demo' });
        return world.browser().open(held());
      }),
  ];

  for (const page of pages) {
    assert.equal(page.status, 403, page.text);
    const events = await threadOf(world, referenceOn(page));
    assert.ok(
      events.some(({ outcome }) => outcome === 'refused'),
      page.text,
    );
  }
});
