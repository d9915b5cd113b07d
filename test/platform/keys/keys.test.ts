import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { VestibuleError } from '../../../src/base/index.ts';
import { openDatabase } from '../../../src/platform/database/index.ts';
import {
  hasSealedData,
  type KeyRing,
  MasterKey,
  type MasterKeys,
  migrations,
  openKeys,
  rotateMasterKey,
} from '../../../src/platform/keys/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { createTestDatabase, eachServer, type TestDatabase } from '../../support/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/waiting.ts';

const clock = new ManualClock();
const PLACE = 'access_log_event/evt_1/personal';

function oneMaster(): MasterKeys {
  return { current: new MasterKey(randomBytes(32)), previous: [] };
}

function open(t: TestDatabase, masterKeys: MasterKeys, maxCached?: number): Promise<KeyRing> {
  return openKeys({ db: t.db, listen: t.listen, clock, masterKeys, ...(maxCached && { maxCached }) });
}

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof VestibuleError && error.code === code;
}

eachServer('keys', (server) => {
  test('a sealed value opens again in its own place, also after a restart', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const masters = oneMaster();
    await using first = await open(t, masters);
    const sealed = (await first.sealer('per_a')).seal('Mira, mira@halden.example', PLACE);
    await using second = await open(t, masters);

    assert.equal((await second.sealer('per_a')).open(sealed, PLACE), 'Mira, mira@halden.example');
    assert.ok(!sealed.includes('Mira'));
  });

  test('many owners at once get the keys that they have, new ones, and destroyed ones', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const masters = oneMaster();
    await using first = await open(t, masters);
    const sealed = (await first.sealer('per_a')).seal('x', PLACE);
    const gone = (await first.sealer('per_b')).seal('y', PLACE);
    await first.destroy('per_b');
    await using ring = await open(t, masters, 2);

    const sealers = await ring.sealers(['per_a', 'per_b', 'per_c']);

    assert.equal(sealers.get('per_a')?.open(sealed, PLACE), 'x');
    assert.throws(() => sealers.get('per_b')?.open(gone, PLACE), withCode('keys.destroyed'));
    const made = sealers.get('per_c')?.seal('z', PLACE) ?? '';
    assert.equal((await first.sealer('per_c')).open(made, PLACE), 'z');
    assert.deepEqual([...(await ring.sealers([])).keys()], []);
  });

  test('fifty parallel first requests in several processes make one key', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const masters = oneMaster();
    await using other = openDatabase({ url: t.url, log: silentLog });
    await using a = await open(t, masters);
    await using b = await openKeys({ db: other.db, listen: other.listen, clock, masterKeys: masters });

    const sealers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? a : b).sealer('per_a')),
    );

    const [first] = sealers;
    const sealed = first?.seal('x', PLACE) ?? '';
    assert.deepEqual(new Set(sealers.map((sealer) => sealer.open(sealed, PLACE))), new Set(['x']));
  });

  test('a destroyed key is gone for good, also for sealers in use and for other processes', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const masters = oneMaster();
    await using a = await open(t, masters);
    await using b = await open(t, masters);
    const inUse = await a.sealer('per_a');
    const elsewhere = await b.sealer('per_a');
    const sealed = inUse.seal('x', PLACE);

    await a.destroy('per_a');

    assert.throws(() => inUse.open(sealed, PLACE), withCode('keys.destroyed'));
    assert.throws(() => inUse.seal('y', PLACE), withCode('keys.destroyed'));
    await until(() => {
      try {
        elsewhere.open(sealed, PLACE);
        return false;
      } catch (error) {
        return withCode('keys.destroyed')(error);
      }
    });
    const anew = await b.sealer('per_a');
    assert.throws(() => anew.seal('y', PLACE), withCode('keys.destroyed'));
  });

  test('a destruction that is rolled back destroys nothing', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await using keys = await open(t, oneMaster());
    const sealed = (await keys.sealer('per_a')).seal('x', PLACE);

    await assert.rejects(
      t.db.transaction().execute(async (trx) => {
        await keys.destroy('per_a', trx);
        throw new Error('not today');
      }),
    );

    assert.equal((await keys.sealer('per_a')).open(sealed, PLACE), 'x');
  });

  test('an owner erased before the first sealing never gets a key', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await using keys = await open(t, oneMaster());

    await keys.destroy('per_a');
    await keys.destroy('per_a');

    const sealer = await keys.sealer('per_a');
    assert.throws(() => sealer.seal('x', PLACE), withCode('keys.destroyed'));
  });

  test('a master key rotation keeps values, look-ups and signatures, and retires the old key', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const old = new MasterKey(randomBytes(32));
    const next = new MasterKey(randomBytes(32));
    await using before = await open(t, { current: old, previous: [] });
    const sealed = (await before.sealer('per_a')).seal('x', PLACE);
    await before.destroy('per_gone');
    const { keyId } = await before.checkpointSigner();

    const wrapped = await rotateMasterKey({
      db: t.db,
      clock,
      masterKeys: { current: next, previous: [old] },
    });

    await using after = await open(t, { current: next, previous: [] });
    assert.equal(wrapped, 3); // per_a, the look-up key and the checkpoint key
    assert.equal((await after.sealer('per_a')).open(sealed, PLACE), 'x');
    assert.equal((await after.checkpointSigner()).keyId, keyId);
    assert.equal(after.lookup('mail', 'x'), before.lookup('mail', 'x'));
    await assert.rejects(open(t, { current: old, previous: [] }), withCode('keys.master_key_wrong'));
  });
});

