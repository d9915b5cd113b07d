import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formIn, refreshIn } from '../../bench/html.ts';
import { type Report, renderReport } from '../../bench/report.ts';
import { runBench } from '../../bench/run.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { processesOn } from '../chaos/child.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

test('a short run measures every kind of visit and reports it in yardsticks', async () => {
  const report = await runBench({ rounds: 1, visits: 2, warmUp: 1, parallel: 2, profile: true });

  const byId = new Map(report.rows.map((row) => [row.id, row]));
  assert.deepEqual([...byId.keys()], ['otds-known', 'otds-new', 'am-known', 'am-new', 'switch']);
  assert.ok(report.yardstickMs.median > 0 && report.verifierMs.median > 0);
  for (const { cpuMs, yardsticks, profile } of report.rows) {
    assert.ok(cpuMs.median > 0 && yardsticks.median > 0);
    assert.ok(profile !== undefined && profile.length > 0);
  }
  assert.ok((byId.get('am-known')?.verifierShare ?? 0) > 0, 'SAML passes the verifier');
  assert.equal(byId.get('switch')?.verifierShare, 0, 'a switch does not');
  assert.ok((byId.get('otds-new')?.storeCalls.beforeEntry ?? 0) > 0, 'a new account needs the store');
  assert.equal(byId.get('otds-known')?.storeCalls.beforeEntry, 0, 'an unchanged account does not');
  const text = renderReport(report);
  for (const upstream of ['OTDS (OIDC)', 'Access Manager (SAML)']) {
    for (const visit of ['known person', 'first time']) assert.match(text, ratioOf(`${upstream}, ${visit}`));
  }
  assert.match(text, ratioOf('store switch in a live session'));
  assert.match(text, /^The SAML verifier alone takes .* ms = \d+\.\d×/m);
});

test('a bench that is interrupted ends with what it started, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vst-bench-'));
  const bench = spawn(process.execPath, [MAIN, '--quick'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const part of bench.stderr.setEncoding('utf8')) {
    said += part;
    if (part.includes('warming up')) bench.kill('SIGINT');
  }
  if (bench.exitCode === null) await once(bench, 'exit');

  assert.equal(bench.exitCode, 130, said);
  assert.match(said, /interrupted$/m);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('vestibule-bench-')),
    [],
  );
  assert.deepEqual(processesOn(folder), []);
  rmSync(folder, { recursive: true });
});

test('numbers that make no sense are refused before anything is started', () => {
  for (const wrong of ['0', '-1', 'many', '1.5']) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, `--rounds=${wrong}`], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`"${wrong}" is no whole number`));
  }
});

test('the report shows each kind of visit with its goal, and its parts as bars on one scale', () => {
  const text = renderReport(REPORT);

  assert.match(text, /^1× here is 0\.300 /m);
  assert.match(text, /^A known person +8\.0× \[8\.0–8\.0\] +≤ 4× +2\.40 +50 % +1\.5 \(1\) +unknown +5\.0$/m);
  const [, bars = ''] = /^known +(\S+) +8\.0×$/m.exec(text) ?? [];
  assert.equal(bars, `${'█'.repeat(25)}┃${'▒'.repeat(24)}`);
});

test('quartiles lie between the rounds', () => {
  const { median, low, high, least } = spreadOf([4, 1, 2, 3]);

  assert.deepEqual({ median, low, high, least }, { median: 2.5, low: 1.75, high: 3.25, least: 1 });
  assert.throws(() => spreadOf([]), RangeError);
});

test('the bench reads forms and refreshes as a browser does', () => {
  const page = `<form method="get" action="/search"><input name="q"></form>
    <form method="POST" action="/in?a=1&amp;b=2"><input type="hidden" name="x" value="&quot;1&quot;"><input type="submit" name="go"></form>`;

  assert.deepEqual(formIn(page), { action: '/in?a=1&b=2', fields: { x: '"1"' } });
  assert.equal(refreshIn('<meta http-equiv="refresh" content="0; url=/next?a=1&amp;b=2">'), '/next?a=1&b=2');
});

/** A row of the table that begins with this visit and its ratio. */
function ratioOf(visit: string): RegExp {
  return new RegExp(`^${visit.replaceAll(/[()]/g, '\\$&')} +\\d+\\.\\d× \\[\\d+\\.\\d–\\d+\\.\\d\\] `, 'm');
}

const exactly = (value: number) => ({ median: value, low: value, high: value, least: value });

const REPORT: Report = {
  ...{ node: 'v24.0.0', machine: '2 × test', rounds: 1, visits: 1, warmUp: 1, parallel: 1 },
  yardstickMs: exactly(0.3),
  verifierMs: exactly(1.2),
  idleCpuMsPerSecond: 1,
  rows: [
    {
      ...{ id: 'known', title: 'A known person', verifierShare: 0.5, postgresCpuMs: null, goal: 4 },
      ...{ cpuMs: exactly(2.4), yardsticks: exactly(8), wallMs: exactly(5) },
      storeCalls: { all: 1.5, beforeEntry: 1 },
    },
  ],
};
