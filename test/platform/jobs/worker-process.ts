/** A worker in a process of its own, for crash.test.ts: says "claimed" and never ends the job. */
import { z } from 'zod';
import { systemClock } from '../../../src/base/index.ts';
import { openDatabase } from '../../../src/platform/database/index.ts';
import { createJobs } from '../../../src/platform/jobs/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';

const { db, listen } = openDatabase({ url: process.argv[2] ?? '', log: silentLog });
const jobs = createJobs({ db, listen, clock: systemClock, log: silentLog });
jobs.register({
  kind: 'note',
  schema: z.object({}),
  run: async () => {
    process.stdout.write('claimed\n');
    await new Promise(() => setInterval(() => undefined, 1_000));
  },
});
await jobs.start();
