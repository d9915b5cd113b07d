import { randomBytes } from 'node:crypto';
import { createAccessLog } from '../../src/access-log/index.ts';
import { type Clock, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { DatabaseHandle } from '../../src/platform/database/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access } from '../../src/provisioning/connector.ts';
import {
  createProvisioning,
  type EnsureAccount,
  type EnsuredAccount,
  type Provisioning,
} from '../../src/provisioning/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  type PanelOptions,
  type PanelWorld,
  partiesOf,
  settingsOf,
  startPanels,
  TARGET,
} from './control-panel-world.ts';
import { allMigrations } from './world.ts';

export type OnStep = (step: string) => void | Promise<void>;
export type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };
type Process = PanelOptions & {
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly masterKey: Buffer;
  readonly url: string;
  readonly onStep?: OnStep;
};

export const codeOf = (result: EnsuredAccount): string =>
  result.outcome === 'ready' ? 'ready' : result.code;

/** A process: own memory, a shared database. */
export async function openProcess(options: Process): Promise<Opened> {
  const { database, clock, masterKey, url } = options;
  await using cleanup = new AsyncDisposableStack();
  const { db, listen } = database;
  const needs = { db, clock, log: silentLog };
  const masterKeys = { current: new MasterKey(masterKey), previous: [] };
  const keys = cleanup.use(await openKeys({ ...needs, listen, masterKeys }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const accessLog = cleanup.use(createAccessLog({ ...needs, keys }));
  const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
  const target = {
    ...{ id: TARGET, kind: 'bigcommerce-control-panel' },
    ...{ settings: settingsOf(url, options.settings), relyingParties: partiesOf(options.roles) },
  };
  const provisioning = cleanup.use(
    createProvisioning({
      ...{ ...needs, keys, http, jobs, accessLog, targets: [target] },
      ...(options.onStep && { onStep: options.onStep }),
    }),
  );
  const opened = cleanup.move();
  return { provisioning, jobs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The whole engine on one account: a real database, real HTTP, a clock that stands still. */
export interface PanelEngine extends AsyncDisposable {
  readonly panels: PanelWorld;
  readonly account: PanelWorld['account'];
  readonly database: TestDatabase;
  readonly masterKey: Buffer;
  readonly url: string;
  readonly jobs: Jobs;
  readonly provisioning: Provisioning;
  /** Another process, perhaps after a change of the configuration. */
  open(options?: PanelOptions & { readonly onStep?: OnStep }): Promise<Opened>;
  ensure(person: Person, ...accesses: readonly Access[]): Promise<EnsuredAccount>;
  end(person: Person): Promise<boolean>;
  /** Time passes, and the queue does what is due. */
  pass(ms: number): Promise<void>;
  linkOf(person: Person): Promise<string | undefined>;
}

export async function startPanelEngine(options: PanelOptions = {}): Promise<PanelEngine> {
  await using cleanup = new AsyncDisposableStack();
  const panels = cleanup.use(await startPanels(options));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const { clock, account } = panels;
  const masterKey = randomBytes(32);
  const url = panels.sandbox.url('api.bigcommerce');
  const open: PanelEngine['open'] = (own = {}) =>
    openProcess({ database, clock, masterKey, url, ...options, ...own });
  const { provisioning, jobs } = cleanup.use(await open());
  await provisioning.prepareTargets();
  const opened = cleanup.move();
  return {
    ...{ panels, account, database, masterKey, url, jobs, provisioning, open },
    ensure: (person, ...accesses) => provisioning.ensureAccount(signIn(person, accesses)),
    end: (person) =>
      provisioning.endAccess({
        ...{ person: person.id, target: TARGET, kind: 'ended', because: 'a test', thread: newId('lgn') },
      }),
    pass: async (ms) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    linkOf: async (person) => (await provisioning.accountOf(TARGET, person.id))?.externalId,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export function signIn(
  person: Person,
  accesses: readonly Access[],
  change: Partial<EnsureAccount> = {},
): EnsureAccount {
  return {
    ...{ person, accesses, target: TARGET, trustedMailDomains: [] },
    ...{ thread: newId('lgn'), budgetMs: 10_000, ...change },
  };
}
