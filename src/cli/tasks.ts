import type { Json } from '../base/index.ts';
import type { TaskView } from '../provisioning/index.ts';
import { type Command, parse } from './command.ts';
import { maybePerson, nameIn } from './people.ts';
import { printLine } from './print-rows.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  person: { type: 'string', value: 'WHO', help: 'only about this person: login name, mail address or id' },
  json: { type: 'boolean', default: false, help: 'one JSON object a line, with ids' },
} as const;

export const tasksCommand: Command = {
  usage: '[TARGET…] [--person WHO] [--json]',
  options: OPTIONS,
  notes: () => [
    'import, apply and plan --live look at once whether tasks are done; otherwise it is looked for once a day.',
  ],
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    return withBroker(async (command) => {
      const targets = chooseTargets(command, positionals);
      const { provisioning, people } = command.broker;
      const person = await maybePerson(command, values.person);
      const open = await provisioning.tasks(person === undefined ? {} : { person });
      const tasks = open.filter(({ target }) => targets.includes(target));
      const names = await people.byIds([...new Set(tasks.map((task) => task.person))]);
      if (!values.json && tasks.length === 0) console.log('nothing to do by hand');
      for (const task of tasks) {
        const name = nameIn(names, task.person);
        const lines = values.json ? [JSON.stringify({ ...task, name })] : describe(task, name);
        for (const line of lines) await printLine(line);
      }
      return 0;
    });
  },
};

function describe({ target, kind, title, detail, openedAt }: TaskView, name: string): readonly string[] {
  const head = `${target}  ${name}  ${kind}: ${title}  (since ${openedAt.toISOString().slice(0, 16)}Z)`;
  return [
    head,
    ...(kind === 'by-hand' ? whatToDo(detail) : Object.entries(detail)).map(
      ([field, value]) => `    ${field}: ${text(value)}`,
    ),
  ];
}

/** Of two lists the difference: nobody finds one name among a hundred. */
function whatToDo(detail: TaskView['detail']): readonly (readonly [string, Json | undefined])[] {
  const { found, expected, ...others } = detail;
  if (!Array.isArray(found) || !Array.isArray(expected)) return Object.entries(detail);
  const add = expected.filter((each) => !found.includes(each));
  const remove = found.filter((each) => !expected.includes(each));
  return [
    ...(add.length > 0 ? [['add', add] as const] : []),
    ...(remove.length > 0 ? [['take away', remove] as const] : []),
    ...Object.entries(others),
  ];
}

function text(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(text).join(', ') || 'nothing';
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
