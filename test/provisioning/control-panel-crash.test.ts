import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { type Death, doomedProcesses } from '../support/doomed-process.ts';
import { codeOf, type PanelEngine, signIn, startPanelEngine } from './control-panel-engine-world.ts';
import { accessOf, MERCHANDISING, TARGET } from './control-panel-world.ts';
import { mira } from './world.ts';

const EMEA = accessOf('emea', 'merchandiser');
const NA = accessOf('na', 'guest');
const MAIL = 'mira@halden.example';
const TRUSTED = { trustedMailDomains: ['halden.example'] };

/** Steps of a first sign-in by number: the lease, the invitation in the outbox, its answer. */
const WRITTEN = 1;
const ANSWERED = 2;

const die = doomedProcesses(new URL('./control-panel-dying-process.ts', import.meta.url));

/** In another process, which is killed (SIGKILL) at its n-th step. */
function dieAt(world: PanelEngine, killAt: number, person?: Person): Promise<Death> {
  const order = {
    ...{ killAt, person, accesses: [EMEA, NA], url: world.url, databaseUrl: world.database.url },
    ...{ masterKey: world.masterKey.toString('base64'), now: world.panels.clock.now().toISOString() },
  };
  return die(order);
}

async function settle(world: PanelEngine): Promise<void> {
  for (let round = 0; round < 6; round += 1) await world.pass(MINUTE);
}

/** One user, linked to the person, in the stores, with one task for what people must tick. */
async function assertRight(world: PanelEngine, people: number, because: string): Promise<void> {
  assert.equal(world.account.count(), people, because);
  assert.equal(await world.linkOf(mira()), world.account.idOf(MAIL), because);
  assert.deepEqual(world.account.storesOf(MAIL), ['haldenemea', 'haldenna'], because);
  assert.equal(world.account.invitations(MAIL), 1, because);
  const tasks = await world.provisioning.tasks({ target: TARGET });
  assert.deepEqual(
    tasks.map(({ detail }) => detail['expected']),
    [MERCHANDISING],
    because,
  );
}

suite('a process that is killed at any step', () => {
  for (const finishedBy of ['the queue alone', 'the next sign-in']) {
    test(`of a first sign-in leaves one right user, finished by ${finishedBy}`, async () => {
      let deaths = 0;
      for (let killAt = 0; ; killAt += 1) {
        await using world = await startPanelEngine();
        const people = world.account.count();
        const { steps, killed } = await dieAt(world, killAt, mira());
        if (!killed) break;
        deaths += 1;
        const because = `killed at ${steps.join(' > ')}`;

        world.panels.clock.advance(MINUTE);
        if (finishedBy === 'the next sign-in') {
          assert.equal(codeOf(await world.ensure(mira(), EMEA, NA)), 'ready', because);
        }
        await settle(world);

        // Killed before anything was written down, nothing is owed; the next sign-in begins anew.
        const isOwed = steps.length > WRITTEN || finishedBy === 'the next sign-in';
        if (isOwed) await assertRight(world, people + 1, because);
        else assert.equal(world.account.count(), people, because);
      }
      assert.ok(deaths >= 5, `only ${deaths} steps were tried`);
    });
  }

  test('of an end leaves nobody behind', async () => {
    let deaths = 0;
    for (let killAt = 0; ; killAt += 1) {
      await using world = await startPanelEngine();
      const people = world.account.count();
      await world.ensure(mira(), EMEA, NA);
      await world.end(mira());
      world.panels.clock.advance(31 * DAY);
      const { steps, killed } = await dieAt(world, killAt);
      if (!killed) break;
      deaths += 1;

      world.panels.clock.advance(HOUR);
      await settle(world);

      assert.equal(world.account.count(), people, `killed at ${steps.join(' > ')}`);
      assert.equal(world.account.user(MAIL), undefined);
      assert.equal(await world.linkOf(mira()), undefined);
    }
    assert.ok(deaths >= 4, `only ${deaths} steps were tried`);
  });
});

