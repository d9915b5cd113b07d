import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { randomText } from '../../src/base/index.ts';

/**
 * Databases that a test is done with. Making one and dropping it costs the machine a third of a second, emptying one a
 * few milliseconds: so they are emptied and wait here, in a table of the server, for whichever file wants the same schema next.
 */
const REGISTRY = `
  create table if not exists test_template (name text primary key, shape text not null);
  create table if not exists test_database_used (name text primary key, template text not null)`;

/** What a schema is made of; a test that changed it leaves a database that nobody else may have. */
const SHAPE = `
  select md5(string_agg(part, E'\\n' order by part)) as shape, to_regclass('database_migration')::text as steps from (
    select format('column %s %s %s %s', c.oid::regclass, a.attname, a.atttypid::regtype, a.attnotnull) as part
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and c.relkind in ('r', 'i', 'S')
    union all select format('relation %s %s', relname, relkind) from pg_class
      where relnamespace = 'public'::regnamespace
    union all select format('constraint %s %s', conrelid::regclass, conname) from pg_constraint
      where connamespace = 'public'::regnamespace
    union all select format('trigger %s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger
      where not tgisinternal
    union all select format('setting %s', unnest(setconfig)) from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = current_database())
  ) parts`;

/** The access log refuses to be emptied, by a trigger that does not fire for replicas. */
const EMPTY = `
  do $$
  declare
    held regclass;
    filled text := '';
    has_rows boolean;
  begin
    perform set_config('session_replication_role', 'replica', true);
    for held in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
        and relname not like 'database_migration%' loop
      execute format('select exists (select from %s)', held) into has_rows;
      if has_rows then filled := filled || ', ' || held; end if;
    end loop;
    if filled <> '' then execute 'truncate ' || substr(filled, 3) || ' restart identity cascade'; end if;
    for held in select oid from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace loop
      execute format('alter sequence %s restart', held);
    end loop;
  end $$`;

export async function openRegistry(admin: Client): Promise<void> {
  await admin.query(REGISTRY);
}

/** Remembers what databases of this template look like; `connection` is to the template itself. */
export async function keepShape(admin: Client, template: string, url: string): Promise<void> {
  const shape = await connected(url, shapeOf);
  await admin.query('insert into test_template values ($1, $2) on conflict (name) do update set shape = $2', [
    template,
    shape,
  ]);
}

/** An empty one that somebody gave back, for this caller alone. */
export async function takeUsed(admin: Client, template: string): Promise<string | undefined> {
  const { rows } = await admin.query<{ name: string }>(
    `delete from test_database_used where name =
       (select name from test_database_used where template = $1 limit 1 for update skip locked)
     returning name`,
    [template],
  );
  return rows[0]?.name;
}

/** @returns whether it may be used again: under another name, so that who still knows the former one finds nothing. */
export async function giveBack(
  admin: Client,
  database: { readonly name: string; readonly template: string; readonly url: string },
): Promise<boolean> {
  const { name, template, url } = database;
  try {
    const shape = await connected(url, async (client) => {
      await endOthers(client);
      await client.query(EMPTY);
      return shapeOf(client);
    });
    const { rowCount } = await admin.query('select from test_template where name = $1 and shape = $2', [
      template,
      shape,
    ]);
    if (rowCount !== 1) return false;
    const next = `t_${randomText(16)}`;
    await admin.query(`alter database ${name} rename to ${next}`);
    await admin.query('insert into test_database_used values ($1, $2)', [next, template]);
    return true;
  } catch {
    return false;
  }
}

/** Whoever was killed, or still waits, must not write into somebody else's test. */
async function endOthers(client: Client): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    if (rowCount === 0) return;
    await pause(2);
  }
}

/** With the steps that ran: one that made nothing is one all the same. */
async function shapeOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ shape: string | null; steps: string | null }>(SHAPE);
  const [{ shape, steps } = { shape: null, steps: null }] = rows;
  const ran = steps
    ? await client.query<{ name: string }>(`select name from ${steps} order by name`)
    : undefined;
  return JSON.stringify([shape, ran?.rows.map(({ name }) => name)]);
}

async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
