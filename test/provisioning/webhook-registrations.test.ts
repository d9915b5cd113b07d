import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { createAccessLog } from '../../src/access-log/index.ts';
import { MINUTE } from '../../src/base/index.ts';
import { createHttpClient, type HttpClient } from '../../src/platform/http/index.ts';
import { createJobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { LiveTarget } from '../../src/provisioning/targets/live-target.ts';
import { createWebhooks } from '../../src/provisioning/webhooks/create-webhooks.ts';
import type { Webhooks } from '../../src/provisioning/webhooks/webhooks.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { allMigrations, targetConfig } from './world.ts';

// Hooks are changed by commands, by the console and by each worker, in any number of processes. Whatever meets, a store
// never holds two of ours for one event, and never one whose secret nobody knows.

const PUBLIC_URL = new URL('http://sso.localhost:3000');
const TARGET = 'bc-emea';
const AS_OPERATOR = { by: { via: 'cli' }, thread: 'lgn_operator' } as const;
const EVENTS = 7;

type Hook = { readonly scope: string; readonly headers: Readonly<Record<string, string>> | null };
type World = Awaited<ReturnType<typeof startHooks>>;
type Gate = { readonly reached: Promise<void>; open(): void };

/** One store, one database, and any number of processes that know nothing of each other. */
async function startHooks() {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const needs = { db: database.db, clock, log: silentLog };
  const store = sandbox.system('bigcommerce');
  store.turn({ quota: 100_000 });

  async function process() {
    const keys = cleanup.use(await openKeys({ ...needs, listen: database.listen, masterKeys }));
    const accessLog = cleanup.use(createAccessLog({ ...needs, keys }));
    const jobs = createJobs({ ...needs, listen: database.listen, sealer: keys.sealer });
    const { http, holdAt, dieAt } = gated(cleanup.use(createHttpClient({ allowInsecureLoopback: true })));
    const config = targetConfig(sandbox.url('api.bigcommerce'));
    const connector = connectors.get(config.kind) ?? assert.fail('the connector is not registered');
    const open = connector.open(config.settings, {
      ...{ id: config.id, http, clock, log: silentLog },
      relyingParties: config.relyingParties,
    });
    const target = new LiveTarget(config.id, connector, config.settings, open, needs);
    let onWait: (() => void) | undefined;
    const webhooks = createWebhooks({
      needs: { ...needs, keys, jobs, accessLog, onStep: () => undefined },
      ...{ publicUrl: PUBLIC_URL, targetOf: () => target, findTarget: () => target },
      sleep: (ms) => {
        onWait?.();
        return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));
      },
    });
    /** Resolves when this process waits for another one. */
    const waits = () =>
      new Promise<void>((resolve) => {
        onWait = resolve;
      });
    return { webhooks, holdAt, dieAt, waits };
  }

  return {
    ...{ clock, store, process },
    hooks: (): readonly Hook[] =>
      (store.state() as { stores: Record<string, { hooks: Hook[] }> }).stores['store-emea']?.hooks ?? [],
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** A client that stops before a request: until it is told to go on, or for good. */
function gated(http: HttpClient) {
  let next: { match: RegExp; reached(): void; wait: Promise<void> } | undefined;
  const arm = (match: RegExp, wait: Promise<void>): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    next = { match, reached: resolve, wait };
    return promise;
  };
  const request: HttpClient['request'] = async (call) => {
    const gate = next;
    if (gate?.match.test(`${call.method} ${call.url.pathname}`)) {
      next = undefined;
      gate.reached();
      await gate.wait;
    }
    return http.request(call);
  };
  return {
    http: { ...http, request } as HttpClient,
    holdAt(match: RegExp): Gate {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { reached: arm(match, promise), open: resolve };
    },
    /** The process is killed there: nothing of it ever goes on. */
    dieAt: (match: RegExp): Promise<void> => arm(match, new Promise(() => undefined)),
  };
}

/** What the store holds is what the database knows. */
async function assertSound({ hooks }: World, { webhooks }: { readonly webhooks: Webhooks }): Promise<void> {
  const found = hooks();
  const scopes = found.map(({ scope }) => scope);
  assert.equal(new Set(scopes).size, scopes.length, 'one hook for each event');
  const listed = await webhooks.list(TARGET);
  assert.ok(listed.outcome === 'listed');
  const states = [...new Set(listed.hooks.map(({ state }) => state))];
  assert.deepEqual(states, [found.length === 0 ? 'missing' : 'right'], 'all or none, with the known secret');
  assert.equal(listed.registeredAt !== undefined, found.length > 0);
}

const register = (webhooks: Webhooks, newSecret = false) =>
  webhooks.register(TARGET, { ...AS_OPERATOR, newSecret });
const remove = (webhooks: Webhooks) => webhooks.remove(TARGET, AS_OPERATOR);

/** Where a worker that puts hooks right may be when somebody else comes. */
const PLACES = [
  ['before it looked', /^GET .*\/v3\/hooks$/],
  ['between look and repair', /^(PUT|POST) .*\/v3\/hooks/],
] as const;

