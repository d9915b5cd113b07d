import { newId } from '../base/index.ts';
import type { AppliedPlan } from '../provisioning/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { describeForecast } from './plan-text.ts';
import { createProgress } from './progress.ts';
import { type CommandBroker, chooseTargets, withBroker } from './with-broker.ts';

const LOOK_MS = 500;

export const applyCommand: Command = {
  summary: 'Does what plan says: ends and reductions first, held back if they are too many at once.',
  usage: '[TARGET…] [--create] [--release BRAKE] [--no-wait]',
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        create: { type: 'boolean', default: false },
        release: { type: 'string' },
        'no-wait': { type: 'boolean', default: false },
      },
      true,
    );
    const { create, release } = values;
    if (release !== undefined && positionals.length !== 1) {
      throw new UsageError('--release goes with the one target that is held back');
    }
    return withBroker(async (command) => {
      let isHeld = false;
      for (const target of chooseTargets(command, positionals)) {
        const applied = await applyTo(command, target, { create, ...(release !== undefined && { release }) });
        isHeld ||= applied.braked !== undefined;
        if (!values['no-wait']) await finish(command, target);
        console.log(`  ${describeForecast(await command.broker.provisioning.forecast(target))}`);
      }
      return isHeld ? 1 : 0;
    });
  },
};

async function applyTo(
  { broker }: CommandBroker,
  target: string,
  options: { readonly create: boolean; readonly release?: string },
): Promise<AppliedPlan> {
  const progress = createProgress();
  let seen = 0;
  const applied = await broker.provisioning.apply(target, () => broker.people.in(target), {
    ...{ ...options, by: 'cli', thread: newId('lgn') },
    onPlanned: () => progress.show(++seen, undefined, `people of ${target} looked at`),
  });
  progress.end();
  const { queued, ends, refused, braked } = applied;
  console.log(`${target}: ${ends} ends begun, ${queued} accounts queued, ${refused} refused`);
  if (braked) {
    console.log(
      `  held back: ${braked.removals} of ${braked.accounts} accounts would lose something, and no rule says so explicitly.`,
    );
    console.log(
      `  Look at vestibule plan ${target}; if that is right: vestibule apply ${target} --release ${braked.id}`,
    );
  }
  return applied;
}

/** Works the queue until nothing is due; what waits for the target or for people stays. */
async function finish({ broker }: CommandBroker, target: string): Promise<void> {
  const { waiting: total } = await broker.provisioning.forecast(target);
  if (total === 0) return;
  const progress = createProgress();
  const look = setInterval(() => {
    void broker.provisioning
      .forecast(target)
      .then(({ waiting }) => progress.show(total - waiting, total, `accounts of ${target}`))
      .catch(() => undefined);
  }, LOOK_MS);
  try {
    await broker.jobs.runDue();
  } finally {
    clearInterval(look);
    progress.end();
  }
}
