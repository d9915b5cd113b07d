import { type Clock, newId } from '../base/index.ts';
import type { Identity } from '../model/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { DirectoryTables } from './tables.ts';

/** Something only an admin can decide. */
export type DirectoryTask = {
  readonly id: string;
  readonly kind: 'relink-or-new-person';
  readonly connection: string;
  readonly raisedAt: Date;
};

/**
 * A known login or mail came with another subject: a rebuilt directory, a moved account, or a reassigned name
 * (R1.2). Raised once per subject, however often the person tries.
 */
export async function raiseRelinkTask(
  deps: { db: Database; keys: Keys; clock: Clock },
  identity: Identity,
  subjectKey: string,
): Promise<void> {
  const id = newId('ref');
  const sealer = await deps.keys.sealer('system:directory');
  const details = JSON.stringify({ subject: identity.subject, login: identity.login, mail: identity.mail });
  await deps.db
    .withTables<DirectoryTables>()
    .insertInto('directory_task')
    .values({
      id,
      kind: 'relink-or-new-person',
      connection: identity.connection,
      subject_key: subjectKey,
      sealed: sealer.seal(details, `directory_task/${id}/sealed`),
      raised_at: deps.clock.now(),
      closed_at: null,
    })
    .onConflict((conflict) => conflict.constraint('directory_task_once').doNothing())
    .execute();
}

export async function listOpenTasks(db: Database): Promise<DirectoryTask[]> {
  const rows = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_task')
    .select(['id', 'kind', 'connection', 'raised_at as raisedAt'])
    .where('closed_at', 'is', null)
    .orderBy('raised_at')
    .execute();
  return rows;
}
