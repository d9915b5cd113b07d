/** An owner of a data folder in a process of its own, for bundled.test.ts: says its URL and stays. */
import { systemClock } from '../../../src/base/index.ts';
import { openBundledPostgres } from '../../../src/platform/database/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';

const { url } = await openBundledPostgres({
  dataDir: process.argv[2] ?? '',
  log: silentLog,
  clock: systemClock,
});
process.stdout.write(`${url}\n`);
setInterval(() => undefined, 1_000);
