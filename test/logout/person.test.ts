import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, newId, SECOND } from '../../src/base/index.ts';
import { openRoom, statesOn } from './room.ts';

// R3.4: per relying party what really happened, and nothing is called ended unless it was confirmed.

test('signing out ends the session first, then records it, then revokes, then tells', async () => {
  await using room = await openRoom();
  const { session, token } = await room.open(['wiki']);
  const browser = await room.browser(token);

  const question = await browser.open(`${room.origin}/logout`);
  const page = await question.submit({}, /logout\/now/);

  assert.equal(await room.isRunning(session), false);
  assert.match(page.url.pathname, /^\/logout\/[\w-]{43}$/);
  assert.deepEqual(room.steps, [
    ...['logout.started', 'session.ended', 'revoke of session'],
    ...['logout.sent', 'tell wiki', 'logout.confirmed', 'logout.finished'],
  ]);
  assert.equal(new Set(room.events.map(({ thread }) => thread)).size, 1);
  assert.equal(browser.cookie('sso.localhost', 'vestibule-session'), undefined);
});

test('every kind of relying party gets its own word on the page, also after a reload', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['wiki', 'desk', 'shop', 'notes', 'media', 'crm']);
  room.peers.manners.set('desk', 'refuses');
  room.peers.manners.set('crm', 'refuses');
  const browser = await room.browser(token);

  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  const expected = {
    ...{ wiki: 'Ended', media: 'Ended', desk: 'Still open', crm: 'Still open' },
    ...{ shop: 'Still open', notes: 'Not ended from here' },
  };
  assert.deepEqual(statesOn(page.html), expected);
  assert.ok(page.links().some(({ href }) => href === 'https://shop.example/logout'));
  assert.match(page.text, /desk.*Access tokens that it holds work for up to 5 minutes/);
  const again = await browser.open(page.url.href);
  assert.deepEqual(statesOn(again.html), expected);
  assert.equal(
    room.peers.received.filter(({ peer }) => peer === 'media').length,
    1,
    'a reload asks nobody again',
  );
});

test('a relying party that does not answer is told again by a durable job, and its late answer counts', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['wiki']);
  room.peers.manners.set('wiki', 'is broken');
  const browser = await room.browser(token);

  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  assert.deepEqual(statesOn(page.html), { wiki: 'Told to end' });
  assert.deepEqual(room.events.at(-1)?.facts['unconfirmed'], ['wiki']);

  room.clock.advance(16 * SECOND);
  await room.jobs.runDue();
  assert.deepEqual(statesOn((await browser.open(page.url.href)).html), { wiki: 'Told to end' });
  room.peers.manners.set('wiki', 'confirms');
  room.clock.advance(MINUTE);
  await room.jobs.runDue();

  assert.deepEqual(statesOn((await browser.open(page.url.href)).html), { wiki: 'Ended' });
  assert.equal(room.typesOf().filter((type) => type === 'logout.confirmed').length, 1);
  assert.equal(room.typesOf().filter((type) => type === 'logout.finished').length, 1);
});

test('the job does nothing for a relying party that answered at once', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['wiki']);
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  room.clock.advance(MINUTE);
  await room.jobs.runDue();

  assert.deepEqual(
    room.steps.filter((step) => step.startsWith('tell')),
    ['tell wiki'],
  );
});

test('a relying party that never comes back does not hold the others up: the person goes on by a link', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['media', 'crm']);
  room.peers.manners.set('media', 'shows a page');
  const browser = await room.browser(token);

  const lost = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  assert.equal(lost.heading, 'media', 'the browser is stranded there');
  const back = await browser.open(`${room.origin}${handlePath(browser.visited)}`);

  assert.deepEqual(statesOn(back.html), { media: 'No answer', crm: 'Next' });
  const end = await back.click('Continue to The crm');
  assert.deepEqual(statesOn(end.html), { media: 'No answer', crm: 'Ended' });
  const failed = room.events.find(({ type }) => type === 'logout.failed');
  assert.equal(failed?.code, 'logout.no_answer');
  assert.equal(failed?.relyingParty, 'media');
});

