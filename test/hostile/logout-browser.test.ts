import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRoom, statesOn } from '../logout/room.ts';

// R2.2, R2.5, R8.2: what other sites can make a browser do ends nothing.

const EVIL = new URL('https://evil.example/');
const BYE = 'https://wiki.example/bye';

test('a link, a picture, a frame, a script, a prefetch or a HEAD does not sign anybody out', async () => {
  await using room = await openRoom();
  const { session, token, name } = await room.open(['wiki']);
  const browser = await room.browser(token);
  room.hints.set('stolen', { aud: 'wiki', sub: `wiki:${room.personId}`, sid: `wiki-${name}` });
  const url = `${room.origin}/logout?id_token_hint=stolen`;

  for (const destination of ['image', 'iframe', 'script', 'style', 'empty', 'object']) {
    const answer = await browser.fetch(url, 'GET', {
      'Sec-Fetch-Dest': destination,
      'Sec-Fetch-Site': 'cross-site',
    });
    assert.equal(answer.status, 400, destination);
  }
  for (const purpose of ['prefetch', 'prefetch;prerender']) {
    assert.equal((await browser.fetch(url, 'GET', { 'Sec-Purpose': purpose })).status, 503);
  }
  assert.equal((await browser.fetch(url, 'HEAD')).status, 200);
  const question = await browser.follow(EVIL, `${room.origin}/logout`);
  assert.match(question.heading, /Do you want to sign out/);

  assert.equal(await room.isRunning(session), true);
  assert.deepEqual(room.events, []);
});

test('a form of another site ends nothing, at either address', async () => {
  await using room = await openRoom();
  const { session, token } = await room.open(['wiki']);
  const browser = await room.browser(token);

  const now = await browser.submit(EVIL, `${room.origin}/logout/now`, 'POST', {});
  assert.equal(now.status, 403);
  const asked = await browser.submit(EVIL, `${room.origin}/logout`, 'POST', { state: 'x' });
  assert.match(asked.heading, /Do you want to sign out/);

  assert.equal(await room.isRunning(session), true);
  assert.notEqual(browser.cookie('sso.localhost', 'vestibule-session'), undefined);
});

test('nothing but an address that this very client registered leads out of our pages', async () => {
  await using room = await openRoom();
  const { token, name } = await room.open(['wiki', 'desk']);
  room.hints.set('desk', { aud: 'desk', sub: `desk:${room.personId}`, sid: `desk-${name}` });
  const places = [
    'https://evil.example/',
    `${BYE}/`,
    `${BYE}?x=1`,
    `${BYE}#x`,
    'https://WIKI.example/bye',
    'https://wiki.example/bye/../evil',
    'https://wiki.example@evil.example/bye',
    '//evil.example',
    'javascript:alert(1)',
    '/saml/slo',
  ];
  for (const place of places) {
    for (const more of [{ client_id: 'wiki' }, {}, { client_id: 'nobody' }]) {
      const query = new URLSearchParams({ post_logout_redirect_uri: place, state: EVIL.href, ...more });
      const page = await (await room.browser()).follow(EVIL, `${room.origin}/logout?${query}`);
      assert.equal(page.url.origin, room.origin, `${place} ${JSON.stringify(more)}`);
    }
  }
  const browser = await room.browser(token);
  for (const query of [
    { client_id: 'desk', post_logout_redirect_uri: BYE },
    { id_token_hint: 'desk', post_logout_redirect_uri: BYE, client_id: 'wiki' },
    { id_token_hint: 'forged', post_logout_redirect_uri: BYE, client_id: 'wiki' },
  ]) {
    const page = await browser.follow(EVIL, `${room.origin}/logout?${new URLSearchParams(query)}`);
    assert.equal(page.status, 200, JSON.stringify(query));
    assert.equal(page.url.origin, room.origin);
    assert.ok(!page.html.includes('wiki.example'), JSON.stringify(query));
    assert.ok(!page.html.includes('evil.example'));
    assert.ok(
      page.forms.every(({ fields }) => !('request' in fields)),
      'nothing is kept for afterwards',
    );
  }
});

