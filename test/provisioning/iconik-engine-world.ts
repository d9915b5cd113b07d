import { randomBytes } from 'node:crypto';
import { createAccessLog } from '../../src/access-log/index.ts';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access, AnyConnector, UpdateRequest } from '../../src/provisioning/connector/connector.ts';
import { iconik as connector } from '../../src/provisioning/connectors/iconik/index.ts';
import {
  createProvisioning,
  type EnsureAccount,
  type EnsuredAccount,
  type Provisioning,
} from '../../src/provisioning/index.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  accessOf,
  type IconikWorld,
  partyOf,
  ROLES,
  settingsOf,
  startIconik,
  type WorldOptions,
} from './iconik-world.ts';
import { allMigrations } from './world.ts';

/** Two projects, each given to people alone. */
export const PROJECTS = {
  emea: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection: 'EMEA', permissions: ['read'] }],
  },
  campaign: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection: 'Summer campaign', permissions: ['read', 'write'] }],
  },
};

export const codeOf = (result: EnsuredAccount): string =>
  result.outcome === 'ready' ? 'ready' : result.code;

const TARGET = 'iconik-halden';
type OnStep = (step: string) => void | Promise<void>;
type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

/** The whole engine on one iconik domain: a real database, real HTTP, a clock that stands still. */
export interface EngineWorld extends AsyncDisposable {
  readonly iconik: IconikWorld;
  readonly provisioning: Provisioning;
  /** Another process: own memory, same database; with other roles, as after a change of the configuration. */
  open(options?: { onStep?: OnStep; roles?: WorldOptions['roles'] }): Promise<Opened>;
  ensure(person: Person, ...roles: readonly string[]): Promise<EnsuredAccount>;
  request(person: Person, ...roles: readonly string[]): EnsureAccount;
  end(person: Person): Promise<boolean>;
  /** Time passes, and the queue does what is due. */
  pass(ms: number): Promise<void>;
}

/** The connector, with each update that it is asked for told first. */
function watched(onUpdate: (request: UpdateRequest) => void): AnyConnector {
  return {
    ...connector,
    open(settings, deps) {
      const target = connector.open(settings, deps);
      const update = target.update.bind(target);
      return Object.assign(target, {
        update: (...[request, budget]: Parameters<typeof update>) => {
          onUpdate(request);
          return update(request, budget);
        },
      });
    },
  };
}

export async function startEngine(
  options: WorldOptions & { readonly onUpdate?: (request: UpdateRequest) => void } = {},
): Promise<EngineWorld> {
  const { onUpdate = () => undefined } = options;
  const cleanup = new AsyncDisposableStack();
  const iconik = cleanup.use(await startIconik(options));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const { db, listen } = database;
  const { clock } = iconik;
  const open: EngineWorld['open'] = async (own = {}) => {
    const inner = new AsyncDisposableStack();
    const needs = { db, clock, log: silentLog };
    const keys = inner.use(await openKeys({ ...needs, listen, masterKeys }));
    const http = inner.use(createHttpClient({ allowInsecureLoopback: true }));
    const accessLog = inner.use(createAccessLog({ ...needs, keys }));
    const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
    const settings = settingsOf(iconik.sandbox.url('iconik'), options.settings);
    const relyingParties = [partyOf(own.roles ?? options.roles ?? ROLES)];
    const provisioning = inner.use(
      createProvisioning({
        ...{ ...needs, keys, http, jobs, accessLog, connectors: new Map([['iconik', watched(onUpdate)]]) },
        targets: [{ id: TARGET, kind: 'iconik', settings, relyingParties }],
        ...(own.onStep && { onStep: own.onStep }),
      }),
    );
    return { provisioning, jobs, [Symbol.asyncDispose]: () => inner.disposeAsync() };
  };
  const { provisioning, jobs } = cleanup.use(await open());
  const request: EngineWorld['request'] = (person, ...roles) => {
    const accesses: readonly Access[] = roles.map((role) => accessOf(role));
    return { person, accesses, target: TARGET, trustedMailDomains: [], thread: newId('lgn') };
  };
  await provisioning.prepareTargets();
  iconik.forgetCalls();
  return {
    ...{ iconik, provisioning, open, request },
    ensure: (person, ...roles) => provisioning.ensureAccount(request(person, ...roles)),
    end: (person) =>
      provisioning.endAccess({
        ...{ person: person.id, target: TARGET, kind: 'ended', because: 'a test', thread: newId('lgn') },
      }),
    pass: async (ms) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}
