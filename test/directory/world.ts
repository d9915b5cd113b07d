import { randomBytes } from 'node:crypto';
import { HOUR, newId } from '../../src/base/index.ts';
import {
  type AttributeTypes,
  type ConnectionRules,
  createDirectory,
  type DirectoryEvents,
  migrations,
} from '../../src/directory/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { MasterKey, openKeys, migrations as tablesOfKeys } from '../../src/platform/keys/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

export type Reported = {
  readonly what: 'created' | 'changed' | 'confirmed';
  readonly personId: string;
  readonly thread: string;
  readonly changed?: readonly string[];
};

/** The directory alone, with two connections as in the demo: `otds` is primary, `access-manager` is not. */
export async function openDirectory(
  options: {
    readonly onNoMatch?: ConnectionRules['onNoMatch'];
    readonly attributes?: AttributeTypes;
    /** What reporting an event does beyond being remembered. */
    readonly onReport?: (reported: Reported) => void | Promise<void>;
  } = {},
) {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase({ ...migrations, ...tablesOfKeys }));
  const { db } = database;
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(
    await openKeys({ db, listen: (...args) => database.listen(...args), clock, masterKeys }),
  );
  const reported: Reported[] = [];
  const report = async (event: Reported): Promise<void> => {
    await options.onReport?.(event);
    reported.push(event);
  };
  const events: DirectoryEvents = {
    prepare: async () => undefined,
    personCreated: async (_trx, { thread, personId }) => report({ what: 'created', thread, personId }),
    personChanged: async (_trx, { thread, personId, changed }) =>
      report({ what: 'changed', thread, personId, changed }),
    personConfirmed: async (_trx, { thread, personId }) => report({ what: 'confirmed', thread, personId }),
  };
  const directory = createDirectory({
    ...{ db, keys, clock, events, attributes: options.attributes ?? {} },
    rulesOf: (id) => ({
      primary: id === 'otds',
      others: ['otds', 'access-manager'].filter((other) => other !== id),
      onNoMatch: options.onNoMatch ?? 'create',
      factsMaxAgeMs: HOUR,
    }),
  });
  const identity = (facts: Partial<Identity>): Identity => ({
    ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', groups: [], attributes: {} },
    ...{ authTime: clock.now(), verifiedAt: clock.now(), amr: [], upstreamSession: {} },
    ...facts,
  });
  return {
    ...{ directory, clock, db, keys, reported },
    signIn: (facts: Partial<Identity> = {}, thread = newId('lgn')) =>
      directory.signIn(identity(facts), thread),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type DirectoryWorld = Awaited<ReturnType<typeof openDirectory>>;
export type Match = Awaited<ReturnType<DirectoryWorld['signIn']>>;

/** Of a match that found somebody. */
export function found(match: Match): Extract<Match, { outcome: 'person' }> {
  if (match.outcome !== 'person') throw new Error(`nobody was found: ${match.code}`);
  return match;
}
