import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const only = ['bigcommerce'];
type Customer = { readonly id: number; readonly email: string; readonly date_created: Date };

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-kept-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

function customers(sandbox: Sandbox): readonly Customer[] {
  const { stores } = sandbox.system('bigcommerce').state() as {
    stores: Record<string, { customers: readonly Customer[] }>;
  };
  return stores['store-emea']?.customers ?? [];
}

async function signUp(sandbox: Sandbox, email: string): Promise<number> {
  await sandbox.system('bigcommerce').actions?.['sign-up']?.run({ store: 'store-emea', email });
  return customers(sandbox).find((customer) => customer.email === email)?.id ?? assert.fail();
}

test('customers of a sandbox with a folder are there again after it was killed, and ids are not used twice', async (t) => {
  const folder = await folderOf(t);
  const clock = new ManualClock();
  await using killed = await startSandbox({ port: 0, clock, folder, only });
  const kept = await signUp(killed, 'kept@shop.example');
  const removed = await signUp(killed, 'removed@shop.example');
  await killed.system('bigcommerce').actions?.['delete-customer']?.run({ store: 'store-emea', id: removed });
  const before = customers(killed);
  // A line that the kill cut short.
  await appendFile(join(folder, 'stores.jsonl'), '\n{"store":"store-emea","of":"custo');

  await using again = await startSandbox({ port: 0, clock, folder, only });
  const after = customers(again);
  const next = await signUp(again, 'next@shop.example');
  await using third = await startSandbox({ port: 0, clock, folder, only });

  assert.deepEqual(after, before);
  assert.ok(after.some(({ id }) => id === kept));
  assert.ok(next > removed);
  assert.deepEqual(customers(third), customers(again));
});

test('a reset takes away what was kept', async (t) => {
  const folder = await folderOf(t);
  const clock = new ManualClock();
  await using sandbox = await startSandbox({ port: 0, clock, folder, only });
  const seeded = customers(sandbox);
  await signUp(sandbox, 'gone@shop.example');

  sandbox.reset();
  await using again = await startSandbox({ port: 0, clock, folder, only });

  assert.deepEqual(customers(again), seeded);
});
