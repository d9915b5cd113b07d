import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, customerWithMail, eventsOf, storeState, turn } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { registerWebhooks, secretOf, webhooksSettle } from '../support/webhooks.ts';
import { startWorld, type World } from '../support/world.ts';

// S26, by the command line: one command registers, lists, tests or removes the hooks of a store; the secret is made by
// the broker and shown to nobody.

test('one command registers the hooks, and twice changes nothing', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });

  const first = await world.vestibule(['webhooks', 'register', 'bc-emea']);
  const made = await hooksOf(world);
  const again = await world.vestibule(['webhooks', 'register', 'bc-emea']);

  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^made the hook for store\/customer\/updated$/m);
  assert.match(
    first.out,
    /^to http:\/\/sso\.localhost:\d+\/webhooks\/bigcommerce\/bc-emea; it may take a minute/m,
  );
  assert.equal(again.code, 0);
  assert.equal(again.out, 'bc-emea: nothing to change\n');
  assert.deepEqual(await hooksOf(world), made);
  const events = await eventsOf(world, { types: ['webhook.registered'] });
  assert.deepEqual(
    events.map(({ facts }) => facts),
    [{ by: { via: 'cli' }, changes: made.length, newSecret: false }],
  );
});

test('the list shows each hook as it stands and the last message, never the secret', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  const before = await world.vestibule(['webhooks', 'list', 'bc-emea']);
  await registerWebhooks(world, 'bc-emea');
  await enter(world);
  await act(world, 'bigcommerce', 'disable-webhooks', {
    store: 'store-emea',
    scope: 'store/customer/deleted',
  });

  const text = await world.vestibule(['webhooks', 'list', 'bc-emea']);
  const json = await world.vestibule(['webhooks', 'list', 'bc-emea', '--json']);

  assert.match(before.out, /not registered\n(?: {2}store\/\S+ +missing\n){7}no message has come yet/);
  assert.match(text.out, /^ {2}store\/customer\/updated +right$/m);
  assert.match(text.out, /^ {2}store\/customer\/deleted +off$/m);
  assert.match(text.out, /^last message \d{4}-\d\d-\d\dT\d\d:\d\dZ: store\/customer\//m);
  const listed = JSON.parse(json.out) as { target: string; hooks: { event: string; state: string }[] };
  assert.equal(listed.target, 'bc-emea');
  assert.equal(listed.hooks.find(({ event }) => event === 'store/customer/deleted')?.state, 'off');
  assert.ok(!`${text.out}${json.out}`.includes(await secretOf(world)));
});

test('the test has the store send a message and sees it arrive in the running broker', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  await registerWebhooks(world, 'bc-emea');
  await enter(world);
  const { id } = await mira(world);

  const { code, out, err } = await world.vestibule(['webhooks', 'test', 'bc-emea']);

  assert.equal(code, 0, err);
  assert.match(
    out,
    new RegExp(`^bc-emea: store/customer/updated about account ${id} arrived after \\d+\\.\\d s\n$`),
  );
  assert.equal((await mira(world)).first_name, 'Mira');
});

test('the test that waits in vain says what to look at', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  await registerWebhooks(world, 'bc-emea');
  await enter(world);
  await turn(world, 'bigcommerce', { webhookOnSameValues: 'silent' });
  await act(world, 'bigcommerce', 'disable-webhooks', {
    store: 'store-emea',
    scope: 'store/customer/updated',
  });

  const text = await world.vestibule(['webhooks', 'test', 'bc-emea', '--wait', '1']);
  const json = await world.vestibule(['webhooks', 'test', 'bc-emea', '--wait', '1', '--json']);

  assert.equal(text.code, 1);
  assert.match(text.out, /^bc-emea: nothing about account \d+ arrived within \d\.\d s$/m);
  assert.match(text.out, /^the last message before came \d{4}-/m);
  assert.match(
    text.out,
    /^the hook for store\/customer\/updated is off: vestibule webhooks register bc-emea$/m,
  );
  assert.match(
    text.out,
    /can http:\/\/sso\.localhost:\d+\/webhooks\/bigcommerce\/bc-emea be reached from outside/,
  );
  assert.equal(json.code, 1);
  assert.equal((JSON.parse(json.out) as { outcome: string }).outcome, 'nothing');
});

