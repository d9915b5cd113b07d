import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyFast } from '../../bench/fast-verification.ts';
import { connectionLinkIn, formIn, refreshIn } from '../../bench/html.ts';
import { canonical, childOf, readPlain } from '../../bench/plain-xml.ts';
import { benchProvisioning, renderProvisioning } from '../../bench/provisioning.ts';
import { type Report, renderReport } from '../../bench/report.ts';
import { runBench } from '../../bench/run.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { CanonicalText, element, signable, signElement } from '../../src/saml/index.ts';
import { processesOn } from '../chaos/child.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

test('a short run measures every kind of visit and reports it in yardsticks', async () => {
  const report = await runBench({ rounds: 1, visits: 2, warmUp: 1, parallel: 2, profile: true });

  const byId = new Map(report.rows.map((row) => [row.id, row]));
  const stores = ['otds-known', 'otds-new', 'am-known', 'am-new', 'switch'];
  const applications = ['am-saml', 'saml-switch', 'am-oidc', 'otds-oidc', 'refresh'];
  assert.deepEqual([...byId.keys()], [...stores, ...applications]);
  assert.ok(report.yardstickMs.median > 0 && report.verifierMs.median > 0);
  assert.ok(report.goalYardstickMs.median > report.yardstickMs.median, 'it holds a signature and more');
  for (const { cpuMs, yardsticks, goalYardsticks, profile } of report.rows) {
    assert.ok(cpuMs.median > 0 && goalYardsticks.median > 0 && goalYardsticks.median < yardsticks.median);
    assert.ok(profile !== undefined && profile.length > 0);
  }
  assert.ok((byId.get('am-known')?.verifierShare ?? 0) > 0, 'SAML passes the verifier');
  for (const id of ['am-saml', 'am-oidc']) assert.ok((byId.get(id)?.verifierShare ?? 0) > 0, id);
  for (const id of ['switch', 'saml-switch', 'refresh']) assert.equal(byId.get(id)?.verifierShare, 0, id);
  const { rotated, requests, failed, complaints, loop } = report.rotation;
  assert.deepEqual({ failed, complaints }, { failed: 0, complaints: [] });
  assert.ok(rotated.includes('oidc-rs256') && rotated.includes('saml-identity-provider'));
  assert.ok(requests > 0 && loop.rotating.p99 >= loop.rotating.p50);
  assert.ok((byId.get('otds-new')?.storeCalls.beforeEntry ?? 0) > 0, 'a new account needs the store');
  assert.equal(byId.get('otds-known')?.storeCalls.beforeEntry, 0, 'an unchanged account does not');
  const text = renderReport(report);
  for (const upstream of ['OTDS (OIDC)', 'Access Manager (SAML)']) {
    for (const visit of ['known person', 'first time']) {
      assert.match(text, ratioOf(`${upstream} → store, ${visit}`));
    }
  }
  for (const visit of ['SAML response', 'code, token, userinfo']) {
    assert.match(text, ratioOf(`Access Manager (SAML) → ${visit}`));
  }
  for (const visit of ['SAML response in a live session', 'OTDS (OIDC) → code, token', 'refresh of tokens']) {
    assert.match(text, ratioOf(visit));
  }
  assert.match(text, ratioOf('store switch in a live session'));
  assert.match(text, /^The SAML verifier alone takes .* ms = \d+\.\d×/m);
});