suite('somebody removes the hooks while a worker puts them right', () => {
  for (const [place, match] of PLACES) {
    test(`that is ${place}: they are gone`, async () => {
      await using world = await startHooks();
      const [worker, operator] = [await world.process(), await world.process()];
      await register(operator.webhooks);
      world.store.actions?.['disable-webhooks']?.run({ store: 'store-emea' });
      const gate = worker.holdAt(match);
      const keeping = worker.webhooks.keepRight();
      await gate.reached;

      const waiting = operator.waits();
      const removing = remove(operator.webhooks);
      await waiting;
      gate.open();
      const removed = await removing;
      await keeping;

      assert.deepEqual(removed, { outcome: 'removed', count: EVENTS });
      assert.deepEqual(world.hooks(), []);
      await assertSound(world, operator);
    });
  }

  test('the worker that comes meanwhile leaves them alone', async () => {
    await using world = await startHooks();
    const [worker, operator] = [await world.process(), await world.process()];
    await register(operator.webhooks);
    const gate = operator.holdAt(/^DELETE/);
    const removing = remove(operator.webhooks);
    await gate.reached;

    await worker.webhooks.keepRight();
    gate.open();
    await removing;
    await worker.webhooks.keepRight();

    assert.deepEqual(world.hooks(), []);
    await assertSound(world, worker);
  });

  test('a removal that failed half-way is not undone', async () => {
    await using world = await startHooks();
    const [worker, operator] = [await world.process(), await world.process()];
    await register(operator.webhooks);
    world.store.fail({ kind: 'status', status: 500, match: { method: 'DELETE' }, times: 1 });
    const failed = await remove(operator.webhooks);
    const left = world.hooks().length;

    await worker.webhooks.keepRight();

    assert.equal(failed.outcome, 'unavailable');
    assert.equal(world.hooks().length, left);
    assert.equal(await worker.webhooks.standing(TARGET), undefined);
    assert.deepEqual(await remove(operator.webhooks), { outcome: 'removed', count: left });
    await assertSound(world, operator);
  });

  test('a process that was killed while it removed them is followed by another, after its turn', async () => {
    await using world = await startHooks();
    const [worker, killed, operator] = [await world.process(), await world.process(), await world.process()];
    await register(operator.webhooks);
    const died = killed.dieAt(/^DELETE/);
    void remove(killed.webhooks);
    await died;

    world.clock.advance(2 * MINUTE);
    await worker.webhooks.keepRight();
    const removed = await remove(operator.webhooks);

    assert.equal(removed.outcome, 'removed');
    assert.deepEqual(world.hooks(), []);
    await assertSound(world, operator);
  });
});

suite('somebody registers hooks', () => {
  test('while somebody else removes them: whoever came last has it their way', async () => {
    await using world = await startHooks();
    const [one, other] = [await world.process(), await world.process()];
    await register(one.webhooks);
    const gate = one.holdAt(/^DELETE/);
    const removing = remove(one.webhooks);
    await gate.reached;

    const waiting = other.waits();
    const registering = register(other.webhooks);
    await waiting;
    gate.open();

    assert.equal((await removing).outcome, 'removed');
    assert.equal((await registering).outcome, 'registered');
    assert.equal(world.hooks().length, EVENTS);
    await assertSound(world, one);
  });

  test('with a new secret while a worker puts them right: all carry the one that is known', async () => {
    await using world = await startHooks();
    const [worker, operator] = [await world.process(), await world.process()];
    await register(operator.webhooks);
    world.store.actions?.['disable-webhooks']?.run({ store: 'store-emea' });
    const gate = worker.holdAt(/^PUT .*\/v3\/hooks/);
    const keeping = worker.webhooks.keepRight();
    await gate.reached;

    const waiting = operator.waits();
    const registering = register(operator.webhooks, true);
    await waiting;
    gate.open();

    assert.equal((await registering).outcome, 'registered');
    await keeping;
    await assertSound(world, operator);
  });

  test('in several processes at once: each hook is made once, with one secret', async () => {
    await using world = await startHooks();
    const processes = [await world.process(), await world.process(), await world.process()];

    const answers = await Promise.all(processes.map(({ webhooks }) => register(webhooks, true)));

    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      ['registered', 'registered', 'registered'],
    );
    assert.equal(world.hooks().length, EVENTS);
    for (const each of processes) await assertSound(world, each);
  });

  test('while workers look: nobody waits for them, and nothing is made twice', async () => {
    await using world = await startHooks();
    const processes = [await world.process(), await world.process(), await world.process()];
    await register(processes[0]?.webhooks ?? assert.fail());

    await Promise.all(processes.map(({ webhooks }) => webhooks.keepRight()));

    assert.equal(world.hooks().length, EVENTS);
    for (const each of processes) await assertSound(world, each);
  });

  test('after whose turn somebody else has taken over: what is written down is not theirs any more', async () => {
    await using world = await startHooks();
    const [slow, other] = [await world.process(), await world.process()];
    await register(other.webhooks);
    const gate = slow.holdAt(/^GET .*\/v3\/hooks$/);
    const registering = register(slow.webhooks);
    await gate.reached;
    world.clock.advance(2 * MINUTE);
    const taken = await register(other.webhooks, true);
    gate.open();

    const late = await registering;

    assert.equal(taken.outcome, 'registered');
    assert.deepEqual([late.outcome, 'code' in late && late.code], ['unavailable', 'provisioning.busy']);
    await other.webhooks.keepRight();
    await assertSound(world, other);
  });

  test('of a target whose hooks a dead process held: not before its turn is over', async () => {
    await using world = await startHooks();
    const [killed, operator] = [await world.process(), await world.process()];
    const died = killed.dieAt(/^POST .*\/v3\/hooks/);
    void register(killed.webhooks);
    await died;

    const early = await register(operator.webhooks);
    world.clock.advance(2 * MINUTE);
    const later = await register(operator.webhooks);

    assert.deepEqual([early.outcome, 'code' in early && early.code], ['unavailable', 'provisioning.busy']);
    assert.equal(later.outcome, 'registered');
    await assertSound(world, operator);
  });
});
