import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Browser, type Page } from '../support/browser.ts';
import { chanceOf, SEED } from './chance.ts';
import { type Child, run } from './child.ts';
import { type DemoFolder, makeDemoFolder, nobodyLeftOn } from './demo.ts';
import { assertFaultsHaveReferences } from './invariants.ts';
import { Visitor } from './person.ts';

const KILLS = 2;
/** Somewhere in a sign-in. Death in the background work after it costs others the rest of its lease, 25 s. */
const MOMENT_MS = 250;
const inStore = (page: Page): boolean => page.status === 200 && page.url.hostname === 'store-emea.localhost';
const PEOPLE = ['mira', 'ines', 'olu'];

test('a demo that is killed again and again starts on its data, lets the same people in, and its log verifies', async () => {
  await using demo = await makeDemoFolder();
  const chance = chanceOf(SEED);
  // Killed while everything is being made for the first time.
  const unborn = demo.launch();
  await wait(chance.below(2_500));
  await unborn.end('SIGKILL');
  await nobodyLeftOn(demo.folder);

  let child = await demo.start();
  const visitors = PEOPLE.map((login) => new Visitor(demo.origin, login));
  for (let kills = 0; kills < KILLS; kills += 1) {
    const entering = visitors.map((visitor) =>
      visitor.withNewBrowser().insist('/launch/store-emea', inStore),
    );
    const [next] = await Promise.all([replace(demo, child, chance.below(MOMENT_MS)), ...entering]);
    child = next;
  }

  const customers = await customersOf(demo);
  assert.deepEqual(
    customers.map(({ email }) => email).sort(),
    PEOPLE.map((login) => `${login}@halden.example`).sort(),
  );
  const seen = visitors.map((visitor) => visitor.seen);
  assertFaultsHaveReferences(seen);
  assert.ok(
    seen.some(({ broken }) => broken > 0),
    'the kills were noticed by nobody',
  );
  await assertVerifiesOffline(demo);
});

async function replace(demo: DemoFolder, child: Child, afterMs: number): Promise<Child> {
  await wait(afterMs);
  await child.end('SIGKILL');
  return demo.start();
}

async function customersOf({ port }: DemoFolder): Promise<readonly { readonly email: string }[]> {
  const answer = await new Browser().fetch(`http://sandbox.localhost:${port + 2}/state/bigcommerce`);
  const { stores } = JSON.parse(answer.html) as {
    stores: Record<string, { customers: { email: string; registration_ip_address: string }[] }>;
  };
  return stores['store-emea']?.customers.filter((each) => each.registration_ip_address === '') ?? [];
}

/** As an operator and an auditor do it, with commands beside the running demo. */
async function assertVerifiesOffline({ folder, env }: DemoFolder): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const checkpoint = await run(['log', 'checkpoint'], env);
  const key = await run(['log', 'key'], env);
  writeFileSync(at('checkpoint.json'), checkpoint.out);
  writeFileSync(at('key.pem'), key.out);
  const exported = await run(['log', 'export', '--out', at('log.jsonl')], env);
  const verified = await run(
    [
      'log',
      'verify',
      at('log.jsonl'),
      '--checkpoint',
      at('checkpoint.json'),
      '--key',
      at('key.pem'),
      '--json',
    ],
    env,
  );

  assert.deepEqual([checkpoint.code, key.code, exported.code], [0, 0, 0], exported.err);
  assert.equal(verified.code, 0, verified.out + verified.err);
  assert.equal((JSON.parse(verified.out) as { outcome: string }).outcome, 'intact');
}