test('parameters that are repeated or are no text are no parameters', async () => {
  await using room = await openRoom();
  const browser = await room.browser();

  const twice = `post_logout_redirect_uri=${encodeURIComponent(BYE)}`;
  const page = await browser.follow(EVIL, `${room.origin}/logout?client_id=wiki&${twice}&${twice}`);

  assert.equal(page.url.origin, room.origin);
});

test('RelayState of a relying party goes back to it alone, and leads nowhere else', async () => {
  await using room = await openRoom();
  const { token, name } = await room.open(['media']);
  const browser = await room.browser(token);
  const options = {
    ...{ nameId: `media:${room.personId}`, indexes: [`media-${name}`] },
    relayState: 'https://evil.example/"><script>',
  };

  await browser.open(room.media.redirect(room.media.request(options), options));

  assert.ok(browser.visited.every((step) => !step.includes('evil.example')));
  assert.equal(room.peers.received.at(-1)?.parameters.get('RelayState'), options.relayState);
});

test('somebody who knows the address of a run cannot lead another browser through it', async () => {
  await using room = await openRoom();
  const mine = await room.open(['media', 'crm']);
  room.peers.manners.set('media', 'shows a page');
  const browser = await room.browser(mine.token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  const path = browser.visited
    .findLast((step) => /\/logout\/[\w-]{43}$/.test(step))
    ?.replace(/^.*\/logout/, '/logout');
  const asked = room.peers.received.length;

  const victim = await room.browser((await room.open(['crm'])).token);
  for (const step of ['', '/next', '/upstream']) {
    const page = await victim.follow(EVIL, `${room.origin}${path}${step}`);
    assert.equal(page.status, 403);
    assert.deepEqual(statesOn(page.html), {});
  }

  assert.equal(room.peers.received.length, asked);
  assert.notEqual(victim.cookie('sso.localhost', 'vestibule-session'), undefined);
});

test('handles that nobody gave out lead to a page that tells nothing', async () => {
  await using room = await openRoom();
  const browser = await room.browser();

  for (const handle of ['x', 'a'.repeat(43), '..%2f..', 'state', `${'a'.repeat(3_000)}`]) {
    assert.equal((await browser.open(`${room.origin}/logout/${handle}`)).status, 404, handle.slice(0, 20));
  }
  assert.match((await browser.open(`${room.origin}/logout/return?state=made-up`)).heading, /signed out/);
});

test('a logout storm ends once, and tells each relying party once', async () => {
  await using room = await openRoom();
  const { session, token, name } = await room.open(['wiki', 'media']);
  const browser = await room.browser(token);
  const now = room.provider.nowSeconds();
  const claims = { iss: room.provider.issuer, aud: 'vestibule', iat: now, sub: `op-${room.personId}` };
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const question = await browser.open(`${room.origin}/logout`);

  const storm = [
    ...Array.from({ length: 20 }, () => question.submit({}, /logout\/now/)),
    ...Array.from({ length: 20 }, () =>
      browser.fetch(
        room.media.redirect(
          room.media.request({ nameId: `media:${room.personId}`, indexes: [`media-${name}`] }),
        ),
      ),
    ),
    ...Array.from({ length: 20 }, async (_, count) =>
      browser.submit(EVIL, `${room.origin}/login/op/backchannel-logout`, 'POST', {
        logout_token: await room.provider.sign({ ...claims, events, jti: `storm-${count}` }),
      }),
    ),
    ...Array.from({ length: 20 }, () =>
      room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' }),
    ),
  ];
  await Promise.all(storm);

  assert.equal(await room.isRunning(session), false);
  assert.equal(room.typesOf().filter((type) => type === 'session.ended').length, 1);
  assert.equal(room.steps.filter((step) => step === 'tell wiki').length, 1);
});

test('too many sign-outs from one address are slowed down before anything is decoded', async () => {
  await using room = await openRoom();
  const browser = await room.browser();

  const statuses = new Map<number, number>();
  for (let count = 0; count < 1_010; count += 1) {
    const { status } = await browser.fetch(`${room.origin}/saml/slo?SAMLRequest=x`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  assert.equal(statuses.get(429), 10);
});
