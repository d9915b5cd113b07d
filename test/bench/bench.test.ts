import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formIn, refreshIn } from '../../bench/html.ts';
import { type Report, renderReport } from '../../bench/report.ts';
import { runBench } from '../../bench/run.ts';
import { spreadOf } from '../../bench/statistics.ts';

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
});

test('the report shows each kind of visit with its goal, and its parts as bars on one scale', () => {
  const text = renderReport(REPORT);

  assert.match(text, /yardstick +0\.300/);
  assert.match(text, /2\.40 \[2\.40–2\.40\] ms = 8\.0 \[8\.0–8\.0\] yardsticks +goal ≤ 4× \(not due yet\)/);
  assert.match(text, /calls to the store 1\.50, of them before entry 1/);
  assert.match(text, /CPU of PostgreSQL unknown here/);
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
