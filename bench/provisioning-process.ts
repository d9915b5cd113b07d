import { sql } from 'kysely';
import { type Dispatcher, Pool } from 'undici';
import { ConfigFile, checkConfiguration, createBroker, expand, openStores } from '../src/app/index.ts';
import { newId, systemClock } from '../src/base/index.ts';
import { parseConfig, readEnvironment } from '../src/platform/config/index.ts';
import type { Database } from '../src/platform/database/index.ts';
import { MasterKey } from '../src/platform/keys/index.ts';
import { silentLog } from '../src/platform/log/index.ts';
import { type BareRequest, CHANGED_SYSTEMS, type ChangedSystem } from './changed-systems.ts';
import { makePeople } from './many-people.ts';
import type { Changes, Planning, ProvisioningAnswer, ProvisioningTask } from './provisioning.ts';
import { insertUnchanged } from './unchanged-accounts.ts';
import { cpuMs } from './yardstick.ts';

/** The engine in a process of its own, so that its CPU and memory are nobody else's; the simulators are elsewhere. */
process.once('message', (task: ProvisioningTask) => {
  run(task).then(
    (result) => send({ result }),
    (error: unknown) => send({ problem: error instanceof Error ? String(error.stack) : String(error) }),
  );
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit());

function send(answer: ProvisioningAnswer): void {
  process.send?.(answer);
}

/** As many as jobs that run at once. */
const PARALLEL = 8;
const PLANNED_TARGETS = ['bc-emea', 'bc-na', 'bc-outlet'];
const MEGABYTE = 1024 * 1024;

async function run(task: ProvisioningTask) {
  const { config: text, folder, variables } = task;
  const config = expand(parseConfig(text, folder, ConfigFile, checkConfiguration));
  const env = readEnvironment(variables);
  const needs = { config, clock: systemClock, log: silentLog };
  await using stores = await openStores({ ...needs, env, variables, isCommand: true });
  await using broker = await createBroker({ ...needs, stores });
  await broker.provisioning.prepareTargets();
  const master = new MasterKey(Buffer.from(variables['VESTIBULE_MASTER_KEY'] ?? '', 'base64'));
  const ground = { db: stores.database.db, keys: stores.keys, master };

  await neverUseUpTheHour(stores.database.db);
  const changes: Changes[] = [];
  for (const system of CHANGED_SYSTEMS) {
    send({ progress: `changing accounts of ${system.kind}` });
    // The first ones warm up.
    for (const count of [Math.ceil(task.changed / 4), task.changed]) {
      await makePeople(
        ground,
        count,
        () => system.facts as Required<typeof system.facts> & { groups: string[] },
      );
      const measured = await change(system);
      if (count === task.changed)
        changes.push({ ...measured, ...(await bareLoop(system, task, measured.changes)) });
    }
  }
  send({ progress: `making ${task.planned} people` });
  await makePeople(ground, task.planned, (serial) => ({
    groups: ['merchandising@staff'],
    attributes: { region: [serial % 2 === 0 ? 'EMEA' : 'NA'] },
  }));
  const planning: Planning[] = [];
  for (const target of PLANNED_TARGETS) {
    send({ progress: `planning ${target}` });
    planning.push(await plan(target));
  }
  const [first = ''] = PLANNED_TARGETS;
  send({ progress: `making accounts in ${first}` });
  await insertUnchanged({ ...ground, config, people: broker.people }, first);
  send({ progress: `planning ${first} with nothing to do` });
  planning.push(await plan(first));
  return { changes, planning };

  async function change({ kind, target }: ChangedSystem) {
    await broker.provisioning.apply(target, () => broker.people.in(target), {
      ...{ by: 'bench', thread: newId('lgn'), create: true },
    });
    const before = await changesMade();
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await broker.jobs.runDue();
    const [wallMs, cpuSpent] = [performance.now() - began, cpuMs(process.cpuUsage(cpu))];
    const made = (await changesMade()) - before;
    return { kind, changes: made, wallMs, cpuMs: cpuSpent };
  }

  async function changesMade(): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from access_log_event
      where type in ('account.created', 'account.updated')`.execute(stores.database.db);
    return rows[0]?.count ?? 0;
  }

  async function plan(target: string): Promise<Planning> {
    const before = process.memoryUsage.rss();
    let peak = before;
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    let people = 0;
    let changed = 0;
    for await (const { what } of broker.provisioning.plan(target, broker.people.in(target))) {
      people += 1;
      if (what !== 'nothing' && what !== 'absent') changed += 1;
      if (people % 1_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    }
    return {
      ...{ target, people, changed, wallMs: performance.now() - began, cpuMs: cpuMs(process.cpuUsage(cpu)) },
      ...{ beforeMb: before / MEGABYTE, peakMb: peak / MEGABYTE },
    };
  }
}

/** The engine counts calls to a target with a documented rate; it still asks and writes, and nothing stays counted. */
async function neverUseUpTheHour(db: Database): Promise<void> {
  await sql`create function count_no_call() returns trigger language plpgsql as 'begin return null; end'`.execute(
    db,
  );
  await sql`create trigger count_no_call before insert on provisioning_call
    for each row execute function count_no_call()`.execute(db);
}

/** The same number of requests on connections that stay open, and nothing around them. */
async function bareLoop({ bare }: ChangedSystem, { sandboxPort }: ProvisioningTask, requests: number) {
  await using stack = new AsyncDisposableStack();
  const pool = stack.adopt(new Pool(`http://127.0.0.1:${sandboxPort}`, { connections: PARALLEL }), (each) =>
    each.close(),
  );
  const request = await bareRequest(pool, bare, `${bare.host}:${sandboxPort}`);
  let left = requests;
  const visit = async (): Promise<void> => {
    while (left-- > 0) await answerTo(pool, request);
  };
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: PARALLEL }, visit));
  return {
    bareRequests: requests,
    bareWallMs: performance.now() - began,
    bareCpuMs: cpuMs(process.cpuUsage(cpu)),
  };
}

type PlainRequest = Omit<Dispatcher.RequestOptions, 'origin'>;

/** With a token that was asked for beforehand, where the API wants one. */
async function bareRequest(pool: Pool, bare: BareRequest, host: string): Promise<PlainRequest> {
  const { path, body, token } = bare;
  const headers = { ...bare.headers, host };
  const request: PlainRequest = {
    ...{ path, headers, method: body === undefined ? 'GET' : 'POST' },
    ...(body !== undefined && { body }),
  };
  if (!token) return request;
  const form = { 'content-type': 'application/x-www-form-urlencoded', host };
  const answer = await answerTo(pool, {
    ...{ path: token.path, method: 'POST', headers: form },
    body: String(new URLSearchParams({ ...token.form })),
  });
  const { access_token } = JSON.parse(answer) as { access_token: string };
  return { ...request, headers: { ...headers, authorization: `Bearer ${access_token}` } };
}

async function answerTo(pool: Pool, request: PlainRequest): Promise<string> {
  const { statusCode, body } = await pool.request(request);
  const text = await body.text();
  if (statusCode === 200) return text;
  throw new Error(`the bare loop was answered with ${statusCode} at ${request.path}`);
}
