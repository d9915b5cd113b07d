import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from '../support/browser.ts';
import { chanceOf, SEED } from './chance.ts';
import {
  assertEveryLoginRecorded,
  assertFaultsHaveReferences,
  assertLogVerifies,
  assertOneCustomerEach,
  assertOnePersonEach,
  unsettled,
} from './invariants.ts';
import { Visitor } from './person.ts';
import { type ServerMode, startServerMode } from './server-mode.ts';

const PEOPLE = 40;
const DEATHS = 6;
const SETTLED_WITHIN_MS = 45_000;

const inStore = (page: Page): boolean => page.status === 200 && page.url.hostname === 'store-emea.localhost';
const signedOut = (page: Page): boolean => page.status === 200 && /signed out/i.test(page.text);

test(`${PEOPLE} people get in while processes are killed: one account each, everything recorded`, async () => {
  await using world = await startServerMode();
  world.sandbox.system('bigcommerce').turn({ quota: 5_000 });
  const groupOf = addPeople(world);
  const visitors = [...groupOf.keys()].map((mail) => new Visitor(world.origin, mail.split('@')[0] ?? ''));
  const chance = chanceOf(SEED);
  const state = { over: false };

  const killing = killAtRandom(world, chance).finally(() => {
    state.over = true;
  });
  const results = await Promise.allSettled([
    killing,
    ...visitors.map((visitor, place) => visitUntil(() => state.over, visitor, world, place)),
  ]);
  const failed = results.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
  assert.deepEqual(failed, [], `seed ${SEED}`);

  await using stores = await world.openStores();
  await assertSettles(stores);
  await assertOneCustomerEach(stores, world.sandbox, { store: 'store-emea', target: 'bc-emea', groupOf });
  await assertOnePersonEach(stores, PEOPLE);
  const logins = await assertEveryLoginRecorded(stores, world.sandbox, 'store-emea');
  assert.ok(logins >= 2 * PEOPLE);
  await assertLogVerifies(stores);
  const seen = visitors.map((visitor) => visitor.seen);
  assertFaultsHaveReferences(seen);
  assert.ok(
    seen.some(({ broken }) => broken > 0),
    'the kills were noticed by nobody',
  );
});

function addPeople({ sandbox }: ServerMode): ReadonlyMap<string, string> {
  const groupOf = new Map<string, string>();
  for (let number = 1; number <= PEOPLE; number += 1) {
    const login = `walker${String(number).padStart(2, '0')}`;
    const manages = number % 5 === 0;
    const groups = ['merchandising@staff', ...(manages ? ['store-managers@staff'] : [])];
    const address = { street: 'Kanalgade 3', city: 'Aarhus', state: '', postalCode: '8000', country: 'DK' };
    sandbox.people.add({ login, groups, region: 'EMEA', address, department: 'Merchandising' });
    groupOf.set(`${login}@halden.example`, manages ? 'Managers' : 'Merchandising');
  }
  return groupOf;
}

/** Sometimes the next one dies while the last is still starting, or that one again. */
async function killAtRandom({ web, worker }: ServerMode, chance: ReturnType<typeof chanceOf>): Promise<void> {
  const members = [...web, worker];
  for (let deaths = 0; deaths < DEATHS; deaths += 1) {
    await wait(500 + chance.below(1_500));
    // The worker is a third of the processes, and must not be spared by chance.
    const member = deaths === 1 ? worker : chance.pick(members);
    await member.killAndStart();
  }
  await Promise.all(members.map((member) => member.ready()));
}

/** In, in again, with a new browser, out: until the killing is over, and once more after it. */
async function visitUntil(
  isOver: () => boolean,
  first: Visitor,
  world: ServerMode,
  place: number,
): Promise<void> {
  let visitor = first;
  for (let last = false; ; ) {
    await visitor.insist('/launch/store-emea', inStore);
    await visitor.insist('/launch/store-emea?to=/promo', inStore);
    if (place % 3 === 0) await leaveForGood(visitor, world);
    if (last) return;
    last = isOver();
    await wait(200 + place * 10);
    visitor = visitor.withNewBrowser();
  }
}

/** Once the page says that the session is over, its cookie opens nothing, at either process. */
async function leaveForGood(visitor: Visitor, { origin, web }: ServerMode): Promise<void> {
  const cookie = visitor.sessionCookie();
  await visitor.insistOn(async ({ browser }) => {
    const asked = await browser.open(`${origin}/logout`);
    return asked.forms.length === 0 ? asked : asked.submit({}, /logout/);
  }, signedOut);
  for (const _ of web) {
    const page = await visitor.insistOn(
      () => visitor.bearing(cookie, '/'),
      ({ status }) => status < 500,
    );
    assert.equal(page.headers['location'], '/login', 'an ended session still opens the launchpad');
  }
}

async function assertSettles(stores: Parameters<typeof unsettled>[0]): Promise<void> {
  let left = await unsettled(stores);
  for (let waited = 0; left.length > 0 && waited < SETTLED_WITHIN_MS; waited += 250) {
    await wait(250);
    left = await unsettled(stores);
  }
  assert.deepEqual(left, [], 'half-made');
}
