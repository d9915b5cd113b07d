import { writeSync } from 'node:fs';
import module from 'node:module';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';

module.enableCompileCache();
const { main } = await import('../../src/main.ts');

const Order = z.object({
  args: z.array(z.string()),
  variables: z.record(z.string(), z.string()),
  /** Written to both outputs when the command is over. */
  over: z.string(),
});

const ENDS_WITHIN_MS = 20_000;

// Made when first used and then there for good: nothing that a command leaves open.
void [process.stdout, process.stderr];

// One command after the other, as commands.ts asks for them on standard input.
for await (const line of createInterface({ input: process.stdin })) {
  const { args, variables, over } = Order.parse(JSON.parse(line));
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
  const open = process.getActiveResourcesInfo();
  const code = await main(args);
  await comesToRest(args, open);
  for (const output of [1, 2]) writeSync(output, `${over}${code}\n`);
}

/** A process of its own would not end while the command keeps something open: neither does the command here. */
async function comesToRest(args: readonly string[], before: readonly string[]): Promise<void> {
  const since = performance.now();
  let left = kept(before);
  while (left.length > 0) {
    if (performance.now() - since > ENDS_WITHIN_MS) {
      throw new Error(`\`vestibule ${args.join(' ')}\` would not end: it keeps ${left.join(', ')}`);
    }
    await turn();
    left = kept(before);
  }
}

/** What keeps the process alive now and did not before. */
function kept(before: readonly string[]): readonly string[] {
  const known = [...before];
  return process.getActiveResourcesInfo().filter((each) => {
    const place = known.indexOf(each);
    if (place >= 0) known.splice(place, 1);
    return place < 0 && each !== 'Immediate';
  });
}
