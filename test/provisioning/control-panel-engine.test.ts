import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, MINUTE, newId } from '../../src/base/index.ts';
import { codeOf, type PanelEngine, signIn, startPanelEngine } from './control-panel-engine-world.ts';
import { accessOf, MERCHANDISING, TARGET } from './control-panel-world.ts';
import { mira } from './world.ts';

const EMEA = accessOf('emea', 'merchandiser');
const NA = accessOf('na', 'guest');
const MAIL = 'mira@halden.example';
const PERMISSIONS = 'permissions.haldenemea';

async function tasksOf(world: PanelEngine) {
  const tasks = await world.provisioning.tasks({ target: TARGET });
  return tasks.map(({ kind, field, detail }) => ({ kind, field, ...detail }));
}

suite('a person of the staff', () => {
  test('is invited, joins the stores of the roles, and what to tick is a task', async () => {
    await using world = await startPanelEngine();

    const result = await world.ensure(mira(), EMEA, NA);

    assert.ok(result.outcome === 'ready', codeOf(result));
    assert.equal(result.externalId, world.account.idOf(MAIL));
    assert.equal(result.calls, 3);
    assert.deepEqual(world.account.storesOf(MAIL), ['haldenemea', 'haldenna']);
    assert.deepEqual(await tasksOf(world), [
      { kind: 'by-hand', field: PERMISSIONS, found: null, expected: MERCHANDISING },
    ]);
  });

  test('costs no call while nothing changes', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);

    const again = await world.ensure(mira(), EMEA);

    assert.ok(again.outcome === 'ready');
    assert.equal(again.calls, 0);
  });

  test('has a task that names the exact difference and closes when it is done (S2)', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    const [asked = '', ...rest] = MERCHANDISING;
    world.account.tick(MAIL, [...rest, 'Manage_Orders']);
    world.panels.clock.advance(2 * DAY);
    await world.ensure(mira(), EMEA);
    const half = await tasksOf(world);

    world.account.tick(MAIL, [asked, ...rest]);
    world.panels.clock.advance(2 * DAY);
    await world.ensure(mira(), EMEA);

    assert.deepEqual(half, [
      {
        ...{ kind: 'by-hand', field: PERMISSIONS, expected: MERCHANDISING },
        found: ['Manage_Orders', ...rest].sort(),
      },
    ]);
    assert.deepEqual(await tasksOf(world), []);
  });

  test('has a task that closes without a sign-in, by a reading a day (S2)', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    const before = world.account.calls().length;
    await world.pass(DAY - MINUTE);
    const early = world.account.calls(before);

    await world.pass(MINUTE);
    const stillOpen = await tasksOf(world);
    world.account.tick(MAIL, MERCHANDISING);
    await world.pass(DAY);
    const closed = await tasksOf(world);
    await world.pass(9 * DAY);

    assert.deepEqual(early, []);
    assert.deepEqual(stillOpen, [
      { kind: 'by-hand', field: PERMISSIONS, found: [], expected: MERCHANDISING },
    ]);
    assert.deepEqual(closed, []);
    assert.deepEqual(world.account.calls(before), ['query 200', 'query 200']);
  });

  test('who leaves is not read for tasks any more', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    await world.end(mira());
    await world.pass(MINUTE);
    const before = world.account.calls().length;

    await world.pass(9 * DAY);

    assert.deepEqual(world.account.calls(before), []);
  });

  test('with another role gets a new task, and nothing is written', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    world.account.tick(MAIL, MERCHANDISING);
    const before = world.account.calls().length;

    await world.ensure(mira(), accessOf('emea', 'order-desk'));

    assert.deepEqual(
      (await tasksOf(world)).map(({ field }) => field),
      [PERMISSIONS],
    );
    assert.deepEqual(world.account.calls(before), ['query 200']);
  });

  test('who changes stores leaves one before joining the other', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    const before = world.account.calls().length;

    const result = await world.ensure(mira(), NA);

    assert.equal(codeOf(result), 'ready');
    assert.deepEqual(world.account.storesOf(MAIL), ['haldenna']);
    assert.deepEqual(world.account.calls(before), [
      'query 200',
      'removeUserFromStore 200',
      'addUserToStore 200',
    ]);
    assert.deepEqual(await tasksOf(world), []);
  });

  test('with a new mail address keeps the account, and people are asked to change the address', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), NA);

    const result = await world.ensure(mira({ mail: 'mira.berg@halden.example' }), NA);

    assert.equal(codeOf(result), 'ready');
    assert.deepEqual(await tasksOf(world), [
      { kind: 'by-hand', field: 'mail', found: MAIL, expected: 'mira.berg@halden.example' },
    ]);
    assert.equal(world.account.user('mira.berg@halden.example'), undefined);
  });

  test('loses a store that no relying party names any more, and keeps what others gave', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA, NA);
    await world.ensure(mira(), EMEA, NA);
    world.account.act('add-panel-user', { store: 'haldenoutlet', email: MAIL });
    world.panels.clock.advance(2 * DAY);
    await world.ensure(mira(), EMEA, NA);
    await using later = await world.open({ roles: { emea: { merchandiser: { permissions: 'any' } } } });

    await later.provisioning.ensureAccount(signIn(mira(), [EMEA]));

    assert.deepEqual(world.account.storesOf(MAIL), ['haldenemea', 'haldenoutlet']);
  });

  test('who was taken out by hand is put back', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), NA);
    world.account.act('remove-panel-user', { email: MAIL, store: 'haldenna' });
    world.panels.clock.advance(2 * DAY);

    await world.ensure(mira(), NA);

    assert.deepEqual(world.account.storesOf(MAIL), ['haldenna']);
  });
});

