import { newId, type PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { type Command, parse } from './command.ts';
import { counted } from './counted.ts';
import { maybePerson, nameIn } from './people.ts';
import { describeForecast, describePlanned, describeSeats, summarizePlan } from './plan-text.ts';
import { printLine } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  person: { type: 'string', value: 'WHO', help: 'only this person: login name, mail address or id' },
  live: {
    type: 'boolean',
    default: false,
    help: 'look at every account in the target, so that what was changed by hand there shows; closes tasks that are done',
  },
  all: { type: 'boolean', default: false, help: 'also people for whom nothing changes' },
  json: { type: 'boolean', default: false, help: 'one JSON object a line, with ids' },
} as const;

export const planCommand: Command = {
  usage: '[TARGET…] [--person WHO] [--live] [--all] [--json]',
  options: OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    const { live, all, json } = values;
    return withBroker(async (command) => {
      const targets = chooseTargets(command, positionals);
      const person = await maybePerson(command, values.person);
      if (live) await lookAtTasks(command, targets, person);
      const printer = (json ? jsonPrinter : textPrinter)(command, targets, all);
      // Rules are asked once for each person, whatever the number of targets.
      for await (const { people, targets: wanted, isLast } of command.broker.people.pages(targets, {
        id: person,
      })) {
        for (const target of targets) {
          const page = wanted.get(target) ?? { wanted: [], undecided: [] };
          for await (const planned of command.broker.provisioning.plan(target, each(page.wanted), { live })) {
            await printer.planned(planned, people);
          }
          for (const { person: id, about } of page.undecided)
            await printer.undecided(target, id, about, people);
          if (isLast) await printer.summary(target);
        }
      }
      return 0;
    });
  },
};

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

/** What people did by hand meanwhile is no task any more. */
async function lookAtTasks(
  { broker }: CommandBroker,
  targets: readonly string[],
  person: PersonId | undefined,
): Promise<void> {
  const which = { thread: newId('lgn'), ...(person !== undefined && { person }) };
  for (const target of targets) await broker.provisioning.lookAtTasks(target, which);
}

type Planned = Parameters<typeof describePlanned>[0];
type People = ReadonlyMap<PersonId, Person>;
type Printer = {
  planned(planned: Planned, people: People): Promise<void>;
  undecided(target: string, person: PersonId, about: string, people: People): Promise<void>;
  /** Everybody was planned for. */
  summary(target: string): Promise<void>;
};

/** One JSON object a line; people without changes are left out unless `all`. */
function jsonPrinter(_command: CommandBroker, _targets: readonly string[], all: boolean): Printer {
  return {
    async planned(planned) {
      if (all || !isQuiet(planned)) await printLine(JSON.stringify(planned));
    },
    undecided: (target, person, about) =>
      printLine(JSON.stringify({ person, target, what: 'undecided', about })),
    summary: async () => undefined,
  };
}

/** Blocks of one target; with more people than fit one page the blocks come again, and the sums at the end. */
function textPrinter({ broker }: CommandBroker, targets: readonly string[], all: boolean): Printer {
  const counts = new Map(targets.map((target) => [target, new Map<string, number>()]));
  const undecided = new Map(targets.map((target) => [target, new Map<string, number>()]));
  const taken = new Map(targets.map((target) => [target, new Map<string, number>()]));
  let under: string | undefined;
  const head = async (target: string): Promise<void> => {
    if (under !== target) await printLine(`\n${target}`);
    under = target;
  };
  return {
    async planned(planned, people) {
      count(counts.get(planned.target), planned.what);
      for (const seat of planned.takes ?? []) count(taken.get(planned.target), seat);
      const isShown = all ? planned.what !== 'absent' : !isQuiet(planned);
      if (!isShown) return;
      await head(planned.target);
      for (const line of describePlanned(planned, nameIn(people, planned.person)))
        await printLine(`  ${line}`);
    },
    async undecided(target, _person, about) {
      count(undecided.get(target), about);
    },
    async summary(target) {
      await head(target);
      for (const [about, people] of undecided.get(target) ?? []) {
        const who = `${counted(people, 'person', 'people')}: ${about} asks how they signed in`;
        await printLine(`  ? ${who}, so the next sign-in decides`);
      }
      await printLine(`  ${summarizePlan(counts.get(target) ?? new Map())}`);
      const forecast = await broker.provisioning.forecast(target);
      for (const line of describeSeats(forecast.seats, taken.get(target) ?? new Map()))
        await printLine(`  ${line}`);
      await printLine(`  ${describeForecast(forecast)}`);
    },
  };
}

function isQuiet({ what }: Planned): boolean {
  return what === 'nothing' || what === 'absent';
}

function count(counts: Map<string, number> | undefined, what: string): void {
  counts?.set(what, (counts.get(what) ?? 0) + 1);
}
