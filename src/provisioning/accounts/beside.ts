import type { PersonId } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';
import type { LiveTarget } from '../targets/live-target.ts';

/** An account of the same system that another target of ours manages. */
export type Beside = { readonly externalId: string; readonly target: string; readonly person: PersonId };

/** Targets that lead to the same system, where an id means the same account: a store and its B2B Edition. */
export function sharing(target: LiveTarget, all: Iterable<LiveTarget>): readonly string[] {
  const place = placeOf(target);
  return [...all].filter((each) => each.id !== target.id && placeOf(each) === place).map(({ id }) => id);
}

function placeOf({ connector, settings }: LiveTarget): string {
  return connector.place(settings);
}

/** Of these accounts, those that one of the targets manages, by id. */
export async function managedBy(
  db: Database,
  targets: readonly string[],
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, Beside>> {
  if (targets.length === 0 || externalIds.length === 0) return new Map();
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select(['external_id', 'target', 'person'])
    .where('target', 'in', [...targets])
    .where('external_id', 'in', [...externalIds])
    .orderBy('target', 'desc')
    .execute();
  return new Map(
    rows.map(({ external_id, target, person }) => {
      const externalId = external_id ?? '';
      // Only this room writes the column, from ids of people.
      return [externalId, { externalId, target, person: person as PersonId }];
    }),
  );
}
