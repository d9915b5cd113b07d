import { newId } from '../base/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { createProgress } from './progress.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

export const importCommand: Command = {
  summary: 'Reads all accounts of a target and settles whose they are. Twice changes nothing.',
  usage: 'TARGET [--json]',
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: 'boolean', default: false } }, true);
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
      const { created, linked, ambiguous, skipped, gone } = imported;
      console.log(
        values.json
          ? JSON.stringify(imported)
          : `${target}: ${created} created, ${linked} linked, ${ambiguous} ambiguous, ${skipped} skipped, ${gone} gone`,
      );
      return 0;
    });
  },
};
