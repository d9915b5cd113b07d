import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type AccessLog, accessEvents, createAccessLog } from '../../src/access-log/index.ts';
import { migrations } from '../../src/app/index.ts';
import { careForKeys } from '../../src/app/key-care.ts';
import { keyEvents } from '../../src/app/key-events.ts';
import { certificateMetrics } from '../../src/app/metrics.ts';
import { repeat } from '../../src/app/repeat.ts';
import { DAY } from '../../src/base/index.ts';
import type { Upstream } from '../../src/federation/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { type Log, silentLog } from '../../src/platform/log/index.ts';
import { createMetrics } from '../../src/platform/metrics/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

async function openRing() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const t = stack.use(await createTestDatabase(migrations));
  const keys = stack.use(
    await openKeys({
      ...{ db: t.db, listen: t.listen, clock },
      masterKeys: { current: new MasterKey(randomBytes(32)), previous: [] },
      events: keyEvents(() => accessLog),
    }),
  );
  const accessLog: AccessLog = stack.use(createAccessLog({ db: t.db, keys, clock, log: silentLog }));
  const warnings: [string, unknown][] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const metrics = createMetrics();
  const upstreams: { list(): Upstream[] } = { list: () => [] };
  const care = { keys, log, upstreams, metrics: certificateMetrics(metrics) };
  const eventsOf = async (type: string) =>
    (await accessLog.searchEvents({ types: [type] }, { limit: 50 })).events;
  return {
    ...{ clock, keys, metrics, warnings, eventsOf, upstreams },
    round: () => careForKeys(care),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('the schedule leaves its trail in the access log, each round under one thread', async () => {
  await using ring = await openRing();
  const [active, next] = await ring.keys.issuingKeys('oidc-eddsa');
  ring.clock.advance(90 * DAY);
  await ring.round();
  ring.clock.advance(14 * DAY);
  await ring.round();

  const [rotated] = await ring.eventsOf(accessEvents.keyRotated.type);
  const [retired] = await ring.eventsOf(accessEvents.keyRetired.type);
  const [destroyed] = await ring.eventsOf(accessEvents.keyDestroyed.type);
  assert.deepEqual(rotated?.facts, {
    ...{ by: { via: 'system' }, purpose: 'oidc-eddsa' },
    ...{ from: active?.keyId, to: next?.keyId, forced: false },
  });
  assert.equal(retired?.thread, rotated?.thread);
  assert.equal(retired?.facts['publishedUntil'], '2026-06-14T09:00:00.000Z');
  assert.equal(destroyed?.facts['key'], active?.keyId);
  assert.equal((await ring.eventsOf(accessEvents.keyPublished.type)).length, 3);
});

test('the end of a certificate is a metric from the start, and a warning and an event when it comes near', async () => {
  await using ring = await openRing();
  const [active] = await ring.keys.issuingKeys('saml-identity-provider');
  await ring.round();
  const quiet = ring.warnings.length;
  const end = active?.notAfter ?? new Date(0);
  ring.clock.set(new Date(end.getTime() - 20 * DAY));
  await ring.round();
  await ring.round();

  const text = await ring.metrics.render();
  assert.equal(quiet, 0);
  assert.match(
    text,
    new RegExp(
      `vestibule_certificate_expires_timestamp_seconds\\{of="saml-identity-provider",state="active"\\} ${end.getTime() / 1000}`,
    ),
  );
  const told = {
    ...{ of: 'saml-identity-provider', certificate: active?.keyId },
    daysLeft: 20,
  };
  assert.deepEqual(ring.warnings, [
    ['a certificate ends soon', { ...told, state: 'active', ends: end.toISOString() }],
  ]);
  const events = await ring.eventsOf(accessEvents.certificateExpiresSoon.type);
  assert.deepEqual(
    events.map(({ facts }) => facts),
    [{ ...told, notAfter: end.toISOString() }],
  );
});

test('certificates of upstreams are watched too; of several, the metric shows the one that ends last', async () => {
  await using ring = await openRing();
  const [soon, later] = [new Date('2026-03-12T09:00:00Z'), new Date('2027-03-02T09:00:00Z')];
  const certificates = () =>
    Promise.resolve([
      { fingerprint: 'BB', notAfter: later },
      { fingerprint: 'AA', notAfter: soon },
    ]);
  // Only what key care looks at; the rest of an upstream has its own tests.
  ring.upstreams.list = () => [{ id: 'am', certificates } as unknown as Upstream];

  await ring.round();

  assert.deepEqual(ring.warnings, [
    [
      'a certificate ends soon',
      { of: 'connection am', certificate: 'AA', daysLeft: 10, ends: soon.toISOString() },
    ],
  ]);
  const line = `_seconds{of="connection am",state="active"} ${later.getTime() / 1000}`;
  assert.ok((await ring.metrics.render()).includes(line));
});

test('a round that fails is logged, and the work goes on; disposing waits for the round under way', async () => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const failing = repeat({ name: 'x', everyMs: DAY, log, work: () => Promise.reject(new Error('no')) });
  let finish: () => void = () => undefined;
  let isDone = false;
  const slow = repeat({
    ...{ name: 'y', everyMs: DAY, log },
    work: () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }).then(() => {
        isDone = true;
      }),
  });

  await failing[Symbol.asyncDispose]();
  const disposing = slow[Symbol.asyncDispose]();
  finish();
  await disposing;

  assert.deepEqual(warnings, ['a round of background work failed']);
  assert.ok(isDone);
});