suite('the end of access', () => {
  for (const accountLastStore of ['stays', 'leaves-account']) {
    test(`is out of the stores at once, out of the account later (last store: ${accountLastStore})`, async () => {
      await using world = await startPanelEngine({ positions: { accountLastStore } });
      const before = world.account.count();
      await world.ensure(mira(), EMEA, NA);

      await world.end(mira());
      await world.pass(MINUTE);
      const stores = world.account.user(MAIL)?.stores ?? {};
      await world.pass(31 * DAY);

      assert.deepEqual(stores, {});
      assert.equal(world.account.count(), before);
      assert.deepEqual(await tasksOf(world), []);
      assert.equal(await world.linkOf(mira()), undefined);
    });
  }

  test('that is over gives the stores again; what to tick is a task again, because BigCommerce forgot it', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    world.account.tick(MAIL, MERCHANDISING);
    world.panels.clock.advance(2 * DAY);
    await world.ensure(mira(), EMEA);
    const settled = await tasksOf(world);
    await world.end(mira());
    await world.pass(MINUTE);

    await world.ensure(mira(), EMEA);

    assert.deepEqual(settled, []);
    assert.deepEqual(world.account.storesOf(MAIL), ['haldenemea']);
    assert.deepEqual(
      (await tasksOf(world)).map(({ field }) => field),
      [PERMISSIONS],
    );
    assert.equal(world.account.invitations(MAIL), 1);
  });

  test('and a return after the account was left make a new one', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    const first = world.account.idOf(MAIL);
    await world.end(mira());
    await world.pass(MINUTE);
    await world.pass(31 * DAY);

    const back = await world.ensure(mira(), EMEA);

    assert.equal(codeOf(back), 'ready');
    assert.notEqual(world.account.idOf(MAIL), first);
    assert.deepEqual(world.account.storesOf(MAIL), ['haldenemea']);
  });

  test('leaves memberships of other people alone, and says why the account stays', async () => {
    await using world = await startPanelEngine();
    await world.ensure(mira(), EMEA);
    world.account.act('add-panel-user', { store: 'haldenoutlet', email: MAIL });

    await world.end(mira());
    await world.pass(MINUTE);
    await world.pass(31 * DAY);
    const waiting = await tasksOf(world);
    world.account.act('remove-panel-user', { email: MAIL, store: 'haldenoutlet' });
    await world.pass(DAY);

    assert.deepEqual(
      waiting.map(({ kind, field }) => [kind, field]),
      [['blocked', 'leave-account']],
    );
    assert.equal(world.account.user(MAIL), undefined);
    assert.deepEqual(await tasksOf(world), []);
  });
});

suite('an account that somebody else made (R1.3)', () => {
  const TRUSTED = { trustedMailDomains: ['halden.example'] };
  const sam = mira({ id: newId('per'), mail: 'sam@halden.example' });

  test('is refused by default and stays as it was', async () => {
    await using world = await startPanelEngine();

    const result = await world.provisioning.ensureAccount(signIn(sam, [EMEA], TRUSTED));

    assert.equal(codeOf(result), 'provisioning.mail_taken');
    assert.deepEqual(world.account.storesOf('sam@halden.example'), ['haldenna']);
  });

  test('is adopted where that is set, from a trusted domain only', async () => {
    await using world = await startPanelEngine({ settings: { onExisting: 'adopt' } });

    const untrusted = await world.provisioning.ensureAccount(signIn(sam, [EMEA]));
    const trusted = await world.provisioning.ensureAccount(signIn(sam, [EMEA], TRUSTED));

    assert.deepEqual([codeOf(untrusted), codeOf(trusted)], ['provisioning.mail_untrusted', 'ready']);
    assert.equal(await world.linkOf(sam), 'bc/account/user/40003');
    // A store that relying parties name is ours to give and to take.
    assert.deepEqual(world.account.storesOf('sam@halden.example'), ['haldenemea']);
  });

  test('waits for an administrator where that is set', async () => {
    await using world = await startPanelEngine({ settings: { onExisting: 'admin-approve' } });

    const first = await world.provisioning.ensureAccount(signIn(sam, [NA], TRUSTED));
    await world.provisioning.approveCandidate({
      ...{ target: TARGET, person: sam.id, externalId: 'bc/account/user/40003' },
      ...{ by: { via: 'cli' }, thread: newId('lgn') },
    });
    const second = await world.provisioning.ensureAccount(signIn(sam, [NA], TRUSTED));

    assert.deepEqual([codeOf(first), codeOf(second)], ['provisioning.needs_approval', 'ready']);
  });

  test('is nobody to adopt when it owns a store', async () => {
    for (const accountAddAgain of ['refused', 'no-change']) {
      await using world = await startPanelEngine({
        settings: { onExisting: 'adopt' },
        positions: { accountAddAgain },
      });
      const ada = mira({ id: newId('per'), mail: 'ada@halden.example' });

      const result = await world.provisioning.ensureAccount(signIn(ada, [EMEA], TRUSTED));

      assert.equal(codeOf(result), 'provisioning.mail_taken');
      assert.equal(await world.linkOf(ada), undefined);
    }
  });
});
