import { isId, type PersonId } from '../base/index.ts';
import { type ProvisioningRow, provisioningReport } from '../governance/index.ts';
import type { Person } from '../model/index.ts';
import { FINISH_ACCOUNT } from '../provisioning/index.ts';
import { type Command, parse } from './command.ts';
import { counted } from './counted.ts';
import { readInstant } from './instant.ts';
import { maybePerson, nameOf } from './people.ts';
import { csvLine, printLine, type RowFormat, rowFormat } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  person: { type: 'string', value: 'WHO', help: 'only this person: login name, mail address or id' },
  target: { type: 'string', value: 'ID', help: 'only this target' },
  from: { type: 'string', value: 'WHEN', help: 'from this day or instant on: 2026-03-02, 2026-03-02T09:00Z' },
  to: { type: 'string', value: 'WHEN', help: 'up to and with this day, or before this instant' },
  json: { type: 'boolean', default: false, help: 'one JSON object a line' },
  csv: { type: 'boolean', default: false, help: 'one line for each row, with a head' },
  reason: { type: 'string', value: 'TEXT', help: 'why you look; stands in the access log' },
} as const;

export const reportProvisioningCommand: Command = {
  usage: '[--person WHO] [--target ID] [--from WHEN] [--to WHEN] [--json | --csv] [--reason TEXT]',
  options: OPTIONS,
  async run(args) {
    const { values } = parse(args, OPTIONS);
    const format = rowFormat(values);
    const { target, reason } = values;
    const given = {
      ...(target !== undefined && { target }),
      ...(values.from !== undefined && { from: readInstant(values.from, '--from', 'beginning') }),
      ...(values.to !== undefined && { to: readInstant(values.to, '--to', 'end') }),
    };
    return withBroker(async (command) => {
      const person = await maybePerson(command, values.person);
      const filter = { ...given, ...(person !== undefined && { person }) };
      const as = { by: { via: 'cli' as const }, ...(reason !== undefined && { reason }) };
      const rows = provisioningReport(depsOf(command), filter, as);
      const count = await printRows(named(command, rows), format);
      // The log remembers targets that are not configured any more; a name that is in neither is a slip.
      if (count === 0 && target !== undefined) chooseTargets(command, [target]);
      if (format === 'text') console.log(`${counted(count, 'row')}${count > 0 ? THREAD_HINT : ''}`);
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

/** A row with the name of its person, where the directory still knows one. */
type NamedRow = ProvisioningRow & { readonly name?: string };

const CHUNK = 200;

/** Names are looked up for some rows at a time: a report may be longer than memory. */
async function* named(
  { broker }: CommandBroker,
  rows: AsyncIterable<ProvisioningRow>,
): AsyncGenerator<NamedRow> {
  let chunk: ProvisioningRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK) continue;
    yield* await withNames(broker.people, chunk);
    chunk = [];
  }
  yield* await withNames(broker.people, chunk);
}

async function withNames(
  people: CommandBroker['broker']['people'],
  rows: readonly ProvisioningRow[],
): Promise<readonly NamedRow[]> {
  const ids = new Set(rows.flatMap(({ person }) => (person && isId('per', person) ? [person] : [])));
  const known: ReadonlyMap<string, Person> = await people.byIds([...ids]);
  return rows.map((row) => {
    const person = known.get(row.person ?? '');
    return person ? { ...row, name: nameOf(person) } : row;
  });
}

async function printRows(rows: AsyncIterable<NamedRow>, format: RowFormat): Promise<number> {
  let count = 0;
  if (format === 'csv') await printLine(csvLine(COLUMNS.map(([name]) => name)));
  for await (const row of rows) {
    count += 1;
    await printLine(LINES[format](row));
  }
  return count;
}

const COLUMNS: readonly (readonly [name: string, cell: (row: NamedRow) => string | undefined])[] = [
  ['time', ({ time }) => time],
  ['thread', ({ thread }) => thread],
  ['person', ({ person }) => person],
  ['name', ({ name }) => name],
  ['target', ({ target }) => target],
  ['what', ({ what }) => what],
  ['fields', ({ fields }) => fields.join(' ')],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['reason', ({ reason }) => reason],
  ['nextTry', ({ nextTry }) => nextTry?.toISOString()],
  ['event', ({ event }) => event],
];

const LINES: Readonly<Record<RowFormat, (row: NamedRow) => string>> = {
  json: (row) => JSON.stringify(row),
  csv: (row) => csvLine(COLUMNS.map(([, cell]) => cell(row))),
  text: ({ time, thread, person, name, target, what, fields, outcome, code, reason, nextTry }) =>
    [
      `${time.slice(0, 19)}Z  ${thread}  ${target ?? '-'}  ${name ?? person ?? '-'}  ${what}`,
      ...(fields.length > 0 ? [fields.join(', ')] : []),
      outcome === 'success' ? outcome : `${outcome} ${code ?? ''}`.trimEnd(),
      ...(reason === undefined ? [] : [`(${reason})`]),
      ...(nextTry ? [`next try ${nextTry.toISOString().slice(0, 19)}Z`] : []),
    ].join('  '),
};
