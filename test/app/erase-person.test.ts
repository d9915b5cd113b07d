import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import { createAccessLog } from '../../src/access-log/index.ts';
import { directoryEvents } from '../../src/app/directory-events.ts';
import { connectErasure } from '../../src/app/erase-person.ts';
import { migrations } from '../../src/app/index.ts';
import { DAY, HOUR, MINUTE, newId, type PersonId } from '../../src/base/index.ts';
import { createDirectory } from '../../src/directory/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createProvisioning, forgetAccounts } from '../../src/provisioning/index.ts';
import { addressBook } from '../provisioning/example/address-book.ts';
import { startBook } from '../provisioning/example/book-server.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// R6.2, R1.4: whoever is erased leaves no account behind that nobody knows of, and never comes back as who they were.

/** @param dying the process that is asked to erase dies as soon as it has noted it. */
async function openWorld(
  beforeForgetting: () => Promise<unknown> = async () => undefined,
  dying = new Set<'after noting'>(),
) {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const { db, listen } = stack.use(await createTestDatabase(migrations));
  const needs = { db, clock, log: silentLog };
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(await openKeys({ ...needs, listen, masterKeys }));
  const http = stack.use(createHttpClient({ allowInsecureLoopback: true }));
  const accessLog = stack.use(createAccessLog({ ...needs, keys }));
  const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
  jobs.register({
    kind: 'reconcile.reassess',
    schema: { parse: (it: unknown) => it } as never,
    run: async () => {},
  });
  const book = stack.use(await startBook());
  const settings = addressBook.targetConfig.parse({
    ...{ apiUrl: book.url.href, tokens: ['token-of-the-book'] },
    ladder: { leaveListsAfter: '30d' },
  });
  const roles = [{ id: 'reader', account: addressBook.roleConfig?.parse({ lists: ['news'] }) }];
  const provisioning = stack.use(
    createProvisioning({
      ...{ ...needs, keys, http, jobs, accessLog, connectors: new Map([['address-book', addressBook]]) },
      targets: [
        {
          ...{ id: 'book', kind: 'address-book', settings },
          relyingParties: [{ id: 'directory-app', access: {}, roles }],
        },
      ],
    }),
  );
  const directory = createDirectory({
    ...{ db, keys, clock, events: directoryEvents(accessLog, jobs), attributes: {} },
    rulesOf: () => ({ primary: true, others: [], onNoMatch: 'create', factsMaxAgeMs: HOUR }),
  });
  const ended: PersonId[] = [];
  let isTelling = false;
  const logout = {
    isTelling: async () => isTelling,
    endAccess: async (person: PersonId) => {
      ended.push(person);
      return [];
    },
  };
  const erase = connectErasure({
    ...{ db, keys, clock, log: silentLog, jobs, logout, provisioning },
    directory: {
      ...directory,
      async disable(person) {
        if (dying.delete('after noting')) throw new Error('the process is gone');
        await directory.disable(person);
      },
    },
    accessLog: {
      erasePerson: (...args) => accessLog.erasePerson(...args),
      async warmUp(people) {
        await beforeForgetting();
        await accessLog.warmUp(people);
      },
    },
    forget: [forgetAccounts],
  });
  const signIn = async (change: Partial<Identity> = {}) => {
    const match = await directory.signIn(
      {
        ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', mail: 'mira@halden.example' },
        ...{ groups: [], attributes: { sharedKey: ['4711'] }, amr: [], upstreamSession: {} },
        ...{ authTime: clock.now(), verifiedAt: clock.now(), ...change },
      },
      newId('lgn'),
    );
    assert.equal(match.outcome, 'person');
    return match.outcome === 'person' ? match.person : assert.fail();
  };
  return {
    ...{ directory, provisioning, accessLog, keys, book, ended, signIn, clock },
    tell: (isOpen: boolean) => {
      isTelling = isOpen;
    },
    erase: (person: PersonId) => erase({ person, by: 'ada', reason: 'asked for', thread: newId('lgn') }),
    ensure: (person: Awaited<ReturnType<typeof signIn>>) =>
      provisioning.ensureAccount({
        ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn') },
        accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
      }),
    jobsLeft: () => jobs.list({ kind: 'app.erase-person', limit: 9 }),
    /** Given up, or discarded by somebody. */
    loseJobsOfAccounts: () =>
      sql`delete from jobs_job where kind = 'provisioning.finish-account'`.execute(db),
    erasures: async () => (await accessLog.searchEvents({ types: ['person.erased'] }, { limit: 9 })).events,
    pass: async (ms: number) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

suite('a person who is to be erased', () => {
  test('loses their accounts first, all rungs at once, and is forgotten only then', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    await world.ensure(mira);
    world.book.react = () => ({ status: 500 });

    await world.erase(mira.id);
    await world.pass(0);
    await world.pass(10 * MINUTE);
    const waiting = [await world.erasures(), (await world.signIn()).status];
    world.book.react = undefined;
    for (let round = 0; round < 4; round += 1) await world.pass(HOUR);

    assert.deepEqual(waiting, [[], 'disabled'], 'meanwhile nobody comes in as them');
    const [entry] = [...world.book.entries.values()];
    assert.deepEqual([entry?.state, entry?.lists], ['suspended', []]);
    assert.equal(world.ended[0], mira.id);
    assert.equal((await world.erasures()).length, 1);
    assert.equal(await world.provisioning.accountOf('book', mira.id), undefined);
    assert.deepEqual(await Array.fromAsync(world.directory.people()), []);
    assert.deepEqual(await world.directory.bearersOf('mira@halden.example'), []);
    const sealer = await world.keys.sealer(mira.id);
    assert.throws(() => sealer.seal('x', 'test'), { code: 'keys.destroyed' });
  });

  test('is switched off and forgotten also if the process that was asked dies right after it', async () => {
    await using world = await openWorld(undefined, new Set(['after noting']));
    const mira = await world.signIn();
    await world.ensure(mira);
    world.book.react = () => ({ status: 500 });

    await assert.rejects(world.erase(mira.id));
    await world.pass(0);
    const { status } = await world.signIn();
    world.book.react = undefined;
    for (let round = 0; round < 4; round += 1) await world.pass(HOUR);

    assert.equal(status, 'disabled');
    assert.equal((await world.erasures()).length, 1);
  });

  test('whose access ended before does not wait for its later rungs', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    await world.ensure(mira);
    await world.provisioning.endAll(mira.id, { because: 'left', thread: newId('lgn') });
    await world.pass(DAY);
    const before = [...world.book.entries.values()].map(({ lists }) => lists);

    await world.erase(mira.id);
    for (let round = 0; round < 3; round += 1) await world.pass(10 * MINUTE);

    assert.deepEqual(before, [['news']]);
    assert.deepEqual(
      [...world.book.entries.values()].map(({ lists }) => lists),
      [[]],
    );
    assert.equal((await world.erasures()).length, 1);
  });

  test('has accounts at their end only when the last rung holds', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    await world.ensure(mira);
    await world.provisioning.endAll(mira.id, { because: 'left', thread: newId('lgn') });
    await world.pass(DAY);
    const states = async () => (await world.provisioning.progressOfPerson(mira.id)).map(({ state }) => state);

    const before = await states();
    await world.provisioning.endForGood(mira.id, { because: 'erasure', thread: newId('lgn') });
    const begun = await states();
    await world.pass(0);

    assert.deepEqual([before, begun, await states()], [['done'], ['open'], ['done']]);
  });

  test('leaves no account behind that a sign-in of before makes at the last moment', async () => {
    let signsIn: (() => Promise<unknown>) | undefined;
    await using world = await openWorld(async () => {
      const late = signsIn;
      signsIn = undefined;
      await late?.();
    });
    const mira = await world.signIn();
    signsIn = () => world.ensure(mira);

    await world.erase(mira.id);
    for (let round = 0; round < 4; round += 1) await world.pass(10 * MINUTE);

    assert.deepEqual(
      [...world.book.entries.values()].map(({ state }) => state),
      ['suspended'],
    );
    assert.equal((await world.erasures()).length, 1);
  });

  test('is forgotten only when nobody is left who must be told of the end', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    world.tell(true);

    await world.erase(mira.id);
    await world.pass(10 * MINUTE);
    const before = await world.erasures();
    world.tell(false);
    await world.pass(10 * MINUTE);

    assert.deepEqual(before, []);
    assert.equal((await world.erasures()).length, 1);
  });

  test('is forgotten also if nobody works on the end of an account any more', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    await world.ensure(mira);
    world.book.react = () => ({ status: 500 });
    await world.erase(mira.id);
    await world.pass(0);
    await world.loseJobsOfAccounts();
    world.book.react = undefined;

    for (let round = 0; round < 30; round += 1) await world.pass(5 * MINUTE);

    assert.deepEqual(
      [...world.book.entries.values()].map(({ state }) => state),
      ['suspended'],
    );
    assert.equal((await world.erasures()).length, 1);
  });

  test('waits for an account whose creation may still arrive', async () => {
    await using world = await openWorld();
    await world.provisioning.prepareTargets();
    const mira = await world.signIn();
    let carryOut: (() => void) | undefined;
    world.book.react = (call) =>
      call === 'POST /people' ? { loseReply: true, later: (go) => (carryOut = go) } : undefined;
    await world.ensure(mira);
    world.book.react = undefined;

    await world.erase(mira.id);
    await world.pass(0);
    carryOut?.();
    for (let round = 0; round < 4; round += 1) await world.pass(10 * MINUTE);

    assert.deepEqual(
      [...world.book.entries.values()].map(({ state }) => state),
      ['suspended'],
    );
    assert.equal((await world.erasures()).length, 1);
  });
});

