import { randomBytes } from 'node:crypto';
import { createAccessLog } from '../../../src/access-log/index.ts';
import { newId, type PersonId } from '../../../src/base/index.ts';
import type { Person } from '../../../src/model/index.ts';
import { createHttpClient } from '../../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../../src/platform/keys/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import type { WantedOf } from '../../../src/provisioning/accounts/account-requests.ts';
import type { AnyConnector } from '../../../src/provisioning/connector/connector.ts';
import {
  createProvisioning,
  type EnsuredAccount,
  type Provisioning,
  type WantedInTarget,
} from '../../../src/provisioning/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { allMigrations } from '../world.ts';
import { addressBook } from './address-book.ts';
import { type Book, startBook } from './book-server.ts';

export type BookOptions = {
  readonly settings?: Record<string, unknown>;
  /** Role → what it stands for. */
  readonly roles?: Readonly<Record<string, unknown>>;
  readonly onStep?: (step: string) => void | Promise<void>;
  /** Instead of the book's own. */
  readonly connector?: AnyConnector;
  /** Asked by the queue. */
  readonly wantedOf?: WantedOf;
  /** A process that was not told of the book yet. */
  readonly isUnknown?: boolean;
};

export type OpenedBook = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

/** The engine over the address book: a real database, real HTTP, a clock that stands still. */
export interface BookWorld extends OpenedBook {
  readonly clock: ManualClock;
  readonly book: Book;
  readonly database: TestDatabase;
  /** Another process, perhaps with another configuration, on the same database. */
  open(options?: BookOptions): Promise<OpenedBook>;
  ensure(person: Person, roles?: readonly string[], by?: OpenedBook): Promise<EnsuredAccount>;
  end(person: PersonId, change?: Partial<Parameters<Provisioning['endAccess']>[0]>): Promise<boolean>;
  /** Works the queue until nothing is due, as long as that takes. */
  settle(by?: OpenedBook): Promise<void>;
  events(type: string): Promise<readonly Record<string, unknown>[]>;
}

const ROLES = { reader: { lists: ['news'] }, seller: { lists: ['news', 'sales'], badge: 'blue' } };

export async function startBookWorld(options: BookOptions = {}): Promise<BookWorld> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const book = cleanup.use(await startBook());
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const open = async (own: BookOptions = {}): Promise<OpenedBook> => {
    const stack = new AsyncDisposableStack();
    const needs = { db: database.db, clock, log: silentLog };
    const keys = stack.use(await openKeys({ ...needs, listen: database.listen, masterKeys }));
    const http = stack.use(createHttpClient({ allowInsecureLoopback: true }));
    const accessLog = stack.use(createAccessLog({ ...needs, keys }));
    const jobs = createJobs({ ...needs, listen: database.listen, sealer: keys.sealer, random: () => 0 });
    const roles = Object.entries(own.roles ?? options.roles ?? ROLES);
    const onStep = own.onStep ?? options.onStep;
    const provisioning = stack.use(
      createProvisioning({
        ...{ ...needs, keys, http, jobs, accessLog },
        connectors: new Map([['address-book', own.connector ?? options.connector ?? addressBook]]),
        ...(options.wantedOf && { wantedOf: options.wantedOf }),
        targets: [
          {
            ...{ id: own.isUnknown ? 'another-book' : 'book', kind: 'address-book' },
            settings: addressBook.targetConfig.parse({
              ...{ apiUrl: book.url.href, tokens: ['token-of-the-book'] },
              ...options.settings,
              ...own.settings,
            }),
            relyingParties: [
              {
                ...{ id: 'directory-app', access: {} },
                roles: roles.map(([id, account]) => ({
                  id,
                  account: addressBook.roleConfig?.parse(account),
                })),
              },
            ],
          },
        ],
        ...(onStep && { onStep }),
      }),
    );
    return { provisioning, jobs, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  };
  const first = cleanup.use(await open());
  const { provisioning, jobs } = first;
  return {
    ...{ clock, book, database, provisioning, jobs, open },
    ensure: (person, roles = ['reader'], by = first) =>
      by.provisioning.ensureAccount({
        ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn') },
        accesses: roles.map((role) => ({ relyingParty: 'directory-app', role })),
      }),
    end: (person, change) =>
      provisioning.endAccess({
        ...{ person, target: 'book', kind: 'ended', because: 'rule readers', thread: newId('lgn') },
        ...change,
      }),
    async settle(by = first) {
      await by.jobs.runDue();
    },
    async events(type) {
      const rows = await database.db
        .withTables<{ access_log_event: { type: string; body: string; arrival: number } }>()
        .selectFrom('access_log_event')
        .select('body')
        .where('type', '=', type)
        .orderBy('arrival')
        .execute();
      return rows.map(({ body }) => (JSON.parse(body) as { facts: Record<string, unknown> }).facts);
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

let people = 0;

export function reader(change: Partial<Person> = {}): Person {
  people += 1;
  return {
    ...{ id: newId('per'), status: 'active', groups: [], attributes: {} },
    ...{ mail: `reader-${people}@halden.example`, displayName: `Reader ${people}` },
    ...change,
  };
}

/** What policy says of people, for plans. */
export async function* wanting(...people: readonly WantedInTarget[]): AsyncGenerator<WantedInTarget> {
  yield* people;
}

export function wants(person: Person, ...roles: readonly string[]): WantedInTarget {
  const accesses = roles.map((role) => ({ relyingParty: 'directory-app', role }));
  return { person, trustedMailDomains: [], outcome: 'access', accesses };
}

export function wantsNothing(person: Person, isInferred = true): WantedInTarget {
  const because = isInferred ? 'policy.no_rule' : 'policy.ended: rule readers';
  return { person, trustedMailDomains: [], outcome: 'end', kind: 'ended', because, isInferred };
}
