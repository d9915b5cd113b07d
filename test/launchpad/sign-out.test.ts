import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewAccessEvent } from '../../src/access-log/index.ts';
import { newId } from '../../src/base/index.ts';
import { type SignOutDeps, signOut } from '../../src/launchpad/sign-out.ts';
import type { SignedIn } from '../../src/login/index.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';

// R3.4: nothing is called ended unless it is.

const party = (id: string): RelyingParty => ({
  ...{ id, kind: 'shop', title: `The ${id}`, description: '', enabled: true, hidden: false },
  ...{ roles: [], scopes: [], access: {} },
});
const signedIn = { session: { id: newId('ses') }, person: { id: newId('per') } } as unknown as SignedIn;
const ORIGIN = { address: '192.0.2.1', userAgent: 'Firefox' };

function openRoom(entered: readonly string[] | undefined) {
  const steps: string[] = [];
  const events: NewAccessEvent[] = [];
  const deps = {
    sessions: {
      end: async (_person: string, id: string, reason: string) => {
        steps.push(`end ${id === signedIn.session.id} ${reason}`);
        return entered === undefined ? undefined : { entered };
      },
    },
    accessLog: {
      append: async (event: NewAccessEvent) => {
        events.push(event);
        steps.push(event.type);
      },
    },
    registry: createRegistry({ relyingParties: [party('shop'), party('wiki')], targets: [] }),
    signOutUrlOf: (id: string) => (id === 'shop' ? new URL('https://shop.example/logout') : undefined),
  } as unknown as SignOutDeps;
  return { steps, events, run: () => signOut(signedIn, ORIGIN, deps) };
}

test('the session is over first, and the answer waits for its record', async () => {
  const room = openRoom(['shop']);

  await room.run();

  assert.deepEqual(room.steps, ['end true signed-out', 'logout.started', 'session.ended', 'logout.finished']);
  assert.equal(new Set(room.events.map(({ thread }) => thread)).size, 1);
  assert.ok(room.events.every(({ session }) => session === signedIn.session.id));
  assert.deepEqual(room.events[1]?.facts['relyingParties'], ['shop']);
  assert.deepEqual(room.events[2]?.facts, { confirmed: [], unconfirmed: ['shop'] });
});

test('of each place that was entered it says what is still open there, with the way to end it where there is one', async () => {
  const parties = await openRoom(['shop', 'wiki', 'gone']).run();

  assert.deepEqual(
    parties.map(({ title, state, href }) => ({ title, state, href })),
    [
      { title: 'The shop', state: 'still-open', href: 'https://shop.example/logout' },
      { title: 'The wiki', state: 'not-supported', href: null },
      { title: 'gone', state: 'not-supported', href: null },
    ],
  );
});

test('a session that somebody else ended a moment ago names nothing twice', async () => {
  const room = openRoom(undefined);

  assert.deepEqual(await room.run(), []);
  assert.ok(!room.steps.includes('session.ended'), 'its end was recorded by whoever ended it');
});
