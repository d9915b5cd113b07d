import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE, SECOND } from '../../src/base/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld } from '../support/world.ts';

// Access ends at an instant, and a sign-in takes time: nothing may leave after the end, and nothing that leaves
// before may work after it (R3.1). The contract of olu ends ten days after the world begins.

const FEW_SECONDS = 8 * SECOND;
/** A store may look a little kindly on its clock. */
const STORE_TOLERANCE = 10 * SECOND;

async function eventsOf(type: string, world: Awaited<ReturnType<typeof startWorld>>) {
  const { accessLog } = await world.stores();
  const { events } = await accessLog.searchEvents({ types: [type] }, { limit: 50 });
  return events;
}

test('access that ends while the account is made opens nothing', async () => {
  const clock = new ManualClock();
  await using world = await startWorld({
    clock,
    onProvisioningStep: (step) => {
      if (step === 'creation answered') clock.advance(MINUTE);
    },
  });
  clock.advance(10 * DAY - 30 * SECOND);

  const page = await world.signIn(world.browser(), 'olu', '/launch/store-emea');

  assert.equal(page.url.hostname, 'sso.localhost');
  assert.equal(page.status, 403);
  assert.match(page.text, /has ended/);
  assert.deepEqual(await eventsOf('login.issued', world), []);
  assert.equal((await eventsOf('decision.denied', world)).length, 1);
});

test('a login token that is made shortly before the end of the access does not work after it', async () => {
  const clock = new ManualClock();
  await using world = await startWorld({ clock });
  clock.advance(10 * DAY - FEW_SECONDS);
  const end = new Date(clock.now().getTime() + FEW_SECONDS);
  const browser = world.browser();
  const token = browser.pauseAt(({ pathname }) => pathname.startsWith('/login/token/'));
  await world.signIn(browser, 'olu', '/launch/store-emea');
  const url = token();

  const [issued] = await eventsOf('login.issued', world);
  assert.ok(issued && String(issued.facts['expires']) <= end.toISOString(), String(issued?.facts['expires']));
  clock.advance(FEW_SECONDS + STORE_TOLERANCE);
  const late = await world.browser().open(url);

  assert.doesNotMatch(late.text, /olu/i);
});

test('until then it works', async () => {
  const clock = new ManualClock();
  await using world = await startWorld({ clock });
  clock.advance(10 * DAY - FEW_SECONDS);

  const page = await world.signIn(world.browser(), 'olu', '/launch/store-emea');

  assert.equal(page.url.hostname, 'store-emea.localhost');
  assert.match(page.text, /olu/i);
});
