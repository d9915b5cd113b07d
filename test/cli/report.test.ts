import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customerWithMail, eventsOf, until } from '../support/evidence.ts';
import type { WorldOptions } from '../support/world.ts';
import { startCommandWorld } from './crowd.ts';

// `vestibule report accounts` compares a target's list with what policy wants; S27 shows the report of provisioning.

type Row = {
  readonly externalId: string;
  readonly class: string;
  readonly note?: string;
  readonly name?: string;
};
type Report = {
  readonly accounts: number;
  readonly rows: readonly Row[];
  readonly totals: Readonly<Record<string, number>>;
  readonly missing: readonly { readonly name: string; readonly because: readonly string[] }[];
};

const noAgencies: WorldOptions['configure'] = (config) => {
  const rule = config.rules.find(({ id }: { id: string }) => id === 'agencies');
  rule.when = 'false';
};

test('each account has one class, its rule and its last sign-in, and totals equal the list of the store', async () => {
  await using world = await startCommandWorld();
  for (const login of ['ines', 'olu']) await world.signIn(world.browser(), login, '/launch/store-emea');
  await world.signIn(world.browser(), 'mira');
  await until('tess is let in', async () => {
    const page = await world.signIn(world.browser(), 'tess', '/launch/trade-emea');
    return page.url.hostname === 'b2b-emea.localhost';
  });
  const empty = await world.vestibule(['report', 'accounts', 'bc-emea']);
  await world.vestibule(['import', 'bc-emea']);

  const { out, err } = await world.vestibule(['report', 'accounts', 'bc-emea', '--json'], noAgencies);
  const [text, csv, dormant] = await Promise.all([
    world.vestibule(['report', 'accounts', 'bc-emea'], noAgencies),
    world.vestibule(['report', 'accounts', 'bc-emea', '--csv', '--reason', 'review of March'], noAgencies),
    world.vestibule(['report', 'accounts', 'bc-emea', '--dormant', '1ms'], noAgencies),
  ]);

  assert.equal(empty.code, 1);
  assert.match(empty.err, /nothing is known of the target's own list yet; .*vestibule import bc-emea$/m);
  const report = JSON.parse(out) as Report;
  assert.equal(err, '');
  const ines = String((await customerWithMail(world, 'store-emea', 'ines@halden.example')).id);
  const olu = String((await customerWithMail(world, 'store-emea', 'olu@halden.example')).id);
  const classOf = (id: string) => report.rows.find(({ externalId }) => externalId === id)?.class;
  assert.deepEqual([classOf(ines), classOf(olu)], ['ok', 'excess']);
  const tess = String((await customerWithMail(world, 'store-emea', 'tess@halden.example')).id);
  const beside = report.rows.find(({ externalId }) => externalId === tess);
  assert.deepEqual([beside?.class, beside?.note], ['ok', 'managed through b2b-emea']);
  assert.equal(report.rows.length, report.accounts);
  assert.equal(
    Object.values(report.totals).reduce((sum, each) => sum + each),
    report.accounts,
  );
  assert.equal(report.totals['unclaimed'], report.accounts - 3, 'shoppers belong to a store');
  assert.deepEqual(report.missing, [
    { ...report.missing[0], name: 'Mira Lindqvist', because: ['emea-merchandising'] },
  ]);
  assert.match(
    text.out,
    /^ok +\d+ {2}Inês Carvalho \(active\) {2}.*store-managers.* {2}last sign-in \d{4}-/m,
  );
  assert.match(text.out, /^missing +Mira Lindqvist .* may enter by emea-merchandising, has no account yet$/m);
  assert.match(
    text.out,
    /^bc-emea: \d+ accounts: 2 ok, 0 orphan, 1 excess, 0 dormant, \d+ unclaimed, 0 untouchable; 1 person without/m,
  );
  assert.match(text.out, /^bc-emea as the import of \d{4}-\S+ \S+Z found it:$/m);
  assert.equal(csv.out.trim().split('\n').length, 1 + report.accounts + 1);
  assert.match(dormant.out, /^dormant +\d+ {2}Inês Carvalho/m);
  const reads = await eventsOf(world, { types: ['log.read'] });
  assert.ok(reads.some(({ facts }) => facts['reason'] === 'review of March'));
});