test('an answer that comes late still counts', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['media']);
  room.peers.manners.set('media', 'shows a page');
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  const request = room.peers.received.find(({ peer }) => peer === 'media');
  assert.ok(request);
  const path = handlePath(browser.visited);
  assert.deepEqual(statesOn((await browser.open(`${room.origin}${path}`)).html), { media: 'No answer' });

  const { readSent } = await import('../support/saml-peer.ts');
  const xml = room.media.response({ inResponseTo: readSent(request.parameters).id });
  const page = await browser.open(room.media.redirect(xml));

  assert.deepEqual(statesOn(page.html), { media: 'Ended' });
});

test('a browser that goes away in the middle leaves a finished record all the same', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['media', 'crm']);
  room.peers.manners.set('media', 'shows a page');
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  room.clock.advance(5 * MINUTE);
  await room.jobs.runDue();

  const finished = room.events.filter(({ type }) => type === 'logout.finished');
  assert.equal(finished.length, 1);
  assert.deepEqual(finished[0]?.facts['unconfirmed'], ['media', 'crm']);
  const codes = room.events.filter(({ type }) => type === 'logout.failed').map(({ code }) => code);
  assert.deepEqual(codes, ['logout.no_answer', 'logout.no_browser']);
});

test('without a session there is nothing to ask and nothing to end', async () => {
  await using room = await openRoom();
  const browser = await room.browser();

  const page = await browser.open(`${room.origin}/logout`);

  assert.match(page.heading, /signed out/);
  assert.deepEqual(room.events, []);
});

test('eight tabs that sign out at once make one logout', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['wiki', 'shop']);
  const browser = await room.browser(token);
  const question = await browser.open(`${room.origin}/logout`);

  const pages = await Promise.all(Array.from({ length: 8 }, () => question.submit({}, /logout\/now/)));

  assert.ok(pages.every(({ status }) => status === 200));
  assert.equal(room.typesOf().filter((type) => type === 'session.ended').length, 1);
  assert.equal(room.steps.filter((step) => step === 'tell wiki').length, 1);
});

test('sixty seconds or sixty minutes: results are kept for half an hour, then the page says that they are gone', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['shop']);
  const browser = await room.browser(token);
  const page = await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);

  room.clock.advance(29 * MINUTE);
  assert.equal((await browser.open(page.url.href)).status, 200);
  room.clock.advance(2 * MINUTE);

  const gone = await browser.open(page.url.href);
  assert.equal(gone.status, 404);
  assert.match(gone.text, /no longer kept/);
});

function handlePath(visited: readonly string[]): string {
  const found = visited.findLast((step) => /\/logout\/[\w-]{43}$/.test(step));
  return found?.slice(found.indexOf('/logout/')) ?? '';
}

test('a process that dies right after the session ended leaves nobody untold', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['wiki']);
  room.peers.manners.set('wiki', 'is broken');
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  room.peers.manners.set('wiki', 'confirms');

  const other = room.elsewhere();
  room.clock.advance(MINUTE);
  await other.runDue();

  assert.equal(room.typesOf().filter((type) => type === 'logout.confirmed').length, 1);
  assert.equal((await other.counts()).length, 0, 'nothing is left to do');
});

test('when somebody signs in meanwhile, nobody else is asked through this browser', async () => {
  await using room = await openRoom();
  const { token } = await room.open(['media', 'crm']);
  room.peers.manners.set('media', 'shows a page');
  const browser = await room.browser(token);
  await (await browser.open(`${room.origin}/logout`)).submit({}, /logout\/now/);
  const path = handlePath(browser.visited);
  const next = await room.open(['crm'], { personId: newId('per') });
  await browser.open(`${room.origin}/test/sign-in?token=${next.token}`);

  const page = await browser.open(`${room.origin}${path}`);

  assert.deepEqual(statesOn(page.html), { media: 'No answer', crm: 'No answer' });
  assert.equal(room.peers.received.filter(({ peer }) => peer === 'crm').length, 0);
  assert.equal(await room.isRunning(next.session), true);
  assert.notEqual(browser.cookie('sso.localhost', 'vestibule-session'), undefined);
});
