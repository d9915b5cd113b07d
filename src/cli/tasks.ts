import type { Json } from '../base/index.ts';
import type { TaskView } from '../provisioning/index.ts';
import { type Command, parse } from './command.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

export const tasksCommand: Command = {
  summary: 'Lists what only people can do in targets. A task closes by itself when the target shows it done.',
  usage: '[TARGET…] [--json]',
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: 'boolean', default: false } }, true);
    return withBroker(async (command) => {
      const targets = chooseTargets(command, positionals);
      const tasks = (await command.broker.provisioning.tasks()).filter(({ target }) =>
        targets.includes(target),
      );
      if (values.json) for (const task of tasks) console.log(JSON.stringify(task));
      else if (tasks.length === 0) console.log('nothing to do by hand');
      else for (const task of tasks) console.log(describe(task).join('\n'));
      return 0;
    });
  },
};

function describe({ id, target, person, kind, title, detail, openedAt }: TaskView): readonly string[] {
  const head = `${id}  ${target}  ${person}  ${kind}: ${title}  (since ${openedAt.toISOString().slice(0, 16)}Z)`;
  return [head, ...Object.entries(detail).map(([name, value]) => `    ${name}: ${text(value)}`)];
}

function text(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(text).join(', ') || 'nothing';
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
