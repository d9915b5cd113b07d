import { newId, type PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { instant, statusOf } from './account-text.ts';
import { type Followed, follow } from './await-accounts.ts';
import { awaitErasure, type ErasureLeft } from './await-erasure.ts';
import { type Command, parse, UsageError } from './command.ts';
import { confirmed } from './confirmed.ts';
import { counted } from './counted.ts';
import { choosePerson, nameOf } from './people.ts';
import { printLine } from './print-rows.ts';
import { type CommandBroker, withBroker } from './with-broker.ts';

const OPTIONS = {
  reason: {
    type: 'string',
    value: 'TEXT',
    help: 'why; it stays readable in the access log, so name nobody in it',
  },
  yes: { type: 'boolean', default: false, help: 'do not ask; needed where nobody can be asked' },
  'no-wait': { type: 'boolean', default: false, help: 'only begin it; a running broker carries it out' },
  json: { type: 'boolean', default: false, help: 'prints what came of it as one JSON object; with --yes' },
} as const;

const NOTHING_DONE = 1;
const LEFT = 3;

export const eraseCommand: Command = {
  usage: 'WHO --reason TEXT [--yes] [--no-wait] [--json]',
  options: OPTIONS,
  notes: () => [
    'WHO is a login name, a mail address or an id. It shows who that is and what ends, and asks before it begins.',
    'Once begun it is carried out, however long a target is away; calling it again shows what it waits for.',
    'Exit codes: 0 erased, or --no-wait; 1 nothing was done; 3 begun, and something must end first.',
  ],
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    const { yes, json, reason } = values;
    const [who, ...others] = positionals;
    if (who === undefined || others.length > 0) throw new UsageError('Name one person.');
    if (!reason?.trim()) throw new UsageError('Say why, with --reason.');
    if (json && !yes) throw new UsageError('--json goes with --yes.');
    return withBroker(async (command) => {
      const found = await look(command, await choosePerson(command, who));
      if (!found) {
        console.error(`nobody has the id ${who}, or they are erased already`);
        return NOTHING_DONE;
      }
      if (!json) await show(command, found);
      if (!yes && !(await isMeant(found))) return NOTHING_DONE;
      const begin = () =>
        command.broker.erasePerson({ person: found.id, by: 'cli', reason, thread: newId('lgn') });
      await begin();
      const left = values['no-wait'] ? undefined : await awaitErasure(command, found.id, begin);
      await (json ? printJson : printText)(command, found, left);
      return left?.job ? LEFT : 0;
    });
  },
};

/** Who it is, and what ends. */
type Found = {
  readonly id: PersonId;
  readonly name: string;
  readonly accounts: readonly (Followed & { readonly externalId?: string })[];
  readonly sessions: number;
};

async function look(command: CommandBroker, id: PersonId): Promise<Found | undefined> {
  const { provisioning, people, sessions } = command.broker;
  const person: Person | undefined = (await people.byIds([id])).get(id);
  const known = await provisioning.progressOfPerson(id);
  if (!person && known.length === 0) return undefined;
  const followed = await follow(
    command,
    known.map(({ accountId }) => accountId),
  );
  const accounts = await Promise.all(
    followed.map(async (each) => {
      const externalId = (await provisioning.accountOf(each.target, id))?.externalId;
      return { ...each, ...(externalId !== undefined && { externalId }) };
    }),
  );
  return { id, name: person ? nameOf(person) : id, accounts, sessions: (await sessions.refs(id)).length };
}

async function show(command: CommandBroker, { id, name, accounts, sessions }: Found): Promise<void> {
  await printLine(`${name}  ${id}`);
  for (const each of accounts) {
    const account = each.externalId === undefined ? 'no account yet' : `account ${each.externalId}`;
    await printLine(`  ${each.target}  ${account}, ${statusIn(command, each)}`);
  }
  if (accounts.length === 0) await printLine('  no account in any target');
  await printLine(`  ${sessions === 0 ? 'no session runs' : `${counted(sessions, 'session')} running`}`);
}

async function isMeant({ name }: Found): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('Nobody can be asked here: say --yes if that is meant.');
  const isSure = await confirmed(
    `All of this ends now, and then everything that is known of ${name} is destroyed. Nobody can undo it.`,
  );
  if (!isSure) console.error('nothing was done');
  return isSure;
}

async function printText(command: CommandBroker, found: Found, left: ErasureLeft | undefined): Promise<void> {
  const { name, id } = found;
  if (!left) return printLine(`the erasure of ${name} is begun; a running broker carries it out`);
  if (!left.job) return printLine(`${name} is erased`);
  await printLine(
    `${name} is not erased yet. Access is switched off, and a running broker goes on by itself:`,
  );
  for (const each of heldBy(command, left)) await printLine(`  ${each.target}  ${statusIn(command, each)}`);
  const { failure, runAt } = left.job;
  const why = failure === undefined ? '' : `${failure}, `;
  await printLine(
    `  ${why}looked at again ${instant(runAt)}; vestibule erase ${id} --reason … shows how it goes`,
  );
}

/** Accounts whose end is not there yet. */
function heldBy({ targets }: CommandBroker, { accounts }: ErasureLeft): readonly Followed[] {
  return accounts.filter(({ state, target }) => state !== 'done' || !targets.some(({ id }) => id === target));
}

function statusIn({ targets }: CommandBroker, each: Followed): string {
  if (targets.some(({ id }) => id === each.target)) return statusOf(each);
  return 'the target is not configured any more, so nothing can end there: configure it again';
}

async function printJson(command: CommandBroker, found: Found, left: ErasureLeft | undefined): Promise<void> {
  const { id: person, name, sessions } = found;
  const outcome = !left ? 'begun' : left.job ? 'waiting' : 'erased';
  const { failure, runAt } = left?.job ?? {};
  const held = (left ? heldBy(command, left) : []).map((each) => ({
    ...{ target: each.target, accountId: each.accountId, state: each.state, code: each.code },
    why: statusIn(command, each),
  }));
  const accounts = found.accounts.map(({ target, accountId, externalId }) => ({
    ...{ target, accountId, externalId },
  }));
  await printLine(
    JSON.stringify({ person, name, outcome, accounts, sessions, held, failure, lookedAtAgain: runAt }),
  );
}
