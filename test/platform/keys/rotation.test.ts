import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { DAY, HOUR, VestibuleError } from '../../../src/base/index.ts';
import { migrate } from '../../../src/platform/database/index.ts';
import {
  checkKeys,
  type IssuingKey,
  type IssuingPurpose,
  type KeyPurpose,
  type KeyRing,
  KeysConfig,
  MasterKey,
  migrations,
  openKeys,
  rotateMasterKey,
} from '../../../src/platform/keys/index.ts';
import { makeMaterial } from '../../../src/platform/keys/key-material.ts';
import { signingKeyPlace } from '../../../src/platform/keys/signing-key-store.ts';
import { createTestDatabase, eachServer } from '../../support/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type KeysWorld, openKeysWorld, until } from './rings.ts';

const CLI = { by: { via: 'cli' } } as const;
const NOW = { by: { via: 'cli' }, force: true } as const;

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof VestibuleError && error.code === code;
}

async function idsOf(ring: KeyRing, purpose: IssuingPurpose = 'oidc-eddsa'): Promise<string[]> {
  return (await ring.issuingKeys(purpose)).map(({ keyId }) => keyId);
}

async function statesOf(ring: KeyRing, purpose: IssuingPurpose = 'oidc-eddsa'): Promise<string[]> {
  return (await ring.issuingKeys(purpose)).map(({ state }) => state);
}

type Row = {
  id: string;
  purpose: string;
  state: string;
  wrapped: string | null;
  public_part: string;
};

function rows(world: KeysWorld) {
  return world.t.db.$extendTables<{ keys_signing_key: Row }>();
}