/** At a step of the next sign-in something happens. */
async function signInWith(
  world: PanelEngine,
  at: string,
  happens: () => void,
  change: Parameters<typeof signIn>[2] = {},
): Promise<string> {
  await using other = await world.open({ onStep: (step) => (step === at ? happens() : undefined) });
  return codeOf(await other.provisioning.ensureAccount(signIn(mira(), [EMEA, NA], change)));
}

const once = (world: PanelEngine, fault: FaultInput): void =>
  world.account.control.fail({ ...fault, times: 1 });

suite('an invitation whose reply is lost', () => {
  test('is found again at once, because nobody else was there before', async () => {
    await using world = await startPanelEngine();
    const people = world.account.count();

    const code = await signInWith(world, 'creation written', () => once(world, { kind: 'lost-reply' }));

    assert.equal(code, 'ready');
    await settle(world);
    await assertRight(world, people + 1, 'lost reply');
  });

  test('is found again when the person has accepted it meanwhile', async () => {
    await using world = await startPanelEngine();
    const people = world.account.count();
    await dieAt(world, ANSWERED, mira());
    world.account.act('accept-invitation', { email: MAIL, firstName: 'Mira', lastName: 'Lindqvist' });

    world.panels.clock.advance(MINUTE);
    await settle(world);

    await assertRight(world, people + 1, 'accepted');
  });

  test('is found again under the address that it was sent to, although the directory has a new one', async () => {
    await using world = await startPanelEngine();
    const people = world.account.count();
    await dieAt(world, ANSWERED, mira());
    const renamed = mira({ mail: 'mira.berg@halden.example' });

    world.panels.clock.advance(MINUTE);
    const result = await world.ensure(renamed, NA);

    assert.equal(codeOf(result), 'ready');
    assert.equal(world.account.count(), people + 1);
    assert.equal(await world.linkOf(renamed), world.account.idOf(MAIL));
    const [task] = await world.provisioning.tasks({ target: TARGET });
    assert.equal(task?.field, 'mail');
  });

  test('is found again by the ladder when access is over before anybody came back', async () => {
    await using world = await startPanelEngine();
    const people = world.account.count();
    await dieAt(world, ANSWERED, mira());
    assert.ok(world.account.user(MAIL), 'the invitation was sent');

    await world.end(mira());
    await world.pass(MINUTE);
    await world.pass(31 * DAY);

    assert.equal(world.account.count(), people);
  });

  test('that never arrived is sent again, once', async () => {
    await using world = await startPanelEngine();
    const people = world.account.count();

    const code = await signInWith(world, 'creation written', () =>
      once(world, { kind: 'refuse-connection' }),
    );
    await settle(world);

    assert.equal(code, 'provisioning.reply_lost');
    await assertRight(world, people + 1, 'refused connection');
  });

  test('is not mixed up with a user of stores whom somebody made meanwhile', async () => {
    for (const accountAddAgain of ['refused', 'no-change']) {
      await using world = await startPanelEngine({ positions: { accountAddAgain } });
      // Killed before the request left; then an administrator adds the same person by hand.
      await dieAt(world, WRITTEN, mira());
      world.account.act('add-panel-user', { store: 'haldenoutlet', email: MAIL, role: 'Sales Manager' });

      world.panels.clock.advance(MINUTE);
      const result = await world.ensure(mira(), EMEA);
      await settle(world);

      assert.equal(codeOf(result), 'provisioning.mail_taken');
      assert.equal(await world.linkOf(mira()), undefined);
      assert.deepEqual(world.account.storesOf(MAIL), ['haldenoutlet']);
    }
  });

  for (const accountAddAgain of ['refused', 'no-change']) {
    test(`is no excuse when somebody was faster (adding again: ${accountAddAgain})`, async () => {
      await using world = await startPanelEngine({
        settings: { onExisting: 'adopt' },
        positions: { accountAddAgain },
      });
      const before = world.account.count();
      // After our look, before our request: the account answers "exists", or says yes.
      const code = await signInWith(world, 'creation written', () =>
        world.account.act('add-panel-user', { store: 'haldenoutlet', email: MAIL }),
      );

      assert.equal(code, 'provisioning.mail_untrusted', 'R1.3 decides, and the domain is not trusted');
      assert.equal(await world.linkOf(mira()), undefined);
      assert.equal(world.account.count(), before + 1);
      assert.equal(codeOf(await world.provisioning.ensureAccount(signIn(mira(), [EMEA], TRUSTED))), 'ready');
    });
  }

  test('a refusal that certainly did nothing leaves no claim on who comes next', async () => {
    await using world = await startPanelEngine();
    const code = await signInWith(world, 'creation written', () =>
      once(world, { kind: 'rate-limited', resetMs: 1_000 }),
    );
    // In no store, like an invitation of ours; but ours never left.
    world.account.act('add-panel-user', { store: 'haldenoutlet', email: MAIL });
    world.account.act('remove-panel-user', { store: 'haldenoutlet', email: MAIL });

    world.panels.clock.advance(MINUTE);
    const next = await world.ensure(mira(), EMEA);

    assert.equal(code, 'provisioning.rate_limited');
    assert.equal(codeOf(next), 'provisioning.mail_taken');
  });
});

