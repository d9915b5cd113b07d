import { isId, type PersonId } from '../base/index.ts';
import { type ProvisioningRow, provisioningReport } from '../governance/index.ts';
import { FINISH_ACCOUNT } from '../provisioning/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { readInstant } from './instant.ts';
import { csvLine, printLine, type RowFormat, rowFormat } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

export const reportProvisioningCommand: Command = {
  summary: 'Lists what provisioning did, newest first, by person, target and time.',
  usage: '[--person ID] [--target ID] [--from ISO] [--to ISO] [--json | --csv] [--reason TEXT]',
  async run(args) {
    const { values } = parse(args, {
      person: { type: 'string' },
      target: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      json: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
      reason: { type: 'string' },
    });
    const format = rowFormat(values);
    const { person, target, reason } = values;
    if (person !== undefined && !isId('per', person)) throw new UsageError('--person takes an id like per_…');
    const filter = {
      ...(person !== undefined && { person }),
      ...(target !== undefined && { target }),
      ...(values.from !== undefined && { from: readInstant(values.from, '--from', 'beginning') }),
      ...(values.to !== undefined && { to: readInstant(values.to, '--to', 'end') }),
    };
    return withBroker(async (command) => {
      const as = { by: { via: 'cli' as const }, ...(reason !== undefined && { reason }) };
      const rows = provisioningReport(depsOf(command), filter, as);
      const count = await printRows(rows, format);
      // The log remembers targets that are not configured any more; a name that is in neither is a slip.
      if (count === 0 && target !== undefined) chooseTargets(command, [target]);
      if (format === 'text') console.log(`${count} rows${count > 0 ? THREAD_HINT : ''}`);
      return 0;
    });
  },
};

const THREAD_HINT = '; vestibule report thread ID shows what belongs to one of them';

function depsOf({ stores, broker }: CommandBroker): Parameters<typeof provisioningReport>[0] {
  return {
    accessLog: stores.accessLog,
    nextTryOf: async (target: string, person: PersonId) => {
      const account = await broker.provisioning.accountOf(target, person);
      return account && broker.jobs.nextRun(FINISH_ACCOUNT, account.accountId);
    },
  };
}

async function printRows(rows: AsyncIterable<ProvisioningRow>, format: RowFormat): Promise<number> {
  let count = 0;
  if (format === 'csv') await printLine(csvLine(COLUMNS.map(([name]) => name)));
  for await (const row of rows) {
    count += 1;
    await printLine(LINES[format](row));
  }
  return count;
}

const COLUMNS: readonly (readonly [name: string, cell: (row: ProvisioningRow) => string | undefined])[] = [
  ['time', ({ time }) => time],
  ['thread', ({ thread }) => thread],
  ['person', ({ person }) => person],
  ['target', ({ target }) => target],
  ['what', ({ what }) => what],
  ['fields', ({ fields }) => fields.join(' ')],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['reason', ({ reason }) => reason],
  ['nextTry', ({ nextTry }) => nextTry?.toISOString()],
  ['event', ({ event }) => event],
];

const LINES: Readonly<Record<RowFormat, (row: ProvisioningRow) => string>> = {
  json: (row) => JSON.stringify(row),
  csv: (row) => csvLine(COLUMNS.map(([, cell]) => cell(row))),
  text: ({ time, thread, person, target, what, fields, outcome, code, reason, nextTry }) =>
    [
      `${time.slice(0, 19)}Z  ${thread}  ${target ?? '-'}  ${person ?? '-'}  ${what}`,
      ...(fields.length > 0 ? [fields.join(', ')] : []),
      outcome === 'success' ? outcome : `${outcome} ${code ?? ''}`.trimEnd(),
      ...(reason === undefined ? [] : [`(${reason})`]),
      ...(nextTry ? [`next try ${nextTry.toISOString().slice(0, 19)}Z`] : []),
    ].join('  '),
};
