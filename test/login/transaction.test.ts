import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { newId, SECOND } from '../../src/base/index.ts';
import { createTransactions, isBound, TRANSACTION_MS } from '../../src/login/transaction.ts';
import { type KeyValueStore, openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { type KeyRing, MasterKey, migrations, openKeys } from '../../src/platform/keys/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

suite('attempts to sign in (R2.2)', () => {
  const closing = new AsyncDisposableStack();
  const clock = new ManualClock();
  let keys: KeyRing;
  before(async () => {
    const database = closing.use(await createTestDatabase(migrations));
    const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
    const listen: typeof database.listen = (...args) => database.listen(...args);
    keys = closing.use(await openKeys({ db: database.db, listen, clock, masterKeys }));
  });
  after(() => closing.disposeAsync());

  /** A store of its own, whose contents the test can read and move. */
  function openRoom() {
    const memory = closing.use(openMemoryKeyValue({ clock }));
    const written = new Map<string, string>();
    const keyValue: KeyValueStore = Object.assign(Object.create(memory) as KeyValueStore, {
      set(key: string, value: string, ttlMs: number): Promise<void> {
        written.set(key, value);
        return memory.set(key, value, ttlMs);
      },
    });
    return { memory, written, transactions: createTransactions(keyValue, keys) };
  }

  const wanted = () => ({
    ...{ id: newId('lgn'), connection: 'otds', silent: false },
    destination: { relyingParty: 'store-emea', to: '/promo' },
    pending: { nonce: 'nonce-of-this-attempt', verifier: 'verifier-of-this-attempt' },
  });

  test('an attempt comes back as it left, to the browser that holds its secret and to no other', async () => {
    const { transactions } = openRoom();
    const attempt = wanted();

    const secret = await transactions.start('state-1', attempt);

    const taken = await transactions.take('state-1');
    assert.ok(taken);
    const { binding: _binding, ...facts } = taken;
    assert.deepEqual(facts, attempt);
    assert.ok(Buffer.from(secret, 'base64url').length >= 32, '256 bits');
    assert.equal(isBound(taken, secret), true);
    assert.equal(isBound(taken, `${secret}x`), false);
    assert.equal(isBound(taken, ''), false);
    assert.equal(isBound(taken, undefined), false);
  });

  test('looking at an attempt does not spend it; taking it does, for good', async () => {
    const { transactions } = openRoom();
    await transactions.start('state-1', wanted());

    assert.ok(await transactions.peek('state-1'));
    assert.ok(await transactions.peek('state-1'));
    assert.ok(await transactions.take('state-1'));
    assert.equal(await transactions.take('state-1'), undefined);
    assert.equal(await transactions.peek('state-1'), undefined);
  });

  test('of many callbacks at once one gets the attempt', async () => {
    const { transactions } = openRoom();
    await transactions.start('state-1', wanted());

    const taken = await Promise.all(Array.from({ length: 20 }, () => transactions.take('state-1')));

    assert.equal(taken.filter((each) => each !== undefined).length, 1);
  });

  test('an attempt that was used is remembered with where it led; only its first repetition is new', async () => {
    const { transactions } = openRoom();
    const attempt = wanted();
    await transactions.start('state-1', attempt);
    assert.equal(await transactions.usedUp('state-1'), undefined);
    await transactions.take('state-1');

    const { id, destination } = attempt;
    assert.deepEqual(await transactions.usedUp('state-1'), { id, destination, again: false });
    assert.deepEqual(await transactions.usedUp('state-1'), { id, destination, again: true });
    assert.equal(await transactions.usedUp('state-2'), undefined);
  });

  test('whoever takes longer than a quarter of an hour starts again', async () => {
    const { transactions } = openRoom();
    await transactions.start('state-1', wanted());

    clock.advance(TRANSACTION_MS - 1);
    assert.ok(await transactions.peek('state-1'));
    clock.advance(1);
    assert.equal(await transactions.take('state-1'), undefined);
  });

  test('the store shows neither secrets nor where somebody goes', async () => {
    const { transactions, written } = openRoom();
    const secret = await transactions.start('state-1', wanted());
    const handle = await transactions.park('am', { correlation: 'state-1', facts: { mail: 'mira@halden' } });

    const text = [...written].flat().join('\n');
    for (const hidden of [secret, handle, 'state-1', 'nonce-of', 'verifier-of', 'store-emea', 'mira@']) {
      assert.ok(!text.includes(hidden), hidden);
    }
  });

  test('an attempt that somebody moves to another place in the store does not open there', async () => {
    const { transactions, memory, written } = openRoom();
    await transactions.start('state-1', wanted());
    await transactions.start('state-2', wanted());
    const [one, two] = [...written.keys()];
    assert.ok(one && two);

    await memory.set(two, written.get(one) ?? '', SECOND);

    await assert.rejects(transactions.peek('state-2'), { code: 'keys.not_openable' });
  });

  test('a parked answer waits a minute for its browser and is handed over once', async () => {
    const { transactions } = openRoom();
    await transactions.start('state-1', wanted());
    const received = { correlation: 'state-1', facts: { subject: 'g1' } };
    const handle = await transactions.park('access-manager', received);

    assert.deepEqual(await transactions.peekParked(handle), { connection: 'access-manager', received });
    const taken = await Promise.all(Array.from({ length: 10 }, () => transactions.takeParked(handle)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal(await transactions.peekParked(handle), undefined);

    const late = await transactions.park('access-manager', received);
    clock.advance(60 * SECOND);
    assert.equal(await transactions.peekParked(late), undefined);
    assert.equal(await transactions.takeParked(late), false);
  });
});
