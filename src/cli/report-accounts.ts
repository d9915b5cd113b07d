import { parseDuration } from '../base/index.ts';
import {
  ACCOUNT_CLASSES,
  type AccountReportPart,
  type AccountRow,
  type AccountTotals,
  accountReport,
  type MissingAccount,
} from '../governance/index.ts';
import { connectors, type LastImport, mailKey } from '../provisioning/index.ts';
import { instant } from './account-text.ts';
import { type Command, parse, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { csvLine, printLine, type RowFormat, rowFormat } from './print-rows.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  dormant: {
    type: 'string',
    value: 'TIME',
    help: 'accounts that were not used for so long are dormant: 90d',
  },
  json: { type: 'boolean', default: false, help: 'one JSON object' },
  csv: { type: 'boolean', default: false, help: 'one line for each account and each person without one' },
  reason: { type: 'string', value: 'TEXT', help: 'why you look; stands in the access log' },
} as const;

export const reportAccountsCommand: Command = {
  usage: 'TARGET [--dormant TIME] [--json | --csv] [--reason TEXT]',
  options: OPTIONS,
  notes: () => [
    'It shows the target as the last import saw it, and says when that was; vestibule import TARGET brings it up to',
    'date. Without an import there is nothing to report, and it ends with 1.',
  ],
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    const format = rowFormat(values);
    const dormantMs = values.dormant === undefined ? undefined : readDuration(values.dormant);
    if (positionals.length !== 1) throw new UsageError('Name the one target to report about.');
    return withBroker(async (command) => {
      const [target = ''] = chooseTargets(command, positionals);
      const basis = await command.broker.provisioning.lastImport(target);
      if (!basis) {
        console.error(
          `nothing is known of the target's own list yet; read it first: vestibule import ${target}`,
        );
        return 1;
      }
      await PRINTERS[format](parts(command, target, dormantMs, values.reason), { target, basis });
      return 0;
    });
  },
};

function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new UsageError('--dormant takes a time such as 90d');
  return ms;
}

function parts(
  { broker, stores, targets, relyingParties, clock }: CommandBroker,
  target: string,
  dormantMs: number | undefined,
  reason: string | undefined,
): AsyncIterable<AccountReportPart> {
  const kind = targets.find(({ id }) => id === target)?.kind ?? '';
  const { provisioning, people } = broker;
  return accountReport(
    {
      found: (id) => provisioning.found(id),
      foundOf: (id, of) => provisioning.foundOf(id, of),
      managedBeside: (id, accounts) => provisioning.managedBeside(id, accounts),
      standings: (id, filter) => people.standings(id, filter),
      accountOf: (id, person) => provisioning.accountOf(id, person),
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

type About = { readonly target: string; readonly basis: LastImport };
type Printer = (parts: AsyncIterable<AccountReportPart>, about: About) => Promise<void>;

/** Each line leaves as soon as it is known; reports may be larger than memory. */
const PRINTERS: Readonly<Record<RowFormat, Printer>> = {
  /** One object over many lines: the people without an account, then the accounts. */
  async json(all, { target, basis }) {
    await printLine(
      `{"target":${JSON.stringify(target)},"importedAt":${JSON.stringify(basis.endedAt)},"missing":[`,
    );
    let [list, comma]: [string, string] = ['missing', ''];
    for await (const each of all) {
      if (each.part !== list) {
        await printLine(each.part === 'totals' && list === 'missing' ? '],"rows":[],' : CLOSE[each.part]);
        [list, comma] = [each.part, ''];
      }
      if (each.part === 'totals') await printLine(`${JSON.stringify(each.totals).slice(1)}`);
      else await printLine(`${comma}${JSON.stringify(each.part === 'account' ? each.row : each.missing)}`);
      comma = ',';
    }
  },
  async csv(all, { target }) {
    await printLine(csvLine(COLUMNS.map(([name]) => name)));
    for await (const each of all) {
      if (each.part === 'account') await printLine(csvLine(COLUMNS.map(([, cell]) => cell(each.row))));
      if (each.part === 'missing') await printLine(csvLine(missingCells(target, each.missing)));
    }
  },
  async text(all, { target, basis }) {
    await printLine(`${target} as the import of ${instant(basis.endedAt)} found it:`);
    for await (const each of all) {
      if (each.part === 'account') await printLine(describe(each.row));
      if (each.part === 'missing') await printLine(describeMissing(each.missing));
      if (each.part === 'totals') await printLine(describeTotals(target, each.totals));
    }
  },
};

const CLOSE = { missing: '', account: '],"rows":[', totals: '],' } as const;

function describeTotals(target: string, { totals, accounts, without }: AccountTotals): string {
  const classes = ACCOUNT_CLASSES.map((each) => `${totals[each]} ${each}`).join(', ');
  return `${target}: ${counted(accounts, 'account')}: ${classes}; ${counted(without, 'person', 'people')} without one`;
}

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
  return `missing      ${name ?? person}  may enter by ${because.join(', ')}, ${what}`;
}

function describe(row: AccountRow): string {
  const { externalId, note, person, name, status, because, lastSignIn } = row;
  const who = person === undefined ? 'nobody' : `${name ?? person} (${status ?? 'unknown'})`;
  return [
    `${row.class.padEnd(11)}  ${externalId}  ${who}`,
    ...(because.length > 0 ? [because.join(', ')] : []),
    ...(lastSignIn ? [`last sign-in ${lastSignIn.toISOString().slice(0, 10)}`] : []),
    ...(note === undefined ? [] : [note]),
  ].join('  ');
}