test('provisioning is measured by changes a second beside a bare loop, and by people planned', async () => {
  const cost = await benchProvisioning({ changed: 4, planned: 10 });

  const kinds = cost.changes.map(({ kind }) => kind);
  assert.deepEqual(kinds.toSorted(), [...connectors.keys()].toSorted());
  for (const { kind, changes, bareRequests, cpuMs, bareCpuMs } of cost.changes) {
    assert.ok(changes >= 4, `${kind}: each account is one change at least`);
    assert.equal(bareRequests, changes, kind);
    assert.ok(cpuMs > 0 && bareCpuMs > 0, kind);
  }
  // Ten people and five of each kind of target; those of the control panel also manage the stores.
  assert.deepEqual(
    cost.planning.map(({ target, people, changed }) => [target, people, changed]),
    [
      ['bc-emea', 40, 10],
      ['bc-na', 40, 10],
      ['bc-outlet', 40, 0],
      ['bc-emea', 40, 0],
    ],
  );
  const text = renderProvisioning(cost);
  for (const kind of kinds) {
    assert.match(text, new RegExp(`^${kind}: \\d+ changes a second, \\d+\\.\\d\\d ms of CPU each`, 'm'));
  }
  assert.match(text, /^ {2}bare loop: \d+ requests a second, .* a change costs \d+\.\d× of it$/m);
  assert.match(
    text,
    /^planned bc-na: 40 people \(10 to change\) in .* memory \d+ MB before, \d+ MB at most$/m,
  );
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
  const { status, stderr } = spawnSync(process.execPath, [MAIN, '--only=walks'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /"walks" is none of sign-in, provisioning/);
});

test('the report shows each kind of visit with its goal, and its parts as bars on one scale', () => {
  const text = renderReport(REPORT);

  assert.match(text, /^1× here is 0\.300 .* the goals’ unit is 0\.400 /m);
  assert.match(
    text,
    /^A known person +8\.0× \[8\.0–8\.0\] +6\.0× +≤ 3× +2\.40 +50 % +1\.5 \(1\) +unknown +5\.0$/m,
  );
  const [, bars = ''] = /^known +(\S+) +6\.0×$/m.exec(text) ?? [];
  assert.equal(bars, `${'█'.repeat(25)}┃${'▒'.repeat(24)}`);
});

test('the report says first how many requests failed while keys were rotated, and why', () => {
  const rotation = { ...REPORT.rotation, failed: 2, complaints: ['Error: no known key signed this'] };

  const text = renderReport({ ...REPORT, rotation });

  assert.match(renderReport(REPORT), /^Key rotation under load: 0 failed of 90 requests in 9 visits/m);
  assert.match(text, /^Key rotation under load: 2 failed of 90 .*\(oidc-rs256\)\.\n {2}Error: no known key/m);
  assert.match(text, /late by 0\.5 ms \(median\), 9\.0 ms \(p99\), 12\.0 ms \(most\); .* 4\.0 ms \(p99\)/);
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
  assert.equal(
    connectionLinkIn(
      '<a href="/x">x</a><a class="choice" href="/login?a=1&amp;b=2" data-connection="am">',
      'am',
    ),
    '/login?a=1&b=2',
  );
  assert.equal(refreshIn('<meta http-equiv="refresh" content="0; url=/next?a=1&amp;b=2">'), '/next?a=1&b=2');
});

test('the fast verification believes a signed response, and nothing that was changed in it', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const assertion = element('saml:Assertion', { ID: '_a' }, element('saml:Issuer', {}, 'Müller & <Söhne>'));
  const inside = new CanonicalText(await signElement(signable(assertion, 1), { privateKey }));
  const response = element('samlp:Response', { ID: '_r' }, element('saml:Issuer', {}, 'x'), inside);
  const xml = await signElement(signable(response, 1), { privateKey });
  const verify = (text: string, key = publicKey) => verifyFast(Buffer.from(text).toString('base64'), [key]);

  assert.equal(verify(xml).signatures, 2);
  assert.throws(() => verify(xml.replace('Müller', 'Meier')), /digest differs/);
  assert.throws(() => verify(xml.replace('exc-c14n#"></ds:C', 'exc-c14n"></ds:C')), /no known key/);
  const { publicKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  assert.throws(() => verify(xml, other), /no known key/);
  assert.throws(() => verify('<a><Assertion></Assertion></a>'), /nothing is signed/);
});

test('canonical form is exclusive: only what an element uses is declared, in order', () => {
  const text = `<a:x xmlns:a="urn:a" xmlns:b="urn:b" xmlns="urn:d"><y b:k="&lt;1&#x9;" z='"' a:k="2"/> &gt; </a:x>`;
  const root = readPlain(text);

  assert.equal(
    canonical(root),
    '<a:x xmlns:a="urn:a"><y xmlns="urn:d" xmlns:b="urn:b" z="&quot;" a:k="2" b:k="&lt;1&#x9;"></y> &gt; </a:x>',
  );
  assert.equal(canonical(root, childOf(root, 'y')), '<a:x xmlns:a="urn:a"> &gt; </a:x>');
  assert.throws(() => readPlain('<a><!-- c --></a>'), SyntaxError);
  assert.throws(() => readPlain('<a></b>'), SyntaxError);
});

/** A row of the table that begins with this visit and its ratio. */
function ratioOf(visit: string): RegExp {
  return new RegExp(`^${visit.replaceAll(/[()]/g, '\\$&')} +\\d+\\.\\d× \\[\\d+\\.\\d–\\d+\\.\\d\\] `, 'm');
}

const exactly = (value: number) => ({ median: value, low: value, high: value, least: value });

const REPORT: Report = {
  ...{ node: 'v24.0.0', machine: '2 × test', rounds: 1, visits: 1, warmUp: 1, parallel: 1 },
  yardstickMs: exactly(0.3),
  goalYardstickMs: exactly(0.4),
  verifierMs: exactly(1.2),
  idleCpuMsPerSecond: 1,
  rotation: {
    ...{ rotated: ['oidc-rs256'], visits: 9, requests: 90, failed: 0, complaints: [] },
    loop: { rotating: { p50: 0.5, p99: 9, most: 12 }, quiet: { p50: 0.5, p99: 4, most: 5 } },
  },
  rows: [
    {
      ...{ id: 'known', title: 'A known person', verifierShare: 0.5, postgresCpuMs: null, goal: 3 },
      ...{ cpuMs: exactly(2.4), yardsticks: exactly(8), goalYardsticks: exactly(6), wallMs: exactly(5) },
      storeCalls: { all: 1.5, beforeEntry: 1 },
    },
  ],
};
