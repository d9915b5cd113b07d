import { newId } from '../base/index.ts';
import type { AppliedPlan } from '../provisioning/index.ts';
import { describeFollowed } from './account-text.ts';
import { awaitAccounts, type Followed } from './await-accounts.ts';
import { type Command, parse, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { describeForecast } from './plan-text.ts';
import { printLine } from './print-rows.ts';
import { createProgress } from './progress.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const OPTIONS = {
  create: { type: 'boolean', default: false, help: 'also make accounts for people who never entered' },
  release: {
    type: 'string',
    value: 'BRAKE',
    help: 'let the removals go on that an earlier apply held back, and no others',
  },
  'no-wait': { type: 'boolean', default: false, help: 'only fill the queue; a running broker works on it' },
} as const;

const HELD_BACK = 1;
const LEFT = 3;

export const applyCommand: Command = {
  usage: '[TARGET…] [--create] [--release BRAKE] [--no-wait]',
  options: OPTIONS,
  notes: () => [
    'It waits until each account is as it should be, was refused, waits for people, or failed and is tried again later;',
    'whatever is not as it should be is listed with the person, the reason and the next try.',
    'Exit codes: 0 nothing is left for the queue, or --no-wait; 1 removals are held back; 3 something is tried again.',
  ],
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    const { create, release } = values;
    if (release !== undefined && positionals.length !== 1) {
      throw new UsageError('--release goes with the one target that is held back');
    }
    return withBroker(async (command) => {
      const codes = new Set([0]);
      for (const target of chooseTargets(command, positionals)) {
        const queued: string[] = [];
        const applied = await applyTo(command, target, {
          ...{ create, onQueued: (account: string) => queued.push(account) },
          ...(release !== undefined && { release }),
        });
        if (applied.braked) codes.add(HELD_BACK);
        if (values['no-wait']) await leaveToBroker(queued.length);
        else if (!(await finish(command, target, queued))) codes.add(LEFT);
        await printLine(`  ${describeForecast(await command.broker.provisioning.forecast(target))}`);
      }
      // What is held back needs a decision first.
      return codes.has(HELD_BACK) ? HELD_BACK : Math.max(...codes);
    });
  },
};

async function applyTo(
  { broker }: CommandBroker,
  target: string,
  options: {
    readonly create: boolean;
    readonly release?: string;
    readonly onQueued: (account: string) => void;
  },
): Promise<AppliedPlan> {
  const progress = createProgress();
  let seen = 0;
  const applied = await broker.provisioning.apply(target, () => broker.people.in(target), {
    ...{ ...options, by: 'cli', thread: newId('lgn') },
    onPlanned: () => progress.show(++seen, undefined, `people of ${target} looked at`),
  });
  progress.end();
  const { queued, ends, refused, braked } = applied;
  const accounts = `${counted(ends, 'end')} begun, ${counted(queued, 'account')} queued`;
  console.log(`${target}: ${accounts}, ${refused} refused`);
  if (braked) {
    console.log(
      `  held back: ${braked.removals} of ${counted(braked.accounts, 'account')} would lose something, and no rule says so explicitly.`,
    );
    console.log(
      `  Look at vestibule plan ${target}; if that is right: vestibule apply ${target} --release ${braked.id}`,
    );
  }
  return applied;
}

async function leaveToBroker(queued: number): Promise<void> {
  if (queued === 0) return;
  await printLine(
    `  ${counted(queued, 'account')} left to the running broker; vestibule queue shows how it goes`,
  );
}

/** @returns whether each account reached its end: those that were refused or wait for people did. */
async function finish(command: CommandBroker, target: string, queued: readonly string[]): Promise<boolean> {
  // Whatever else is due for the target is worked on as well.
  await command.broker.jobs.runDue();
  const left = await awaitAccounts(command, queued, `accounts of ${target}`);
  const people = await command.broker.people.byIds(left.map(({ person }) => person));
  const isSettled = ({ state }: Followed) => state === 'refused' || state === 'blocked';
  const settled = left.filter(isSettled);
  const open = left.filter((each) => !isSettled(each));
  if (settled.length > 0) await printLine(`  ${counted(settled.length, 'account')} for people to look at:`);
  for (const each of settled) await printLine(`    ${describeFollowed(each, people)}`);
  if (open.length > 0) {
    const more = 'they stay in the queue, where a running broker goes on with them';
    await printLine(`  ${open.length} of ${counted(queued.length, 'account')} not through; ${more}:`);
  }
  for (const each of open) await printLine(`    ${describeFollowed(each, people)}`);
  return open.length === 0;
}