suite('a person who was erased', () => {
  test('is somebody new at the next sign-in, with and without other facts', async () => {
    for (const change of [{}, { mail: 'mira.l@halden.example', groups: ['merchandising@staff'] }]) {
      await using world = await openWorld();
      const mira = await world.signIn();
      await world.erase(mira.id);
      await world.pass(0);

      const back = await world.signIn(change);

      assert.equal((await world.erasures()).length, 1);
      assert.notEqual(back.id, mira.id);
      assert.equal(back.status, 'active');
      assert.equal((await world.signIn(change)).id, back.id);
    }
  });

  test('can be erased again, as after a process that died at the last moment', async () => {
    await using world = await openWorld();
    const mira = await world.signIn();
    await world.ensure(mira);
    await world.erase(mira.id);
    for (let round = 0; round < 3; round += 1) await world.pass(10 * MINUTE);

    await world.erase(mira.id);
    for (let round = 0; round < 3; round += 1) await world.pass(10 * MINUTE);

    assert.deepEqual(await world.jobsLeft(), []);
  });

  test('whose rows somebody left is somebody new as well', async () => {
    for (const change of [{}, { mail: 'mira.l@halden.example' }]) {
      await using world = await openWorld();
      const mira = await world.signIn();
      await world.accessLog.erasePerson(mira.id, { by: 'ada', thread: newId('lgn') });

      const back = await world.signIn(change);

      assert.notEqual(back.id, mira.id);
      assert.equal(back.status, 'active');
    }
  });
});
