import { isId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { describeForecast, describePlanned, summarizePlan } from './plan-text.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

export const planCommand: Command = {
  summary: 'Says what would be done to the accounts of people in targets, and does nothing.',
  usage: '[TARGET…] [--person ID] [--live] [--all] [--json]',
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        person: { type: 'string' },
        live: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      true,
    );
    const { person, live, all, json } = values;
    if (person !== undefined && !isId('per', person)) throw new UsageError('--person takes an id like per_…');
    return withBroker(async (command) => {
      for (const target of chooseTargets(command, positionals)) {
        await (json ? printJson : printText)(command, target, { person, live, all });
      }
      return 0;
    });
  },
};

type Options = { readonly person: Person['id'] | undefined; readonly live: boolean; readonly all: boolean };

/** One JSON object a line; people without changes are left out unless --all. */
async function printJson({ broker }: CommandBroker, target: string, options: Options): Promise<void> {
  const { person, live, all } = options;
  const people = broker.people.in(target, {
    ...(person !== undefined && { id: person }),
    onUndecided: (each, about) =>
      console.log(JSON.stringify({ person: each.id, target, what: 'undecided', about })),
  });
  for await (const planned of broker.provisioning.plan(target, people, { live })) {
    if (all || planned.what !== 'nothing') console.log(JSON.stringify(planned));
  }
}

async function printText({ broker }: CommandBroker, target: string, options: Options): Promise<void> {
  const { person, live, all } = options;
  const names = new Map<string, Person>();
  const undecided = new Map<string, number>();
  const people = broker.people.in(target, {
    ...(person !== undefined && { id: person }),
    onPerson: (each) => names.set(each.id, each),
    onUndecided: (_each, about) => undecided.set(about, (undecided.get(about) ?? 0) + 1),
  });
  console.log(`\n${target}`);
  const counts = new Map<string, number>();
  for await (const planned of broker.provisioning.plan(target, people, { live })) {
    counts.set(planned.what, (counts.get(planned.what) ?? 0) + 1);
    const who = names.get(planned.person);
    names.delete(planned.person);
    if (planned.what === 'nothing' && !all) continue;
    for (const line of describePlanned(planned, who)) console.log(`  ${line}`);
  }
  for (const [about, count] of undecided) {
    console.log(`  ? ${count} people: ${about} asks how they signed in, so their next sign-in decides`);
  }
  console.log(`  ${summarizePlan(counts)}`);
  console.log(`  ${describeForecast(await broker.provisioning.forecast(target))}`);
}
