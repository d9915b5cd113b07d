import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Upstream, Upstreams } from '../../src/federation/index.ts';
import { connectionForMail, onlyConnection } from '../../src/login/begin.ts';

// Who is asked for the password, when nobody is asked which directory.

function connected(...connections: readonly { id: string; mailDomains: readonly string[] }[]) {
  const list = connections as unknown as readonly Upstream[];
  return { upstreams: { list: () => list } as unknown as Upstreams };
}

const TWO = connected(
  { id: 'otds', mailDomains: ['halden.example', 'halden.org'] },
  { id: 'partners', mailDomains: ['agency.example'] },
);

suite('a mail address leads to the directory of its domain', () => {
  for (const [mail, connection] of [
    ['mira@halden.example', 'otds'],
    ['mira@halden.org', 'otds'],
    ['olu@agency.example', 'partners'],
    ['  OLU@Agency.EXAMPLE  ', 'partners'],
    ['"odd@halden.example"@agency.example', 'partners'],
  ] as const) {
    test(mail, () => {
      assert.equal(connectionForMail(mail, TWO), connection);
    });
  }
});

suite('nobody is responsible for', () => {
  for (const mail of [
    'mira@elsewhere.example',
    'mira@sub.halden.example',
    'mira@xhalden.example',
    'mira@halden.example.evil.example',
    'mira@halden.example evil',
    'halden.example',
    '@',
    '',
    'mira@',
  ]) {
    test(JSON.stringify(mail), () => {
      assert.equal(connectionForMail(mail, TWO), undefined);
    });
  }
});

test('with one connection nobody is asked, with two they are', () => {
  assert.equal(onlyConnection(connected({ id: 'otds', mailDomains: [] })), 'otds');
  assert.equal(onlyConnection(TWO), undefined);
});
