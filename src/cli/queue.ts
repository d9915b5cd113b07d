import type { PersonId } from '../base/index.ts';
import type { JobView } from '../platform/jobs/index.ts';
import { type AccountProgress, FINISH_ACCOUNT } from '../provisioning/index.ts';
import { statusOf } from './account-text.ts';
import { type Command, parse, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { maybePerson, nameIn } from './people.ts';
import { printLine } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const MOST_SHOWN = 1_000;

const OPTIONS = {
  person: {
    type: 'string',
    value: 'WHO',
    help: 'only accounts of this person: login name, mail address or id',
  },
  json: { type: 'boolean', default: false, help: 'prints all of it as one JSON object' },
} as const;

export const queueCommand: Command = {
  usage: '[TARGET…] [--person WHO] [--json]',
  options: OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    return withBroker(async (command) => {
      const { jobs } = command.broker;
      const targets = positionals.length > 0 ? chooseTargets(command, positionals) : undefined;
      const person = await maybePerson(command, values.person);
      const [counts, dead] = [await jobs.counts(), await jobs.dead(MOST_SHOWN)];
      const all = await accounts(command);
      const shown = all.filter(
        (each) =>
          (targets?.includes(each.target) ?? true) && (person === undefined || each.person === person),
      );
      if (values.json) {
        console.log(JSON.stringify({ counts, dead, accounts: shown }));
        return 0;
      }
      for (const { kind, waiting, running, dead: given, lagMs } of counts) {
        const lag = lagMs > 0 ? `, the oldest is ${Math.round(lagMs / 1000)} s late` : '';
        console.log(`${kind}: ${waiting} waiting, ${running} running, ${given} given up${lag}`);
      }
      if (counts.length === 0) console.log('the queue is empty');
      await printAccounts(command, shown);
      for (const { id, kind, key, attempts, failure, diedAt } of dead) {
        if (kind === FINISH_ACCOUNT) continue;
        const tried = `${failure} after ${counted(attempts, 'attempt')}`;
        console.log(`${id}  ${kind} ${key ?? ''}  ${tried}, ${diedAt.toISOString()}`);
      }
      if (all.length === MOST_SHOWN) console.log(`These are the first ${MOST_SHOWN}.`);
      return 0;
    });
  },
};

type Queued = AccountProgress & { readonly job: JobView };

/** What the queue is to do with accounts: what runs first, then by its time, then what was given up. */
async function accounts({ broker }: CommandBroker): Promise<readonly Queued[]> {
  const jobs = await broker.jobs.list({ kind: FINISH_ACCOUNT, limit: MOST_SHOWN });
  const known = await broker.provisioning.progressOf(jobs.flatMap(({ key }) => key ?? []));
  const byId = new Map<string, AccountProgress>(known.map((each) => [each.accountId, each]));
  return jobs.flatMap((job) => {
    const account = byId.get(job.key ?? '');
    return account ? [{ ...account, job }] : [];
  });
}

async function printAccounts({ broker }: CommandBroker, queued: readonly Queued[]): Promise<void> {
  const people = await broker.people.byIds([...new Set<PersonId>(queued.map(({ person }) => person))]);
  const rows = queued.map((each) => [each.target, nameIn(people, each.person), statusOf(each)] as const);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  for (const [target, name, status] of rows) {
    await printLine(`  ${target.padEnd(widths[0] ?? 0)}  ${name.padEnd(widths[1] ?? 0)}  ${status}`);
  }
}

export const queueReplayCommand: Command = {
  usage: 'ID… | --all',
  options: { all: { type: 'boolean', default: false, help: 'every dead letter' } },
  run: (args) => onDead(args, 'replayed', (jobs, id) => jobs.replay(id)),
};

export const queueDiscardCommand: Command = {
  usage: 'ID… | --all',
  options: { all: { type: 'boolean', default: false, help: 'every dead letter' } },
  run: (args) => onDead(args, 'discarded', (jobs, id) => jobs.discard(id)),
};

type Dead = {
  replay(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
};

function onDead(
  args: readonly string[],
  done: string,
  work: (jobs: Dead, id: string) => Promise<boolean>,
): Promise<number> {
  const { values, positionals } = parse(args, { all: { type: 'boolean', default: false } }, true);
  if (values.all === positionals.length > 0) throw new UsageError('Name dead letters, or say --all.');
  return withBroker(async ({ broker: { jobs } }) => {
    const ids = values.all ? (await jobs.dead(MOST_SHOWN)).map(({ id }) => id) : positionals;
    let missing = 0;
    for (const id of ids) {
      const found = await work(jobs, id);
      if (!found) missing += 1;
      console.log(found ? `${id} ${done}` : `${id} is no dead letter`);
    }
    return missing > 0 ? 1 : 0;
  });
}
