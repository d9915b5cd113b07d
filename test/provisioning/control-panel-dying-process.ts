/** One sign-in, or what the queue has due, in a process that kills itself at a step; for control-panel-crash.test.ts. */
import { z } from 'zod';
import type { Person } from '../../src/model/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import { deadlyStep, readOrder } from '../support/doomed-process.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openProcess, signIn } from './control-panel-process.ts';

const Order = z.object({
  databaseUrl: z.string(),
  url: z.string(),
  masterKey: z.string(),
  now: z.string(),
  /** 0 is the first step; beyond the last one it lives to the end. */
  killAt: z.int(),
  /** Absent: it does what the queue has due. */
  person: z.custom<Person>().optional(),
  accesses: z.custom<readonly Access[]>(),
});

const order = await readOrder(Order);
await using database = openDatabase({ url: order.databaseUrl, log: silentLog });
await using opened = await openProcess({
  ...{ database, clock: new ManualClock(order.now), url: order.url },
  masterKey: Buffer.from(order.masterKey, 'base64'),
  onStep: deadlyStep(order.killAt),
});
if (order.person) {
  await opened.provisioning.ensureAccount(signIn(order.person, order.accesses, { budgetMs: 20_000 }));
} else {
  await opened.jobs.runDue();
}
