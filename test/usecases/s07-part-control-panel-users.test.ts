import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountState, mailOf, TARGET } from '../support/control-panel.ts';
import { act, eventsOf } from '../support/evidence.ts';
import { run, todaysClock } from '../support/iconik.ts';
import { startWorld, type World } from '../support/world.ts';

// S7, without the signed file: each user of the control panels with status, rule, last sign-in and class.

type Row = {
  readonly externalId: string;
  readonly class: string;
  readonly note?: string;
  readonly status?: string;
  readonly name?: string;
  readonly because: readonly string[];
  readonly lastSignIn?: string;
};
type Report = {
  readonly accounts: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly rows: readonly Row[];
};

async function reportOf(world: World, ...args: string[]): Promise<Report> {
  await run(world, 'import', TARGET);
  return JSON.parse(await run(world, 'report', 'accounts', TARGET, '--json', ...args)) as Report;
}

async function rowOf(world: World, { rows }: Report, mail: string): Promise<Row> {
  const { users } = await accountState(world);
  const id = users.find(({ email }) => email === mail)?.id;
  const found = rows.filter(({ externalId }) => externalId === `bc/account/user/${id}`);
  assert.equal(found.length, 1, `rows of ${mail}`);
  return found[0] ?? assert.fail();
}

test('every user of the account is in one row and one class, and the totals are those of the account’s own list', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await world.signIn(world.browser(), 'ines', '/launch/panel-emea');
  await act(world, 'bigcommerce', 'enter-control-panel', { store: 'haldenemea', email: mailOf('ines') });

  const report = await reportOf(world, '--dormant', '90d');

  const { users } = await accountState(world);
  assert.deepEqual([report.accounts, report.rows.length], [users.length, users.length]);
  assert.equal(
    Object.values(report.totals).reduce((sum, each) => sum + each),
    users.length,
  );
  const ines = await rowOf(world, report, mailOf('ines'));
  assert.deepEqual(
    [ines.class, ines.status, ines.because, ines.name],
    ['ok', 'active', ['panel-managers'], 'Inês Carvalho'],
  );
  assert.equal(ines.lastSignIn?.slice(0, 10), world.clock.now().toISOString().slice(0, 10));
  const classes = await Promise.all(
    [mailOf('ada'), mailOf('sam'), mailOf('lena'), 'viktor@brightline.example'].map(
      async (mail) => (await rowOf(world, report, mail)).class,
    ),
  );
  assert.deepEqual(classes, ['untouchable', 'orphan', 'orphan', 'orphan']);
  const lena = await rowOf(world, report, mailOf('lena'));
  assert.equal(lena.lastSignIn?.slice(0, 10), '2025-06-27', 'as the account tells it');
});

test('who was let in and did not come for long is dormant, who has no rule any more is in excess', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await world.signIn(world.browser(), 'ines', '/launch/panel-emea');
  // Somebody of staff who was added past the broker, and whom the broker knows by another place.
  await world.signIn(world.browser(), 'sam', '/launch/wiki');

  const dormant = await rowOf(world, await reportOf(world, '--dormant', '90d'), mailOf('ines'));
  const sam = await rowOf(world, await reportOf(world), mailOf('sam'));
  await world.apply((config) => {
    config.rules.find(({ id }: { id: string }) => id === 'panel-managers').when =
      '"nobody@staff" in person.groups';
  });
  const excess = await rowOf(world, await reportOf(world), mailOf('ines'));

  assert.deepEqual([dormant.class, dormant.lastSignIn?.slice(0, 10)], ['dormant', '2025-12-29']);
  assert.deepEqual([sam.class, sam.note, sam.status], ['excess', 'only the mail address matches', 'active']);
  assert.deepEqual([excess.class, excess.note], ['excess', 'no rule gives it']);
  const looks = await eventsOf(world, { types: ['log.read'] });
  assert.ok(looks.length >= 3, 'each look is an event');
});