eachServer('rotation of issuing keys', (server) => {
  test('processes that ask for the first keys at once get the same two', async () => {
    await using world = await openKeysWorld(server);
    const rings = await Promise.all([world.process(), world.process(), world.process()]);

    const asked = await Promise.all(
      Array.from({ length: 12 }, (_, at) => idsOf(rings[at % 3] as KeyRing, 'oidc-es256')),
    );

    const [first = []] = asked;
    assert.equal(first.length, 2);
    for (const ids of asked) assert.deepEqual(ids, first);
    const published = (await world.events()).filter(({ kind }) => kind === 'published');
    assert.equal(published.length, 2, 'each key is recorded once');
  });

  test('a rotation makes next active, keeps the old one published, and has a new next', async () => {
    await using world = await openKeysWorld(server);
    const ring = await world.process();
    const [active, next] = await ring.issuingKeys('oidc-eddsa');
    world.clock.advance(3 * DAY);

    const result = await ring.rotate('oidc-eddsa', CLI);

    const after = await ring.issuingKeys('oidc-eddsa');
    assert.deepEqual(
      after.map(({ state }) => state),
      ['active', 'next', 'retired'],
    );
    assert.equal(after[0]?.keyId, next?.keyId);
    assert.equal(after[2]?.keyId, active?.keyId);
    assert.deepEqual(result, {
      outcome: 'rotated',
      from: active?.keyId,
      to: next?.keyId,
      next: after[1]?.keyId,
    });
    assert.equal(after[0]?.activeSince?.getTime(), world.clock.now().getTime());
    assert.equal(after[2]?.retiredAt?.getTime(), world.clock.now().getTime());
  });

  test('a rotation reaches other processes by itself, and what they signed before still verifies', async () => {
    await using world = await openKeysWorld(server);
    const here = await world.process();
    const there = await world.process();
    const heard: IssuingPurpose[] = [];
    using _listening = there.onIssuingKeysChange((purpose) => heard.push(purpose));
    const [old] = await there.issuingKeys('oidc-rs256');
    const bytes = Buffer.from('a token');
    const signature = sign('sha256', bytes, (old as IssuingKey).privateKey);

    await here.rotate('oidc-rs256', NOW);

    await until(() => heard.length > 0);
    assert.deepEqual(heard, ['oidc-rs256']);
    assert.deepEqual(await idsOf(there, 'oidc-rs256'), await idsOf(here, 'oidc-rs256'));
    const kept = (await there.issuingKeys('oidc-rs256')).find(({ keyId }) => keyId === old?.keyId);
    assert.equal(kept?.state, 'retired');
    assert.ok(kept && verify('sha256', bytes, kept.publicKey, signature));
  });

  test('two rotations at once follow each other: the second may not take a key nobody has seen', async () => {
    await using world = await openKeysWorld(server);
    const [a, b] = await Promise.all([world.process(), world.process()]);
    await idsOf(a);
    world.clock.advance(4 * DAY);

    const outcomes = await Promise.all([a.rotate('oidc-eddsa', CLI), b.rotate('oidc-eddsa', CLI)]);

    assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['rotated', 'too-early']);
    assert.deepEqual(await statesOf(a), ['active', 'next', 'retired']);
  });

  test('the schedule rotates once, however many processes keep keys fresh', async () => {
    await using world = await openKeysWorld(server);
    const [a, b] = await Promise.all([world.process(), world.process()]);
    const [, next] = await idsOf(a);
    world.clock.advance(90 * DAY);

    const kept = await Promise.all([a.keepFresh(), b.keepFresh()]);

    assert.equal(kept.flatMap(({ rotated }) => rotated).length, 1);
    assert.equal((await idsOf(a))[0], next);
    assert.equal((await idsOf(b)).length, 3);
  });

  test('a retired key is destroyed when its time is over; its public part stays listed', async () => {
    await using world = await openKeysWorld(server);
    const here = await world.process();
    const there = await world.process();
    const [old] = await there.issuingKeys('oidc-eddsa');
    await here.rotate('oidc-eddsa', NOW);
    world.clock.advance(14 * DAY - HOUR);
    assert.deepEqual((await here.keepFresh()).destroyed, []);
    world.clock.advance(HOUR);

    const { destroyed } = await here.keepFresh();

    assert.deepEqual(destroyed, [old?.keyId]);
    await until(async () => (await statesOf(there)).join() === 'active,next');
    const row = await rows(world)
      .selectFrom('keys_signing_key')
      .selectAll()
      .where('id', '=', old?.keyId ?? '')
      .executeTakeFirstOrThrow();
    assert.equal(row.wrapped, null);
    const listed = (await here.list()).find(({ keyId }) => keyId === old?.keyId);
    assert.ok(listed?.destroyedAt);
    assert.equal(listed.publishedUntil, undefined);
    assert.ok(old && createPublicKey(listed.publicPart).equals(old.publicKey));
  });

  test('a key that somebody else may hold is withdrawn at once, in all processes', async () => {
    await using world = await openKeysWorld(server);
    const here = await world.process();
    const there = await world.process();
    const [old, next] = await there.issuingKeys('oidc-eddsa');
    const inUse = await here.withdraw(old?.keyId ?? '', CLI);
    const waiting = await here.withdraw(next?.keyId ?? '', CLI);
    await here.rotate('oidc-eddsa', NOW);

    const withdrawn = await here.withdraw(old?.keyId ?? '', CLI);

    assert.deepEqual([inUse.outcome, waiting.outcome, withdrawn.outcome], ['in-use', 'in-use', 'withdrawn']);
    assert.deepEqual(await statesOf(here), ['active', 'next']);
    await until(async () => (await statesOf(there)).join() === 'active,next');
    assert.equal((await there.withdraw(old?.keyId ?? '', CLI)).outcome, 'gone');
    assert.equal((await here.withdraw('key_nothing', CLI)).outcome, 'unknown');
  });

  test('a new master key wraps issuing keys too, and passes over destroyed ones', async () => {
    await using world = await openKeysWorld(server);
    const ring = await world.process();
    const before = await idsOf(ring);
    await ring.rotate('oidc-eddsa', NOW);
    world.clock.advance(14 * DAY);
    await ring.keepFresh();
    const current = new MasterKey(randomBytes(32));

    const count = await rotateMasterKey({
      ...{ db: world.t.db, clock: world.clock },
      masterKeys: { current, previous: [world.masters.current] },
    });

    const after = await world.process({ masters: { current, previous: [] } });
    assert.equal(count, 3); // the look-up key, active and next
    assert.equal((await idsOf(after))[0], before[1]);
    await assert.rejects(world.process(), withCode('keys.master_key_wrong'));
  });

  test('keys of the version before are active or retired afterwards, and a next key is made', async () => {
    const { keys_0001_tables: before, ...after } = migrations;
    assert.ok(before);
    await using t = await createTestDatabase({ keys_0001_tables: before }, { server });
    const masters = { current: new MasterKey(randomBytes(32)), previous: [] };
    const insert = async (id: string, purpose: KeyPurpose, retiredAt: Date | null): Promise<void> => {
      const { privateKey, publicPart } = await makeMaterial(purpose, clock.now());
      const wrapped = masters.current.wrap(privateKey, signingKeyPlace(id, purpose));
      await sql`insert into keys_signing_key (id, purpose, wrapped, public_part, created_at, retired_at)
        values (${id}, ${purpose}, ${wrapped}, ${publicPart}, ${clock.now()}, ${retiredAt})`.execute(t.db);
    };
    const clock = new ManualClock();
    await insert('key_sp', 'saml-service-provider', null);
    await insert('key_old', 'checkpoint', clock.now());
    await insert('key_new', 'checkpoint', null);

    await migrate(t.db, { keys_0001_tables: before, ...after });
    await using ring = await openKeys({ db: t.db, listen: t.listen, clock, masterKeys: masters });

    const keys = await ring.issuingKeys('saml-service-provider');
    assert.equal(keys[0]?.keyId, 'key_sp');
    assert.equal(keys[0]?.activeSince?.getTime(), clock.now().getTime());
    assert.equal(keys[1]?.state, 'next');
    assert.equal((await ring.checkpointSigner()).keyId, 'key_new');
    const checkpoints = (await ring.list()).filter(({ purpose }) => purpose === 'checkpoint');
    assert.deepEqual(checkpoints.map(({ keyId, state }) => `${keyId} ${state}`).sort(), [
      'key_new active',
      'key_old retired',
    ]);
  });
});