suite('several people with one address', () => {
  const twin = mira({ id: newId('per'), login: 'mira2' });

  for (const accountAddAgain of ['refused', 'no-change']) {
    test(`who come at once get one account, and it is one's (adding again: ${accountAddAgain})`, async () => {
      await using world = await startPanelEngine({ positions: { accountAddAgain } });
      await using other = await world.open();

      const results = await Promise.all([
        world.provisioning.ensureAccount(signIn(mira(), [EMEA])),
        other.provisioning.ensureAccount(signIn(twin, [EMEA])),
      ]);
      await settle(world);

      const links = [await world.linkOf(mira()), await world.linkOf(twin)];
      assert.equal(results.filter(({ outcome }) => outcome === 'ready').length, 1);
      assert.deepEqual(
        links.filter((link) => link !== undefined),
        [world.account.idOf(MAIL)],
      );
    });
  }

  test('wait for each other before anything was sent', async () => {
    await using world = await startPanelEngine();
    await dieAt(world, WRITTEN, mira());

    const second = await world.ensure(twin, EMEA);
    const sent = world.account.calls().filter((call) => call.startsWith('addUserToAccount'));
    world.panels.clock.advance(MINUTE);
    await settle(world);

    assert.equal(codeOf(second), 'provisioning.busy');
    assert.deepEqual(sent, []);
    assert.equal(await world.linkOf(twin), undefined);
    assert.equal(await world.linkOf(mira()), world.account.idOf(MAIL));
  });

  test('never share one user, even if the account gives the same one to both', async () => {
    await using world = await startPanelEngine();
    await world.ensure(twin, EMEA);
    // What the account is about to answer is linked to the twin already.
    const next = `bc/account/user/${(world.account.user(MAIL)?.id ?? 0) + 1}`;
    await world.database.db
      .withTables<{ provisioning_account: { external_id: string; person: string } }>()
      .updateTable('provisioning_account')
      .set({ external_id: next })
      .where('person', '=', twin.id)
      .execute();

    const second = await world.ensure(mira({ mail: 'other@halden.example' }), EMEA);

    assert.equal(codeOf(second), 'provisioning.mail_taken');
    assert.equal(await world.linkOf(mira()), undefined);
    assert.deepEqual(world.account.storesOf('other@halden.example'), []);
  });

  test('wait for each other while a reply is lost', async () => {
    await using world = await startPanelEngine();
    await dieAt(world, ANSWERED, mira());
    assert.ok(world.account.user(MAIL), 'the invitation was sent');

    const second = await world.ensure(twin, EMEA);
    world.panels.clock.advance(MINUTE);
    await settle(world);

    assert.notEqual(codeOf(second), 'ready');
    assert.equal(await world.linkOf(twin), undefined);
    assert.equal(await world.linkOf(mira()), world.account.idOf(MAIL));
  });
});

test('fifty first sign-ins of one person at once make one user', async () => {
  await using world = await startPanelEngine();
  const people = world.account.count();
  await using other = await world.open();

  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      (index % 2 === 0 ? world : other).provisioning.ensureAccount(signIn(mira(), [EMEA, NA])),
    ),
  );

  assert.deepEqual([...new Set(results.map(codeOf))], ['ready']);
  await assertRight(world, people + 1, 'parallel');
});
