import { newId } from '../base/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { createProgress } from './progress.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  json: { type: 'boolean', default: false, help: 'prints the counts as one JSON object' },
} as const;

export const importCommand: Command = {
  usage: 'TARGET [--json]',
  options: OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    if (positionals.length !== 1) throw new UsageError('Name the one target to import from.');
    return withBroker(async (command) => {
      const [target = ''] = chooseTargets(command, positionals);
      const { broker } = command;
      const progress = createProgress();
      const imported = await broker.provisioning
        .importAccounts(target, broker.people.lookup(target), {
          thread: newId('lgn'),
          onProgress: ({ seen, total }) => progress.show(seen, total, `accounts of ${target}`),
        })
        .finally(() => progress.end());
      await broker.jobs.runDue();
      if (values.json) {
        console.log(JSON.stringify(imported));
        return 0;
      }
      const { created, linked, ambiguous, skipped, gone } = imported;
      console.log(
        `${target}: ${created} created, ${linked} linked, ${ambiguous} ambiguous, ${skipped} skipped, ${gone} gone`,
      );
      const isOdd = ambiguous > 0 || gone > 0;
      if (isOdd) console.log(`  vestibule plan ${target} says what that means for whom`);
      return 0;
    });
  },
};