test('each purpose has keys of its own kind, which sign what they verify', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const kinds = {
    'oidc-rs256': 'rsa',
    'oidc-es256': 'ec',
    'oidc-eddsa': 'ed25519',
    'saml-identity-provider': 'rsa',
    'saml-service-provider': 'rsa',
  } as const;

  for (const [purpose, kind] of Object.entries(kinds) as [IssuingPurpose, string][]) {
    for (const key of await ring.issuingKeys(purpose)) {
      const signature = sign(null, Buffer.from('x'), key.privateKey);
      assert.equal(key.publicKey.asymmetricKeyType, kind, purpose);
      assert.ok(verify(null, Buffer.from('x'), key.publicKey, signature), purpose);
      assert.equal(key.certificatePem !== undefined, purpose.startsWith('saml-'), purpose);
      assert.equal(key.notAfter !== undefined, purpose.startsWith('saml-'), purpose);
    }
  }
  const [idp] = await ring.issuingKeys('saml-identity-provider');
  const certificate = new X509Certificate(idp?.certificatePem ?? '');
  assert.equal(certificate.subject, 'CN=Vestibule SAML identity provider');
  assert.equal(idp?.notAfter?.toISOString(), '2036-03-02T09:00:00.000Z');
});

test('keys are opened once and then handed out', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();

  assert.equal(await ring.issuingKeys('oidc-eddsa'), await ring.issuingKeys('oidc-eddsa'));
});

test('who rotates before others could learn the next key is told from when on', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const before = await idsOf(ring);
  world.clock.advance(3 * DAY - 1);

  const refused = await ring.rotate('oidc-eddsa', CLI);

  assert.deepEqual(refused, {
    outcome: 'too-early',
    next: before[1],
    mayFrom: new Date('2026-03-05T09:00:00Z'),
  });
  assert.deepEqual(await idsOf(ring), before);
  world.clock.advance(1);
  assert.equal((await ring.rotate('oidc-eddsa', CLI)).outcome, 'rotated');
});

test('a forced rotation goes ahead, and the record says that it was forced', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const [active, next] = await idsOf(ring);

  await ring.rotate('oidc-eddsa', NOW);

  const happened = (await world.events()).filter(({ kind }) => kind !== 'published');
  assert.deepEqual(happened, [
    {
      ...{ kind: 'rotated', purpose: 'oidc-eddsa', from: active, to: next },
      ...{ forced: true, by: { via: 'cli' } },
    },
    {
      ...{ kind: 'retired', purpose: 'oidc-eddsa', key: active, by: { via: 'cli' } },
      publishedUntil: '2026-03-16T09:00:00.000Z',
    },
  ]);
});

