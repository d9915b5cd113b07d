import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, changePerson } from '../support/evidence.ts';
import { enter, run, salesforceState, TARGET, todaysClock, userWith } from '../support/salesforce.ts';
import { startWorld } from '../support/world.ts';

// S43, the part that is there: users who do not use their licence, with their last sign-in. Reclaiming it from the
// report is not built yet.

type Report = {
  readonly accounts: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly rows: readonly {
    readonly externalId: string;
    readonly class: string;
    readonly name?: string;
    readonly isActive: boolean;
    readonly lastSignIn?: string;
  }[];
};

test('the report has each user of Salesforce, who was there when, who was not for long, and who belongs to nobody', async () => {
  // Sam was there a hundred days ago, Tess today.
  await using world = await startWorld({ clock: todaysClock(100) });
  await enter(world, 'sam');
  await changePerson(world, 'tess', { groups: ['sales@staff'] });
  world.clock.advance(100 * 86_400_000);
  await enter(world, 'tess');
  await act(world, 'salesforce', 'add-user', { username: 'lost@halden.example.org62', lastName: 'Lost' });
  const [sam, tess] = await Promise.all(
    ['sam', 'tess'].map((login) => userWith(world, `${login}@halden.example`)),
  );

  await run(world, 'import', TARGET);
  const report = JSON.parse(
    await run(world, 'report', 'accounts', TARGET, '--dormant', '90d', '--json'),
  ) as Report;

  const { users } = await salesforceState(world);
  assert.equal(report.accounts, users.length, 'as many as Salesforce has');
  const total = Object.values(report.totals).reduce((sum, each) => sum + each);
  assert.equal(total, users.length);
  const rowOf = (id: string | undefined) => report.rows.find(({ externalId }) => externalId === id);
  const [samRow, tessRow] = [rowOf(sam?.id), rowOf(tess?.id)];
  assert.deepEqual([samRow?.class, samRow?.name, samRow?.isActive], ['dormant', 'Sam Okafor', true]);
  assert.deepEqual([tessRow?.class, tessRow?.name], ['ok', 'Tess Moreau']);
  const daysAgo = (row: typeof samRow) =>
    Math.round((world.clock.now().getTime() - Date.parse(row?.lastSignIn ?? '')) / 86_400_000);
  assert.deepEqual([daysAgo(samRow), daysAgo(tessRow)], [100, 0]);
  const lost = users.find(({ Username }) => Username === 'lost@halden.example.org62');
  assert.equal(rowOf(lost?.Id)?.class, 'orphan');
});
