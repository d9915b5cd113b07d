import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedAccount } from '../../src/provisioning/connector/connector.ts';
import { parseIconikDate } from '../../src/provisioning/connectors/iconik/schema.ts';
import { background, type IconikWorld, startIconik } from './iconik-world.ts';

async function everybody(world: IconikWorld): Promise<{ accounts: ListedAccount[]; pages: number }> {
  const accounts: ListedAccount[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await world.target.list?.(cursor, background());
    assert.ok(page?.outcome === 'listed');
    accounts.push(...page.accounts);
    cursor = page.next;
    pages += 1;
  } while (cursor !== undefined);
  return { accounts, pages };
}

test('the list shows status, last sign-in, groups and who must not be touched', async () => {
  await using world = await startIconik();
  world.act('change-user', { email: 'jonah@halden.example', status: 'INACTIVE' });

  const { accounts } = await everybody(world);

  const of = (mail: string): ListedAccount =>
    accounts.find(({ image }) => image['mail'] === `${mail}@halden.example`) ?? assert.fail();
  assert.equal(of('jonah').isActive, false);
  assert.equal(of('leo').lastSignIn?.toISOString(), '2025-02-11T08:30:00.120Z');
  assert.equal(of('elin').image['primaryGroup'], 'Media EMEA');
  assert.deepEqual(
    accounts
      .filter(({ untouchable }) => untouchable)
      .map(({ image }) => image['mail'])
      .sort(),
    ['grit@halden.example', 'vestibule@halden.example'],
  );
});

test('all pages are read, and the people of a domain are each there once', async () => {
  await using world = await startIconik();
  for (let number = 1; number <= 420; number += 1) {
    world.act('add-user', { email: `many-${number}@halden.example`, firstName: 'Many' });
  }

  const { accounts, pages } = await everybody(world);

  assert.equal(pages, 3);
  assert.equal(new Set(accounts.map(({ externalId }) => externalId)).size, 425);
});

test('a page past the end is an end', async () => {
  await using world = await startIconik();

  assert.deepEqual(await world.target.list?.('9', background()), { outcome: 'listed', accounts: [] });
});

test('what a leaver keeps is listed: shares to the address, shares made, tokens that end', async () => {
  await using world = await startIconik();
  const id = (mail: string): string => world.user(mail).id;
  world.act('add-user', { email: 'lena@halden.example', firstName: 'Lena' });

  const lena = await world.target.holdings?.(id('lena@halden.example'), {}, background());
  const grit = await world.target.holdings?.(id('grit@halden.example'), {}, background());
  const leo = await world.target.holdings?.(id('leo@halden.example'), {}, background());
  const gone = await world.target.holdings?.('7c0e5b1a-40d2-11f0-8f6e-0000000000ff', {}, background());

  assert.ok(lena?.outcome === 'holdings' && grit?.outcome === 'holdings' && leo?.outcome === 'holdings');
  assert.match(lena.holdings[0]?.what ?? '', /^shares sent to the address/);
  assert.match(lena.holdings[0]?.examples[0] ?? '', /^Material for the trade fair, until \d{4}-\d\d-\d\d$/);
  // One of the three that the administrator made has expired.
  assert.equal(grit.holdings.find(({ what }) => what.startsWith('shares made'))?.count, 2);
  assert.equal(leo.holdings.find(({ what }) => what.startsWith('application tokens'))?.count, 1);
  assert.deepEqual(gone, { outcome: 'holdings', holdings: [] });
});

test('a domain that does not answer has no list and no holdings', async () => {
  await using world = await startIconik();
  world.iconik.fail({ kind: 'status', status: 500 });

  const list = await world.target.list?.(undefined, background());
  const holdings = await world.target.holdings?.('7c0e5b1a-40d2-11f0-8f6e-000000000023', {}, background());

  assert.deepEqual([list?.outcome, holdings?.outcome], ['unavailable', 'unavailable']);
});

test('dates without a zone are UTC, whatever zone this machine is in', () => {
  assert.equal(parseIconikDate('2026-03-01T12:30:00.123456')?.toISOString(), '2026-03-01T12:30:00.123Z');
  assert.equal(parseIconikDate('2026-03-01T12:30:00')?.toISOString(), '2026-03-01T12:30:00.000Z');
  assert.equal(parseIconikDate('2026-03-01T12:30:00+02:00')?.toISOString(), '2026-03-01T10:30:00.000Z');
  for (const text of ['', 'yesterday', '2026-13-45T99:99:99', '2026-03-01']) {
    assert.equal(parseIconikDate(text), undefined);
  }
});