test('a purpose that was never asked for can be rotated, and is not kept fresh', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();

  const { rotated, certificates } = await ring.keepFresh();
  const none = await ring.list();
  const early = await ring.rotate('saml-identity-provider', CLI);

  assert.deepEqual([rotated, certificates, none], [[], [], []]);
  assert.equal(early.outcome, 'too-early');
  assert.deepEqual(await statesOf(ring, 'saml-identity-provider'), ['active', 'next']);
});

test('certificates are not rotated by the schedule unless it is configured', async () => {
  await using world = await openKeysWorld();
  const manual = await world.process();
  const scheduled = await world.process({ rotation: { saml: { rotateEvery: '365d' } } });
  const before = await idsOf(manual, 'saml-identity-provider');
  world.clock.advance(365 * DAY);

  await manual.keepFresh();
  const untouched = await idsOf(manual, 'saml-identity-provider');
  await scheduled.keepFresh();

  assert.deepEqual(untouched, before);
  assert.equal((await idsOf(scheduled, 'saml-identity-provider'))[0], before[1]);
});

test('the schedule waits for a next key that was published too late', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  await idsOf(ring);
  world.clock.advance(90 * DAY - HOUR);
  // The next key was lost and made anew an hour before the rotation is due.
  await rows(world).deleteFrom('keys_signing_key').where('state', '=', 'next').execute();
  const fresh = await world.process();
  const [active] = await idsOf(fresh);
  world.clock.advance(2 * DAY);

  const tooEarly = await fresh.keepFresh();
  world.clock.advance(2 * DAY);
  const inTime = await fresh.keepFresh();

  assert.deepEqual(tooEarly.rotated, []);
  assert.equal(inTime.rotated[0]?.from, active);
});

test('a next certificate that has waited half its life is replaced, and stays published for a while', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const [, stale] = await ring.issuingKeys('saml-identity-provider');
  world.clock.advance(5 * 366 * DAY);

  await ring.keepFresh();

  const keys = await ring.issuingKeys('saml-identity-provider');
  assert.deepEqual(
    keys.map(({ state }) => state),
    ['active', 'next', 'retired'],
  );
  assert.equal(keys[2]?.keyId, stale?.keyId);
  assert.equal(keys[2]?.activeSince, undefined);
  assert.ok((keys[1]?.notAfter ?? new Date(0)) > new Date('2041-01-01'));
});

test('the end of a certificate is told at 90, 30, 7 and 1 days, once each over all processes', async () => {
  await using world = await openKeysWorld();
  const [a, b] = await Promise.all([world.process(), world.process()]);
  const [active] = await a.issuingKeys('saml-identity-provider');
  const end = active?.notAfter ?? new Date(0);
  const told: number[] = [];

  for (const days of [91, 90, 89, 31, 30, 29, 8, 7, 2, 1, 0.5, 0, -1]) {
    world.clock.set(new Date(end.getTime() - days * DAY));
    const rounds = await Promise.all([a.keepFresh(), b.keepFresh()]);
    told.push(...rounds.flatMap(({ warned }) => warned.map(({ daysLeft }) => daysLeft)));
  }

  assert.deepEqual(told, [90, 30, 7, 1]);
  const recorded = (await world.events()).filter((event) => event.kind === 'expires-soon');
  assert.deepEqual(
    recorded.map(({ of, certificate, daysLeft }) => [of, certificate, daysLeft]),
    [90, 30, 7, 1].map((days) => ['saml-identity-provider', active?.keyId, days]),
  );
});

test('who was away while several thresholds passed is told once, with the days that are left', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const other = { of: 'connection am', certificate: 'ab:cd', notAfter: new Date('2026-03-07T09:00:00Z') };

  const first = await ring.keepFresh([other]);
  const second = await ring.keepFresh([other]);

  assert.deepEqual(first.warned, [{ ...other, daysLeft: 5 }]);
  assert.deepEqual(second.warned, []);
  assert.deepEqual(second.certificates, [other]);
});

test('after the listening connection was lost, all keys count as changed', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const before = await idsOf(ring);
  const heard: IssuingPurpose[] = [];
  using _listening = ring.onIssuingKeysChange((purpose) => heard.push(purpose));
  const away = await world.process();

  // The rotation's own notification goes into the gap.
  await world.t.db
    .$extendTables<{ pg_stat_activity: { pid: number; query: string } }>()
    .selectFrom('pg_stat_activity')
    .select(({ fn }) => fn('pg_terminate_backend', ['pid']).as('ended'))
    .where('query', 'ilike', 'listen %')
    .execute();
  await away.rotate('oidc-eddsa', NOW);

  await until(() => new Set(heard).size === 5);
  assert.equal((await idsOf(ring))[0], before[1]);
});