test('a wrong master key is an error at start', async () => {
  await using t = await createTestDatabase(migrations);
  await using _keys = await open(t, oneMaster());

  await assert.rejects(open(t, oneMaster()), withCode('keys.master_key_wrong'));
});

test('two first starts with different master keys: one of them fails at once', async () => {
  await using t = await createTestDatabase(migrations);

  const starts = await Promise.allSettled([open(t, oneMaster()), open(t, oneMaster())]);

  assert.deepEqual(starts.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  for (const start of starts) if (start.status === 'fulfilled') await start.value[Symbol.asyncDispose]();
});

test('a value that was changed, moved or sealed for another owner does not open', async () => {
  await using t = await createTestDatabase(migrations);
  await using keys = await open(t, oneMaster());
  const mira = await keys.sealer('per_mira');
  const noah = await keys.sealer('per_noah');
  const sealed = mira.seal('secret', PLACE);
  const body = sealed.split('.')[2] ?? '';
  const flipped = Buffer.from(body, 'base64url');
  flipped[14] = (flipped[14] ?? 0) ^ 1;

  const hostile: readonly [string, () => string][] = [
    ['another place', () => mira.open(sealed, 'access_log_event/evt_2/personal')],
    ['another owner', () => noah.open(sealed, PLACE)],
    ['a flipped bit', () => mira.open(sealed.replace(body, flipped.toString('base64url')), PLACE)],
    ['a cut tag', () => mira.open(sealed.slice(0, -2), PLACE)],
    ['nothing inside', () => mira.open(`${sealed.split('.').slice(0, 2).join('.')}.`, PLACE)],
    ['another version', () => mira.open(sealed.replace(/^s1/, 's2'), PLACE)],
    ['something behind', () => mira.open(`${sealed}.x`, PLACE)],
    ['another spelling of the same bytes', () => mira.open(`${sealed}=`, PLACE)],
    ['plain text', () => mira.open('secret', PLACE)],
  ];
  for (const [name, attack] of hostile) assert.throws(attack, withCode('keys.not_openable'), name);
});

test('a wrapped key copied to another owner does not open', async () => {
  await using t = await createTestDatabase(migrations);
  const masters = oneMaster();
  await using keys = await open(t, masters);
  await keys.sealer('per_mira');
  await keys.sealer('per_noah');
  type Rows = { keys_data_key: { owner: string; wrapped: string } };
  const db = t.db.$extendTables<Rows>();
  const mira = await db
    .selectFrom('keys_data_key')
    .select('wrapped')
    .where('owner', '=', 'per_mira')
    .executeTakeFirstOrThrow();
  await db.updateTable('keys_data_key').set(mira).where('owner', '=', 'per_noah').execute();
  await using fresh = await open(t, masters);

  await assert.rejects(fresh.sealer('per_noah'), withCode('keys.not_openable'));
});

test('the same text is sealed differently each time, and errors never hold it', async () => {
  await using t = await createTestDatabase(migrations);
  await using keys = await open(t, oneMaster());
  const sealer = await keys.sealer('per_a');

  assert.notEqual(sealer.seal('x', PLACE), sealer.seal('x', PLACE));
  assert.throws(
    () => sealer.open('mira@halden.example', PLACE),
    (error) =>
      error instanceof VestibuleError && !JSON.stringify([error.message, error.detail]).includes('mira'),
  );
});

test('look-ups are equal for equal values and differ by purpose, also where the border moves', async () => {
  await using t = await createTestDatabase(migrations);
  await using keys = await open(t, oneMaster());

  assert.equal(keys.lookup('mail', 'a'), keys.lookup('mail', 'a'));
  assert.notEqual(keys.lookup('mail', 'a'), keys.lookup('name', 'a'));
  assert.notEqual(keys.lookup('a', 'b:c'), keys.lookup('a:b', 'c'));
  assert.match(keys.lookup('mail', 'a'), /^[0-9a-f]{64}$/);
});

test('a small cache forgets keys but never mixes them up', async () => {
  await using t = await createTestDatabase(migrations);
  await using keys = await open(t, oneMaster(), 2);
  const owners = ['per_a', 'per_b', 'per_c', 'per_d'];
  const sealed = await Promise.all(
    owners.map(async (owner) => (await keys.sealer(owner)).seal(owner, PLACE)),
  );

  const opened = await Promise.all(
    owners.map(async (owner, at) => (await keys.sealer(owner)).open(sealed[at] ?? '', PLACE)),
  );

  assert.deepEqual(opened, owners);
});

test('a checkpoint is signed with Ed25519, by the same key in all processes', async () => {
  await using t = await createTestDatabase(migrations);
  const masters = oneMaster();
  await using a = await open(t, masters);
  await using b = await open(t, masters);

  const [one, two] = await Promise.all([a.checkpointSigner(), b.checkpointSigner()]);

  const bytes = Buffer.from('checkpoint');
  assert.equal(one.keyId, two.keyId);
  assert.ok(verify(null, bytes, two.publicKey, one.sign(bytes)));
  assert.equal(one.publicKey.asymmetricKeyType, 'ed25519');
});

test('a rotated checkpoint key is used by all processes, and the old public key stays listed', async () => {
  await using t = await createTestDatabase(migrations);
  const masters = oneMaster();
  await using a = await open(t, masters);
  await using b = await open(t, masters);
  const old = await b.checkpointSigner();

  await a.rotate('checkpoint', { by: { via: 'cli' } });

  await until(async () => (await b.checkpointSigner()).keyId !== old.keyId);
  const [retired] = await a.list();
  assert.equal(retired?.keyId, old.keyId);
  assert.ok(retired?.retiredAt);
  assert.ok(createPublicKey(retired.publicPart).equals(old.publicKey));
});

test('the SAML keys are RSA-2048 with certificates of their own, made once', async () => {
  await using t = await createTestDatabase(migrations);
  const masters = oneMaster();
  await using a = await open(t, masters);
  await using b = await open(t, masters);

  const [ones, twos] = await Promise.all([a.samlServiceProviderKeys(), b.samlServiceProviderKeys()]);

  assert.deepEqual(ones, twos);
  assert.deepEqual(
    ones.map(({ state }) => state),
    ['active', 'next'],
  );
  for (const { certificatePem, privateKeyPem } of ones) {
    const certificate = new X509Certificate(certificatePem);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(certificate.subject, 'CN=Vestibule SAML service provider');
    const emptyExtensions = Buffer.from('a3023000', 'hex');
    assert.equal(certificate.raw.includes(emptyExtensions), false, 'RFC 5280 4.1.2.9: SIZE (1..MAX)');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    assert.ok(certificate.publicKey.equals(createPublicKey(privateKeyPem)));
    assert.equal(certificate.validFromDate.toISOString(), '2026-03-02T09:00:00.000Z');
    assert.equal(certificate.validToDate.toISOString(), '2036-03-02T09:00:00.000Z');
  }
});

test('no key lies in the database in clear', async () => {
  await using t = await createTestDatabase(migrations);
  await using keys = await open(t, oneMaster());
  await keys.checkpointSigner();
  const [{ privateKeyPem } = { privateKeyPem: '' }] = await keys.samlServiceProviderKeys();

  const rows = await t.db
    .$extendTables<{ keys_signing_key: { wrapped: string } }>()
    .selectFrom('keys_signing_key')
    .selectAll()
    .execute();

  const secret = privateKeyPem.split('\n')[3] ?? '';
  assert.equal(rows.length, 3);
  assert.ok(!JSON.stringify(rows).includes(secret) && !JSON.stringify(rows).includes('PRIVATE KEY'));
});

test('sealed data is noticed before a new master key could be made', async () => {
  await using empty = await createTestDatabase({});
  await using t = await createTestDatabase(migrations);

  assert.equal(await hasSealedData(empty.db), false);
  assert.equal(await hasSealedData(t.db), false);
  await using _keys = await open(t, oneMaster());
  assert.equal(await hasSealedData(t.db), true);
});
