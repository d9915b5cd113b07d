import { parseDuration } from '../base/index.ts';
import {
  ACCOUNT_CLASSES,
  type AccountReport,
  type AccountRow,
  accountReport,
  type MissingAccount,
} from '../governance/index.ts';
import { connectors, mailKey } from '../provisioning/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { csvLine, printLine, type RowFormat, rowFormat } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

export const reportAccountsCommand: Command = {
  summary: 'Compares the accounts that a target has with what policy wants: ok, orphan, excess, dormant.',
  usage: 'TARGET [--dormant 90d] [--json | --csv] [--reason TEXT]',
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        dormant: { type: 'string' },
        json: { type: 'boolean', default: false },
        csv: { type: 'boolean', default: false },
        reason: { type: 'string' },
      },
      true,
    );
    const format = rowFormat(values);
    const dormantMs = values.dormant === undefined ? undefined : readDuration(values.dormant);
    if (positionals.length !== 1) throw new UsageError('Name the one target to report about.');
    return withBroker(async (command) => {
      const [target = ''] = chooseTargets(command, positionals);
      const report = await build(command, target, dormantMs, values.reason);
      await PRINTERS[format](report);
      return 0;
    });
  },
};

function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new UsageError('--dormant takes a time such as 90d');
  return ms;
}

async function build(
  { broker, stores, targets, relyingParties, clock }: CommandBroker,
  target: string,
  dormantMs: number | undefined,
  reason: string | undefined,
): Promise<AccountReport> {
  const kind = targets.find(({ id }) => id === target)?.kind ?? '';
  return accountReport(
    {
      found: (id) => broker.provisioning.found(id),
      standings: (id) => broker.people.standings(id),
      accountOf: (id, person) => broker.provisioning.accountOf(id, person),
      mailKey: (mail) => mailKey(stores.keys, mail),
      accessLog: stores.accessLog,
    },
    target,
    {
      holdsOthers: connectors.get(kind)?.holdsOthers === true,
      relyingParties: relyingParties.filter((party) => party.target === target).map(({ id }) => id),
      ...(dormantMs !== undefined && { dormantBefore: new Date(clock.now().getTime() - dormantMs) }),
    },
    { by: { via: 'cli' }, ...(reason !== undefined && { reason }) },
  );
}

const PRINTERS: Readonly<Record<RowFormat, (report: AccountReport) => Promise<void>>> = {
  json: (report) => printLine(JSON.stringify(report)),
  async csv({ target, rows, missing }) {
    await printLine(csvLine(COLUMNS.map(([name]) => name)));
    for (const row of rows) await printLine(csvLine(COLUMNS.map(([, cell]) => cell(row))));
    for (const each of missing) await printLine(csvLine(missingCells(target, each)));
  },
  async text({ target, rows, missing, totals, accounts }) {
    for (const row of rows) await printLine(describe(row));
    for (const each of missing) await printLine(describeMissing(each));
    const parts = ACCOUNT_CLASSES.map((each) => `${totals[each]} ${each}`);
    await printLine(
      `${target}: ${accounts} accounts: ${parts.join(', ')}; ${missing.length} people without one`,
    );
    if (accounts === 0)
      await printLine(`nothing is known of the target's own list: vestibule import ${target}`);
  },
};

const COLUMNS: readonly (readonly [name: string, cell: (row: AccountRow) => string | undefined])[] = [
  ['target', ({ target }) => target],
  ['account', ({ externalId }) => externalId],
  ['class', (row) => row.class],
  ['note', ({ note }) => note],
  ['active', ({ isActive }) => (isActive ? 'yes' : 'no')],
  ['person', ({ person }) => person],
  ['name', ({ name }) => name],
  ['status', ({ status }) => status],
  ['because', ({ because }) => because.join(' ')],
  ['lastSignIn', ({ lastSignIn }) => lastSignIn?.toISOString()],
];

function missingCells(target: string, missing: MissingAccount): readonly string[] {
  const { person, name, because, externalId = '' } = missing;
  return [target, externalId, 'missing', '', '', person, name ?? '', '', because.join(' '), ''];
}

function describeMissing({ person, name, because, externalId }: MissingAccount): string {
  const what =
    externalId === undefined
      ? 'has no account yet'
      : `has the account ${externalId} by our records, which the list of the last import does not show`;
  return `missing      ${name ?? person} (${person})  may enter by ${because.join(', ')}, ${what}`;
}

function describe(row: AccountRow): string {
  const { externalId, note, person, name, status, because, lastSignIn } = row;
  const who = person === undefined ? 'nobody' : `${name ?? person} (${person}, ${status ?? 'unknown'})`;
  return [
    `${row.class.padEnd(11)}  ${externalId}  ${who}`,
    ...(because.length > 0 ? [because.join(', ')] : []),
    ...(lastSignIn ? [`last sign-in ${lastSignIn.toISOString().slice(0, 10)}`] : []),
    ...(note === undefined ? [] : [note]),
  ].join('  ');
}
