/** One sign-in in a process of its own that kills itself at a step; for crash.test.ts. */
import { z } from 'zod';
import type { Person } from '../../src/model/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { MasterKey } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { deadlyStep, readOrder } from '../support/doomed-process.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openProvisioning, signIn } from './world.ts';

const Order = z.object({
  databaseUrl: z.string(),
  storeUrl: z.string(),
  masterKey: z.string(),
  now: z.string(),
  /** 0 is the first step; beyond the last one it lives to the end. */
  killAt: z.int(),
  person: z.custom<Person>(),
  role: z.string(),
});

const order = await readOrder(Order);
await using database = openDatabase({ url: order.databaseUrl, log: silentLog });
await using opened = await openProvisioning({
  database,
  clock: new ManualClock(order.now),
  masterKeys: { current: new MasterKey(Buffer.from(order.masterKey, 'base64')), previous: [] },
  url: order.storeUrl,
  onStep: deadlyStep(order.killAt),
});
const accesses = [{ relyingParty: 'store-emea', role: order.role }];
await opened.provisioning.ensureAccount(signIn(order.person, { accesses, budgetMs: 20_000 }));
