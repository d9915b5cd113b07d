import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import type { Page } from '../support/browser.ts';
import { freePorts, listening } from '../support/free-ports.ts';
import { type Child, health, untilReady } from './child.ts';
import { type DemoFolder, makeDemoFolder, nobodyLeftOn } from './demo.ts';
import { Visitor } from './person.ts';

/** What scripts rely on; strict, so that a field that vanishes or appears is noticed. */
const Report = z.strictObject({
  broker: z.url(),
  management: z.url(),
  sandbox: z.record(z.string(), z.url()),
  people: z.array(z.strictObject({ login: z.string(), password: z.string(), shows: z.string().min(10) })),
  relyingParties: z.array(z.strictObject({ id: z.string(), kind: z.string(), launch: z.url() })),
});

const inStore = (page: Page): boolean => page.status === 200 && page.url.hostname === 'store-emea.localhost';

test('SIGTERM and SIGINT stop a demo with everything that it started, and people stay known', async () => {
  await using demo = await makeDemoFolder();

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = await demo.start();
    await enter(demo, 'mira');
    const code = await child.end(signal);
    assert.equal(code, 0, child.output.err);
    await nobodyLeftOn(demo.folder);
    await assertPortsFree(demo);
    assert.deepEqual(errorsIn(child), []);
  }
});

test('a demo that is asked to stop while it starts does so', async () => {
  await using demo = await makeDemoFolder();
  const child = demo.launch();
  await demo.begins();

  const code = await child.end('SIGTERM');

  assert.equal(code, 0, child.output.err);
  await nobodyLeftOn(demo.folder);
  await assertPortsFree(demo);
});

test('with --json a demo prints one line, and each address in it is there', async () => {
  await using demo = await makeDemoFolder();
  const child = await demo.start();

  const lines = child.output.out.trimEnd().split('\n');
  const report = Report.parse(JSON.parse(lines[0] ?? ''));

  assert.equal(lines.length, 1, child.output.out);
  assert.equal(report.broker, demo.origin);
  assert.equal(report.management, `http://127.0.0.1:${demo.managementPort}`);
  assert.equal((await health(Number(new URL(report.management).port)))?.status, 200);
  const mira = report.people.find(({ login }) => login === 'mira') ?? assert.fail('mira is missing');
  assert.equal(mira.password, 'halden-demo');
  const store = report.relyingParties.find(({ id }) => id === 'store-emea') ?? assert.fail('no store');
  const { browser } = new Visitor(demo.origin, mira.login);
  for (const url of Object.values(report.sandbox)) assert.ok((await browser.open(url)).status < 500, url);
  assert.equal(store.launch, `${demo.origin}/launch/store-emea`);
  await enter(demo, mira.login);
});

test('a second demo on the same folder is refused and says by whom; the first goes on undisturbed', async () => {
  await using demo = await makeDemoFolder();
  const first = await demo.start();
  const configuration = readFileSync(join(demo.folder, 'vestibule.yaml'), 'utf8');
  const [otherPort = 0] = await freePorts(3);

  for (const port of [demo.port, otherPort]) {
    const second = demo.launch(['--port', String(port)]);
    assert.equal(await second.ended, 1);
    assert.equal(second.output.out, '');
    assert.match(second.output.err, new RegExp(`^[^\\n]*process ${first.pid} is using [^\\n]*stop it first`));
    assert.doesNotMatch(
      second.output.err,
      /"level"|\bat \S+ \(/,
      'words for a person, no log line and no stack',
    );
  }

  assert.equal(first.isOver, false);
  assert.equal(readFileSync(join(demo.folder, 'vestibule.yaml'), 'utf8'), configuration);
  await enter(demo, 'mira');
  assert.equal(await first.end('SIGTERM'), 0);
});

test('a demo whose port is taken names it, whichever of the three, and leaves nothing behind', async () => {
  await using demo = await makeDemoFolder();

  for (const port of [demo.port, demo.port + 1, demo.port + 2]) {
    const other = await listening(port);
    const child = demo.launch();
    const code = await child.ended.finally(() => other.close());
    assert.equal(code, 1);
    assert.match(child.output.err, new RegExp(`port ${port} .*in use`));
    assert.doesNotMatch(child.output.err, /command failed/);
    await nobodyLeftOn(demo.folder);
  }
  await untilReady(await demo.start(), demo.managementPort);
});

async function enter(demo: DemoFolder, login: string): Promise<void> {
  await new Visitor(demo.origin, login).insist('/launch/store-emea', inStore);
}

/** Binds each of the three, as the next demo would. @throws EADDRINUSE */
async function assertPortsFree({ port }: DemoFolder): Promise<void> {
  for (const each of [port, port + 1, port + 2]) await (await listening(each)).close();
}

function errorsIn(child: Child): string[] {
  return child.output.err.split('\n').filter((line) => /"level":[56]0/.test(line));
}
