import { randomBytes } from 'node:crypto';
import { addMs, HOUR, newId } from '../../src/base/index.ts';
import { type KeyValueStore, openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { MasterKey, openKeys, migrations as tablesOfKeys } from '../../src/platform/keys/index.ts';
import { createSessions, migrations, type NewSession } from '../../src/session/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** The room on a database of its own, with a clock by hand; `wanted` is a session of mira. */
export async function openRoom() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase({ ...migrations, ...tablesOfKeys }));
  const { db } = database;
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(
    await openKeys({ db, listen: (...args) => database.listen(...args), clock, masterKeys }),
  );
  const written: string[] = [];
  const memory = stack.use(openMemoryKeyValue({ clock }));
  const keyValue: KeyValueStore = Object.assign(Object.create(memory) as KeyValueStore, {
    set(key: string, value: string, ttlMs: number): Promise<void> {
      written.push(key, value);
      return memory.set(key, value, ttlMs);
    },
  });
  const personId = newId('per');
  const wanted = (more: Partial<NewSession> = {}): NewSession => ({
    ...{
      personId,
      identityId: newId('idn'),
      connection: 'otds',
      issuer: 'https://otds.example',
      amr: ['pwd'],
    },
    ...{ ends: addMs(clock.now(), HOUR), authTime: clock.now(), confirmedAt: clock.now() },
    ...{ device: 'Firefox on Linux', upstreamSession: { sid: 'upstream-session-of-mira' } },
    ...more,
  });
  return {
    ...{ clock, db, keys, written, personId, wanted },
    /** As this process; a process that starts anew has an empty store. */
    sessions: createSessions({ db, keyValue, keys, clock }),
    elsewhere: () => createSessions({ db, keyValue: stack.use(openMemoryKeyValue({ clock })), keys, clock }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
