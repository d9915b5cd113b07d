import { randomBytes } from 'node:crypto';
import { createAccessLog } from '../../src/access-log/index.ts';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import { salesforce } from '../../src/provisioning/connectors/salesforce/index.ts';
import { createProvisioning, type EnsuredAccount, type Provisioning } from '../../src/provisioning/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Options, partyOf, startWorld, type User, type World } from './salesforce-world.ts';
import { allMigrations } from './world.ts';

const TARGET = 'salesforce';
type OnStep = (step: string) => void | Promise<void>;
type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

/** The whole engine on one organization: a real database, real HTTP, a clock that stands still. */
export interface EngineWorld extends AsyncDisposable {
  readonly org: World;
  readonly provisioning: Provisioning;
  readonly jobs: Jobs;
  /** Another process: own memory, same database; perhaps with other roles. */
  open(options?: { onStep?: OnStep; roles?: Options['roles'] }): Promise<Opened>;
  ensure(person: Person, accesses: readonly Access[], by?: Provisioning): Promise<EnsuredAccount>;
  end(person: Person, kind?: 'paused' | 'ended'): Promise<boolean>;
  /** Time passes, and the queue does what is due. */
  pass(ms: number): Promise<void>;
  /** Users who carry the person's id. */
  usersOf(person: Person): readonly User[];
}

export async function startEngine(options: Options = {}): Promise<EngineWorld> {
  const cleanup = new AsyncDisposableStack();
  const org = cleanup.use(await startWorld(options));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const { db, listen } = database;
  const { clock, settings } = org;
  const open: EngineWorld['open'] = async (own = {}) => {
    const inner = new AsyncDisposableStack();
    const needs = { db, clock, log: silentLog };
    const keys = inner.use(await openKeys({ ...needs, listen, masterKeys }));
    const http = inner.use(createHttpClient({ allowInsecureLoopback: true }));
    const accessLog = inner.use(createAccessLog({ ...needs, keys }));
    const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
    const relyingParties = [partyOf(own.roles ?? options.roles)];
    const provisioning = inner.use(
      createProvisioning({
        ...{ ...needs, keys, http, jobs, accessLog, connectors: new Map([['salesforce', salesforce]]) },
        targets: [{ id: TARGET, kind: 'salesforce', settings, relyingParties }],
        ...(own.onStep && { onStep: own.onStep }),
      }),
    );
    return { provisioning, jobs, [Symbol.asyncDispose]: () => inner.disposeAsync() };
  };
  const { provisioning, jobs } = cleanup.use(await open());
  await provisioning.prepareTargets();
  return {
    ...{ org, provisioning, jobs, open },
    ensure: (person, accesses, by = provisioning) =>
      by.ensureAccount({
        ...{ person, accesses, target: TARGET, trustedMailDomains: ['halden.example'] },
        thread: newId('lgn'),
      }),
    end: (person, kind = 'ended') =>
      provisioning.endAccess({
        ...{ person: person.id, target: TARGET, kind, because: 'a test', thread: newId('lgn') },
      }),
    pass: async (ms) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    usersOf: ({ id }) => org.users().filter(({ FederationIdentifier }) => FederationIdentifier === id),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}
