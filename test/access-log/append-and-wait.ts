// Run by chaining.test.ts as a process of its own: appends five events, says so, and waits to be killed.
import { createAccessLog } from '../../src/access-log/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { someEvent } from './world.ts';

const noKey = (): never => {
  throw new Error('this process has no keys');
};
const keys = {
  sealer: async () => noKey(),
  destroy: async () => noKey(),
  lookup: noKey,
  checkpointSigner: async () => noKey(),
};

const { db } = openDatabase({ url: process.argv[2] ?? '', log: silentLog });
const log = createAccessLog({ db, keys, clock: systemClock, log: silentLog });
const { personal: _none, ...event } = someEvent();
await Promise.all(Array.from({ length: 5 }, () => log.append(event)));
process.stdout.write('durable\n');
setInterval(() => undefined, 60_000);
