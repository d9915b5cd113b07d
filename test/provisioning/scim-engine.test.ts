import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { createAccessLog } from '../../src/access-log/index.ts';
import { DAY, MINUTE, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { EnsuredAccount } from '../../src/provisioning/accounts/account-requests.ts';
import { ScimTarget, scim } from '../../src/provisioning/connectors/scim/index.ts';
import { createProvisioning } from '../../src/provisioning/engine.ts';
import type { Provisioning } from '../../src/provisioning/provisioning.ts';
import { wikiCredentials } from '../../src/sandbox/wiki/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  EDITOR,
  PARTIES,
  READER,
  type ScimTargetWorld,
  type ScimWorldOptions,
  startScimTarget,
} from './scim-world.ts';
import { allMigrations } from './world.ts';

const TARGET = 'wiki-accounts';

type Process = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

interface EngineWorld extends AsyncDisposable {
  readonly wiki: ScimTargetWorld;
  readonly process: Process;
  open(onStep?: (step: string) => void): Promise<Process>;
  ensure(person: Person, accesses?: typeof EDITOR, process?: Process): Promise<EnsuredAccount>;
  /** The queue, some minutes long. */
  settle(): Promise<void>;
}

async function startEngine(
  options: ScimWorldOptions = {},
  settings: Record<string, unknown> = {},
): Promise<EngineWorld> {
  const cleanup = new AsyncDisposableStack();
  const wiki = cleanup.use(await startScimTarget(options));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKey = new MasterKey(randomBytes(32));
  const open: EngineWorld['open'] = (onStep) =>
    openProcess({ wiki, database, masterKey, settings, ...(onStep && { onStep }) });
  const process = cleanup.use(await open());
  return {
    ...{ wiki, process, open },
    ensure: (person, accesses = EDITOR, own = process) =>
      own.provisioning.ensureAccount({
        ...{ person, target: TARGET, accesses, trustedMailDomains: ['halden.example'], thread: newId('lgn') },
        budgetMs: 20_000,
      }),
    settle: async () => {
      for (let round = 0; round < 5; round += 1) {
        wiki.clock.advance(MINUTE);
        await process.jobs.runDue();
      }
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

async function openProcess(needs: {
  readonly wiki: ScimTargetWorld;
  readonly database: TestDatabase;
  readonly masterKey: MasterKey;
  readonly settings: Record<string, unknown>;
  readonly onStep?: (step: string) => void;
}): Promise<Process> {
  const { wiki, database, masterKey, settings, onStep } = needs;
  const { db, listen } = database;
  const base = { db, clock: wiki.clock, log: silentLog };
  const cleanup = new AsyncDisposableStack();
  const keys = cleanup.use(
    await openKeys({ ...base, listen, masterKeys: { current: masterKey, previous: [] } }),
  );
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const accessLog = cleanup.use(createAccessLog({ ...base, keys }));
  const jobs = createJobs({ ...base, listen, sealer: keys.sealer });
  const target = ScimTarget.parse({
    ...{ baseUrl: wiki.sandbox.url('wiki', '/scim/v2'), tokens: [{ token: wikiCredentials.token }] },
    ...settings,
  });
  const provisioning = cleanup.use(
    createProvisioning({
      ...{ ...base, keys, http, jobs, accessLog, connectors: new Map([[scim.kind, scim]]) },
      targets: [{ id: TARGET, kind: scim.kind, settings: target, relyingParties: PARTIES }],
      ...(onStep && { onStep }),
    }),
  );
  return { provisioning, jobs, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

/** What a person sees of the account in the wiki. */
function shown(world: EngineWorld, person: Person): unknown {
  const users = world.wiki.users().filter(({ externalId }) => externalId === person.id);
  return users.map((user) => [
    user['active'],
    (user['name'] as { familyName: string }).familyName,
    [...world.wiki.groupsOf(user.id)].sort(),
  ]);
}

// Every test has a wiki and a database of its own.
suite('the engine over SCIM', { concurrency: 3 }, () => {
  test('an unchanged sign-in costs no call; a lost role costs its group; a changed name follows', async () => {
    await using world = await startEngine();
    const person = world.wiki.person();

    const first = await world.ensure(person);
    await world.settle();
    world.wiki.forgetCalls();
    const again = await world.ensure(person);
    const calls = [...world.wiki.calls()];
    await world.ensure({ ...person, familyName: 'Berg' }, READER);
    await world.settle();

    assert.deepEqual([first.outcome, again.outcome, calls], ['ready', 'ready', []], JSON.stringify(first));
    assert.deepEqual(shown(world, person), [[true, 'Berg', ['Readers']]]);
  });

  test('fifty sign-ins at once make one account', async () => {
    await using world = await startEngine();
    await using other = await world.open();
    const person = world.wiki.person();

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        world.ensure(person, EDITOR, index % 2 === 0 ? world.process : other),
      ),
    );
    await world.settle();

    assert.ok(answers.some(({ outcome }) => outcome === 'ready'));
    assert.deepEqual(shown(world, person), [[true, 'Lindqvist', ['Editors', 'Readers']]]);
    assert.equal(world.wiki.users().filter(({ userName }) => userName === person.mail).length, 1);
  });

  for (const [name, positions] of [
    ['as the RFCs say', {}],
    [
      'poor in every way',
      { scimPatch: 'answers-405', scimFilters: 'none', scimEtags: 'absent', scimPageCap: 2 },
    ],
  ] as const) {
    test(`a process that dies between any two steps leaves nothing half done (${name})`, async () => {
      let deaths = 0;
      for (let dieAt = 0; ; dieAt += 1) {
        await using world = await startEngine({ positions });
        const person = world.wiki.person();
        await world.ensure(person, READER);
        await world.settle();
        const fresh = world.wiki.person();
        let steps = 0;
        let died = '';
        await using dying = await world.open((step) => {
          steps += 1;
          if (steps <= dieAt) return;
          died = step;
          throw new Error('the process is gone');
        });

        await world.ensure(fresh, EDITOR, dying).catch(() => undefined);
        steps = 0;
        await world.ensure({ ...person, familyName: 'Berg' }, EDITOR, dying).catch(() => undefined);
        if (died === '') break;
        deaths += 1;
        world.wiki.clock.advance(5 * MINUTE);
        const answers = [await world.ensure(fresh), await world.ensure({ ...person, familyName: 'Berg' })];
        await world.settle();

        assert.deepEqual(
          answers.map(({ outcome }) => outcome),
          ['ready', 'ready'],
          `died at ${died}`,
        );
        assert.deepEqual(shown(world, fresh), [[true, 'Lindqvist', ['Editors', 'Readers']]], died);
        assert.deepEqual(shown(world, person), [[true, 'Berg', ['Editors', 'Readers']]], died);
      }
      assert.ok(deaths >= 4, `only ${deaths} steps were tried`);
    });
  }

  test('access that ends closes the account, later takes it away, and opens it again on return', async () => {
    await using world = await startEngine({}, { ladder: { removeGroups: '1d', delete: '30d' } });
    const [leaver, returner] = [world.wiki.person(), world.wiki.person()];
    for (const person of [leaver, returner]) await world.ensure(person);
    await world.settle();
    const end = (person: Person) =>
      world.process.provisioning.endAccess({
        ...{ person: person.id, target: TARGET, kind: 'ended', because: 'left', thread: newId('lgn') },
      });

    await Promise.all([end(leaver), end(returner)]);
    await world.settle();
    const closed = [shown(world, leaver), shown(world, returner)];
    world.wiki.clock.advance(DAY);
    await world.settle();
    const emptied = shown(world, leaver);
    const back = await world.ensure(returner);
    await world.settle();
    world.wiki.clock.advance(30 * DAY);
    await world.settle();

    assert.deepEqual(closed, [
      [[false, 'Lindqvist', ['Editors', 'Readers']]],
      [[false, 'Lindqvist', ['Editors', 'Readers']]],
    ]);
    assert.deepEqual(emptied, [[false, 'Lindqvist', []]]);
    assert.equal(back.outcome, 'ready');
    assert.deepEqual(shown(world, leaver), []);
    assert.deepEqual(shown(world, returner), [[true, 'Lindqvist', ['Editors', 'Readers']]]);
  });

  test('somebody else’s account is refused, and taken over only where that is allowed', async () => {
    for (const [onExisting, outcome] of [
      ['refuse', 'refused'],
      ['adopt', 'ready'],
    ] as const) {
      await using world = await startEngine({}, { onExisting });
      const person = world.wiki.person({ mail: 'dup@halden.example' });

      const answer = await world.ensure(person);
      await world.settle();

      assert.equal(answer.outcome, outcome);
      const dup = world.wiki.users().filter(({ userName }) => userName === 'dup@halden.example');
      assert.deepEqual(
        dup.map(({ externalId }) => externalId),
        [outcome === 'ready' ? person.id : undefined],
      );
    }
  });
});
