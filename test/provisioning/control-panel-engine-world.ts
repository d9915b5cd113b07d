import { randomBytes } from 'node:crypto';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { Jobs } from '../../src/platform/jobs/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import type { EnsuredAccount, Provisioning } from '../../src/provisioning/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type OnStep, type Opened, openProcess, signIn } from './control-panel-process.ts';
import { type PanelOptions, type PanelWorld, startPanels, TARGET } from './control-panel-world.ts';
import { allMigrations } from './world.ts';

export { codeOf, signIn } from './control-panel-process.ts';

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
