import { sql } from 'kysely';
import type { Configuration } from '../src/app/config.ts';
import type { People } from '../src/app/index.ts';
import { withParties } from '../src/app/target-parties.ts';
import { newId, randomText, systemClock } from '../src/base/index.ts';
import type { Database } from '../src/platform/database/index.ts';
import { createHttpClient } from '../src/platform/http/index.ts';
import type { Keys } from '../src/platform/keys/index.ts';
import { silentLog } from '../src/platform/log/index.ts';
import { desiredState } from '../src/provisioning/accounts/desired-state.ts';
import { connectors } from '../src/provisioning/index.ts';
import { LiveTarget } from '../src/provisioning/targets/live-target.ts';
import { createRegistry } from '../src/relying-parties/index.ts';

type Needs = {
  readonly db: Database;
  readonly keys: Keys;
  readonly config: Configuration;
  readonly people: People;
};

const PAGE = 1_000;

/**
 * Puts accounts into the database as if the target had confirmed them as they should be, for everybody who may enter it
 * and has none: writing them to the simulator takes minutes.
 */
export async function insertUnchanged(needs: Needs, target: string): Promise<void> {
  await using http = createHttpClient({ allowInsecureLoopback: true });
  const live = openTarget(needs, target, http);
  await live.restore();
  let page: { readonly person: string; readonly hash: string; readonly accessHash: string }[] = [];
  for await (const wanted of needs.people.in(target)) {
    if (wanted.outcome !== 'access') continue;
    const answer = desiredState(live, wanted, needs.keys);
    if (answer.outcome !== 'desired') throw new Error(`the bench's people do not fit ${target}`);
    page.push({ ...answer.desired, person: wanted.person.id });
    if (page.length < PAGE) continue;
    await insert(needs.db, target, page);
    page = [];
  }
  await insert(needs.db, target, page);
  await sql`analyze provisioning_account`.execute(needs.db);
}

function openTarget({ db, config }: Needs, id: string, http: ReturnType<typeof createHttpClient>) {
  const registry = createRegistry(config);
  const target = registry.target(id);
  const connector = connectors.get(target?.kind ?? '');
  if (!target || !connector) throw new Error(`the demo has no target ${id}`);
  const { settings, relyingParties } = withParties(target, registry);
  const needs = { db, clock: systemClock, log: silentLog };
  return new LiveTarget(
    ...([id, connector, settings] as const),
    connector.open(settings, { ...needs, id, http, relyingParties }),
    needs,
  );
}

async function insert(
  db: Database,
  target: string,
  accounts: readonly { readonly person: string; readonly hash: string; readonly accessHash: string }[],
): Promise<void> {
  const column = (values: readonly string[]) => sql`${[...values]}::text[]`;
  const now = new Date();
  await sql`insert into provisioning_account (id, target, person, external_id, marker, desired_hash, confirmed_hash,
      confirmed_access_hash, confirmed_at, created_at, updated_at)
    select i, ${target}, p, 'bench-' || i, m, h, h, a, ${now}, ${now}, ${now}
    from unnest(${column(accounts.map(() => newId('acc')))}, ${column(accounts.map(({ person }) => person))},
      ${column(accounts.map(() => randomText()))}, ${column(accounts.map(({ hash }) => hash))},
      ${column(accounts.map(({ accessHash }) => accessHash))}) as t(i, p, m, h, a)
    on conflict (target, person) do nothing`.execute(db);
}
