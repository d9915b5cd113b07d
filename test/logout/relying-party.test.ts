import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { openRoom, type Room, statesOn } from './room.ts';

// OpenID Connect RP-Initiated Logout 1.0: /logout is the end session endpoint.

const BYE = 'https://wiki.example/bye';
const WIKI = new URL('https://wiki.example/');

function hintFor(room: Room, name: string): string {
  const hint = `hint-${name}`;
  room.hints.set(hint, { aud: 'wiki', sub: `wiki:${room.personId}`, sid: `wiki-${name}` });
  return hint;
}

test('with a hint about this very session it ends without a question, and leads back', async () => {
  await using room = await openRoom();
  const { session, token, name } = await room.open(['wiki', 'desk']);
  const browser = await room.browser(token);
  const query = new URLSearchParams({
    ...{ id_token_hint: hintFor(room, name), post_logout_redirect_uri: BYE, state: 's&1' },
  });
  const where = browser.pauseAt((url) => url.origin === WIKI.origin);

  await browser.follow(WIKI, `${room.origin}/logout?${query}`);

  assert.equal(where(), `${BYE}?state=s%261`);
  assert.equal(await room.isRunning(session), false);
  assert.deepEqual(
    room.steps.filter((step) => step.startsWith('tell')),
    ['tell desk'],
    'who asked knows',
  );
  assert.equal(room.events[0]?.facts['by'], 'relying party');
});

test('when something may still be open, the page says so before it leads back', async () => {
  await using room = await openRoom();
  const { token, name } = await room.open(['wiki', 'shop']);
  const browser = await room.browser(token);
  const query = new URLSearchParams({ id_token_hint: hintFor(room, name), post_logout_redirect_uri: BYE });

  const page = await browser.follow(WIKI, `${room.origin}/logout?${query}`);

  assert.deepEqual(statesOn(page.html), { shop: 'Still open' });
  const where = browser.pauseAt((url) => url.origin === WIKI.origin);
  await page.click('Continue to The wiki');
  assert.equal(where(), BYE);
});

test('a form from the site of the relying party works the same, through a page of ours', async () => {
  await using room = await openRoom();
  const { session, token, name } = await room.open(['wiki']);
  const browser = await room.browser(token);
  const where = browser.pauseAt((url) => url.origin === WIKI.origin);

  await browser.submit(WIKI, `${room.origin}/logout`, 'POST', {
    ...{ id_token_hint: hintFor(room, name), post_logout_redirect_uri: BYE },
  });

  assert.equal(where(), BYE);
  assert.equal(await room.isRunning(session), false);
  assert.ok(
    browser.visited.every((step) => !step.includes('hint')),
    'the token stays out of our own addresses',
  );
});

test('without a hint the person is asked, and is led back after the answer', async () => {
  await using room = await openRoom();
  const { session, token } = await room.open(['wiki']);
  const browser = await room.browser(token);
  const query = new URLSearchParams({ client_id: 'wiki', post_logout_redirect_uri: BYE, state: 'x' });

  const question = await browser.follow(WIKI, `${room.origin}/logout?${query}`);
  assert.equal(await room.isRunning(session), true);
  const where = browser.pauseAt((url) => url.origin === WIKI.origin);
  await question.submit({}, /logout\/now/);

  assert.equal(where(), `${BYE}?state=x`);
  assert.equal(await room.isRunning(session), false);
  assert.ok(room.steps.includes('tell wiki'), 'nobody proved that the wiki itself asked, so it is told');
});

test('without a session the browser goes straight back', async () => {
  await using room = await openRoom();
  const browser = await room.browser();
  const where = browser.pauseAt((url) => url.origin === WIKI.origin);
  const query = new URLSearchParams({ client_id: 'wiki', post_logout_redirect_uri: BYE, state: 'x' });

  await browser.follow(WIKI, `${room.origin}/logout?${query}`);

  assert.equal(where(), `${BYE}?state=x`);
});

test('the hint of another person, session or client proves nothing', async () => {
  await using room = await openRoom();
  const mine = await room.open(['wiki']);
  const other = await room.open(['wiki'], { personId: newId('per') });
  const second = await room.open(['wiki']);
  const browser = await room.browser(mine.token);
  room.hints.set('another person', {
    aud: 'wiki',
    sub: `wiki:${other.session.personId}`,
    sid: `wiki-${other.name}`,
  });
  room.hints.set('another session', {
    aud: 'wiki',
    sub: `wiki:${room.personId}`,
    sid: `wiki-${second.name}`,
  });
  room.hints.set('another client', { aud: 'desk', sub: `wiki:${room.personId}`, sid: `wiki-${mine.name}` });

  for (const hint of [...room.hints.keys(), 'no token of ours']) {
    const query = new URLSearchParams({ id_token_hint: hint });
    const page = await browser.follow(WIKI, `${room.origin}/logout?${query}`);
    assert.match(page.heading, /Do you want to sign out/, hint);
  }

  room.hints.set('sound', { aud: 'wiki', sub: `wiki:${room.personId}`, sid: `wiki-${mine.name}` });
  const contradicted = new URLSearchParams({ id_token_hint: 'sound', client_id: 'desk' });
  const page = await browser.follow(WIKI, `${room.origin}/logout?${contradicted}`);
  assert.match(page.heading, /Do you want to sign out/, 'the hint names another client than client_id');

  for (const { session } of [mine, other, second]) assert.equal(await room.isRunning(session), true);
});