test('a listener that was taken away hears nothing', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const heard: string[] = [];
  const listener = (purpose: string): void => void heard.push(purpose);
  const first = ring.onIssuingKeysChange(listener);
  using _second = ring.onIssuingKeysChange(listener);
  first[Symbol.dispose]();

  await ring.rotate('oidc-eddsa', NOW);

  await until(() => heard.length > 0);
  assert.deepEqual(heard, ['oidc-eddsa']);
});

test('a row that somebody changed does not open', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const [mine, other] = await ring.issuingKeys('oidc-eddsa');
  const foreign = await ring.issuingKeys('oidc-es256');
  const table = rows(world);
  const wrappedOf = async (id: string) =>
    await table
      .selectFrom('keys_signing_key')
      .select('wrapped')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  const stored = await table
    .selectFrom('keys_signing_key')
    .selectAll()
    .where('id', '=', mine?.keyId ?? '')
    .executeTakeFirstOrThrow();
  const pem = (key: IssuingKey | undefined): string =>
    String(key?.publicKey.export({ type: 'spki', format: 'pem' }));

  const hostile: readonly [string, Partial<Row>][] = [
    ['the public part of another key', { public_part: pem(other) }],
    ['a public part of another kind', { public_part: pem(foreign[0]) }],
    ['no public part', { public_part: 'nothing' }],
    ['the private part of another key', await wrappedOf(other?.keyId ?? '')],
    ['the private part of another purpose', await wrappedOf(foreign[0]?.keyId ?? '')],
    ['a cut private part', { wrapped: stored.wrapped?.slice(0, -4) ?? '' }],
  ];
  for (const [name, change] of hostile) {
    const row = table.updateTable('keys_signing_key').where('id', '=', stored.id);
    await row.set(change).execute();
    const fresh = await world.process();
    await assert.rejects(fresh.issuingKeys('oidc-eddsa'), withCode('keys.not_openable'), name);
    await row.set(stored).execute();
  }
  assert.deepEqual(await idsOf(await world.process()), [mine?.keyId, other?.keyId]);
});

test('no issuing key lies in the database in clear', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const keys = [...(await ring.issuingKeys('oidc-rs256')), ...(await ring.issuingKeys('oidc-es256'))];

  const stored = JSON.stringify(await rows(world).selectFrom('keys_signing_key').selectAll().execute());

  for (const { privateKey } of keys) {
    const der = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    assert.ok(!stored.includes(der.slice(40, 80)));
  }
  assert.ok(!stored.includes('PRIVATE'));
});

test('the list says what each key is for, and until when', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  await ring.checkpointSigner();
  await idsOf(ring);
  await ring.rotate('oidc-eddsa', NOW);

  const listed = await ring.list();

  assert.deepEqual(listed.map(({ purpose, state }) => `${purpose} ${state}`).sort(), [
    'checkpoint active',
    'oidc-eddsa active',
    'oidc-eddsa next',
    'oidc-eddsa retired',
  ]);
  const retired = listed.find(({ state }) => state === 'retired');
  assert.equal(retired?.publishedUntil?.toISOString(), '2026-03-16T09:00:00.000Z');
});

test('a change that cannot be recorded does not happen', async () => {
  await using world = await openKeysWorld();
  const ring = await world.process();
  const before = await idsOf(ring);
  await world.t.db.schema.dropTable('recorded').execute();

  await assert.rejects(ring.rotate('oidc-eddsa', NOW));

  assert.deepEqual(await idsOf(await world.process()), before);
});

test('the configuration must let a next key be seen before the one in use is due', () => {
  const problems = checkKeys(KeysConfig.parse({ oidc: { rotateEvery: '1d', publishAhead: '3d' } }));

  assert.deepEqual(problems, [
    {
      path: 'keys.oidc.rotateEvery',
      message: 'shorter than publishAhead; make it longer, or publishAhead shorter',
    },
  ]);
  assert.deepEqual(checkKeys(KeysConfig.parse({})), []);
});