test('removing takes ours away and leaves the others; messages that still come are nobody’s', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  await registerWebhooks(world, 'bc-emea');

  const removed = await world.vestibule(['webhooks', 'remove', 'bc-emea']);
  const again = await world.vestibule(['webhooks', 'remove', 'bc-emea']);
  const check = await world.vestibule(['check']);

  assert.equal(removed.out, 'removed 7 hooks\n');
  assert.equal(again.out, 'bc-emea: there was nothing to remove\n');
  assert.deepEqual(await hooksOf(world), []);
  assert.doesNotMatch(check.out, /webhooks/);
  const [event] = await eventsOf(world, { types: ['webhook.removed'] });
  assert.deepEqual(event?.facts, { by: { via: 'cli' }, hooks: 7 });
});

test('check names a hook that was switched off and what to do, and shows where the others lead', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  await registerWebhooks(world, 'bc-emea');
  const scope = 'store/customer/deleted';
  const right = await world.vestibule(['check']);
  await act(world, 'bigcommerce', 'disable-webhooks', { store: 'store-emea', scope });

  const { code, out } = await world.vestibule(['check']);

  assert.equal(right.code, 0, right.out);
  assert.match(
    right.out,
    /it sends webhooks to http:\/\/sso\.localhost:\d+\/webhooks\/bigcommerce\/bc-emea; none came yet/,
  );
  assert.equal(code, 1);
  assert.match(
    out,
    /webhooks: the hook for store\/customer\/deleted is off; vestibule webhooks register bc-emea/,
  );
});

test('a new secret goes into every hook', async () => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });
  await registerWebhooks(world, 'bc-emea');
  const former = await secretOf(world);

  const { code, out } = await world.vestibule(['webhooks', 'register', 'bc-emea', '--new-secret']);

  assert.equal(code, 0);
  assert.equal(out.match(/^gave the hook for \S+ the present secret and destination$/gm)?.length, 7);
  assert.notEqual(await secretOf(world), former);
});

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
type Tree = any;

const REFUSALS = [
  {
    what: 'a target of a kind that tells nothing',
    args: ['register', 'wiki-accounts'],
    says: /wiki-accounts: this kind of target cannot tell of changes/,
    code: 1,
  },
  {
    what: 'a target that is not there',
    args: ['list', 'bc-nowhere'],
    says: /bc-nowhere is no target/,
    code: 2,
  },
  { what: 'no target', args: ['list'], says: /Name one target/, code: 2 },
  {
    what: 'a wait that is no number',
    args: ['test', 'bc-emea', '--wait', 'long'],
    says: /--wait takes/,
    code: 2,
  },
  {
    what: 'an address that the store cannot reach',
    args: ['register', 'bc-emea'],
    configure: (config: Tree) => {
      config.publicUrl = 'https://sso.halden.example:8443';
    },
    says: /https on port 443 only, and publicUrl is https:\/\/sso\.halden\.example:8443/,
    code: 1,
  },
  {
    what: 'an API account whose client secret is not known',
    args: ['register', 'bc-emea'],
    configure: (config: Tree) => {
      delete config.targets[0].api[0].clientSecret;
    },
    says: /api\[0\] has no clientSecret, with which the store signs/,
    code: 1,
  },
  {
    what: 'a token that the store does not accept',
    args: ['register', 'bc-emea'],
    configure: (config: Tree) => {
      config.targets[0].api[0].accessToken = 'sandbox-token-of-nobody';
    },
    says: /the target does not accept the API token/,
    code: 1,
  },
  {
    what: 'a test of what is not registered',
    args: ['test', 'bc-emea'],
    says: /nothing is registered; run vestibule webhooks register bc-emea first/,
    code: 1,
  },
] as const;

test('what cannot be is refused with what to do, and nothing is made', async (t) => {
  await using world = await startWorld({ clock: new ManualClock(new Date()) });

  for (const { what, args, says, code, ...more } of REFUSALS) {
    await t.test(what, async () => {
      const ran = await world.vestibule(
        ['webhooks', ...args],
        'configure' in more ? more.configure : undefined,
      );

      assert.equal(ran.code, code, ran.out);
      assert.match(ran.err, says);
      assert.deepEqual(await hooksOf(world), []);
    });
  }
});

async function hooksOf(world: World) {
  return (await storeState(world, 'store-emea')).hooks;
}

const mira = (world: World) => customerWithMail(world, 'store-emea', 'mira@halden.example');

async function enter(world: World): Promise<void> {
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await webhooksSettle(world);
}
