import { type Command, parse, UsageError } from './command.ts';
import { withBroker } from './with-broker.ts';

const MOST_SHOWN = 1_000;

export const queueCommand: Command = {
  summary: 'Shows what waits in the queue, and the dead letters: work that was given up.',
  usage: '[--json]',
  async run(args) {
    const { values } = parse(args, { json: { type: 'boolean', default: false } });
    return withBroker(async ({ broker: { jobs } }) => {
      const [counts, dead] = [await jobs.counts(), await jobs.dead(MOST_SHOWN)];
      if (values.json) {
        console.log(JSON.stringify({ counts, dead }));
        return 0;
      }
      for (const { kind, waiting, running, dead: given, lagMs } of counts) {
        const lag = lagMs > 0 ? `, the oldest is ${Math.round(lagMs / 1000)} s late` : '';
        console.log(`${kind}: ${waiting} waiting, ${running} running, ${given} given up${lag}`);
      }
      if (counts.length === 0) console.log('the queue is empty');
      for (const { id, kind, key, attempts, failure, diedAt } of dead) {
        console.log(
          `${id}  ${kind} ${key ?? ''}  ${failure} after ${attempts} attempts, ${diedAt.toISOString()}`,
        );
      }
      return 0;
    });
  },
};

export const queueReplayCommand: Command = {
  summary: 'Gives dead letters a fresh start.',
  usage: 'ID… | --all',
  run: (args) => onDead(args, 'replayed', (jobs, id) => jobs.replay(id)),
};

export const queueDiscardCommand: Command = {
  summary: 'Throws dead letters away for good.',
  usage: 'ID… | --all',
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
