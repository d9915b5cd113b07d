import { randomBytes } from 'node:crypto';
import { createAccessLog } from '../../src/access-log/index.ts';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import {
  createProvisioning,
  type EnsureAccount,
  type EnsuredAccount,
  type Provisioning,
} from '../../src/provisioning/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { type B2bTargetWorld, holds, PARTIES, startB2b } from './b2b-world.ts';
import { allMigrations } from './world.ts';

export const codeOf = (result: EnsuredAccount): string =>
  result.outcome === 'ready' ? 'ready' : result.code;

export const TARGET = 'b2b-emea';
type OnStep = (step: string) => void | Promise<void>;
type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

/** The whole engine on one store with B2B Edition: a real database, real HTTP, a clock that stands still. */
export interface EngineWorld extends AsyncDisposable {
  readonly b2b: B2bTargetWorld;
  readonly provisioning: Provisioning;
  /** Another process: own memory, same database. */
  open(onStep?: OnStep): Promise<Opened>;
  ensure(person: Person, ...roles: readonly string[]): Promise<EnsuredAccount>;
  request(person: Person, ...roles: readonly string[]): EnsureAccount;
  end(person: Person, kind?: 'ended' | 'paused'): Promise<boolean>;
  /** Time passes, and the queue does what is due. */
  pass(ms: number): Promise<void>;
}

export async function startEngine(settings: Record<string, unknown> = {}): Promise<EngineWorld> {
  const cleanup = new AsyncDisposableStack();
  const b2b = cleanup.use(await startB2b());
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const { db, listen } = database;
  const { clock } = b2b;
  const open: EngineWorld['open'] = async (onStep) => {
    const inner = new AsyncDisposableStack();
    const needs = { db, clock, log: silentLog };
    const keys = inner.use(await openKeys({ ...needs, listen, masterKeys }));
    const http = inner.use(createHttpClient({ allowInsecureLoopback: true }));
    const accessLog = inner.use(createAccessLog({ ...needs, keys }));
    const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
    const target = { id: TARGET, kind: 'bigcommerce-b2b', relyingParties: PARTIES };
    const provisioning = inner.use(
      createProvisioning({
        ...{ ...needs, keys, http, jobs, accessLog },
        targets: [{ ...target, settings: b2b.settings(settings) }],
        ...(onStep && { onStep }),
      }),
    );
    return { provisioning, jobs, [Symbol.asyncDispose]: () => inner.disposeAsync() };
  };
  const { provisioning, jobs } = cleanup.use(await open());
  await provisioning.prepareTargets();
  const request: EngineWorld['request'] = (person, ...roles) => {
    const [first = '', ...others] = roles;
    const accesses = holds(first, ...others);
    return {
      person,
      accesses,
      target: TARGET,
      trustedMailDomains: [],
      thread: newId('lgn'),
      budgetMs: 10_000,
    };
  };
  return {
    ...{ b2b, provisioning, open, request },
    ensure: (person, ...roles) => provisioning.ensureAccount(request(person, ...roles)),
    end: (person, kind = 'ended') =>
      provisioning.endAccess({
        ...{ person: person.id, target: TARGET, kind, because: 'a test', thread: newId('lgn') },
      }),
    pass: async (ms) => {
      clock.advance(ms);
      await jobs.runDue();
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** What the store holds of this mail address, without ids. */
export function picture({ b2b }: EngineWorld, { mail }: Person): unknown {
  const { customers, b2b: business } = b2b.state();
  const mine = <T extends { email: string }>(list: readonly T[]) =>
    list.filter(({ email }) => email === mail);
  return {
    customers: mine(customers).map(({ channel_ids, first_name }) => ({ channel_ids, first_name })),
    users: mine(business.users).map(({ companyId, companyRoleId }) => ({ companyId, companyRoleId })),
    superAdmins: mine(business.superAdmins).map(({ companies }) => [...(companies as number[])].sort()),
  };
}
