import type { RunningApp } from '../app/index.ts';
import { ConfigurationError } from '../base/index.ts';
import type { Log } from '../platform/log/index.ts';
import { readConfiguration } from './command.ts';

/** Reads the file again on SIGHUP, one after the other. */
export function reloadOnHangUp(app: RunningApp, path: string, log: Log): Disposable {
  let last = Promise.resolve();
  const listener = (): void => {
    last = last.then(() => reload(app, path, log));
  };
  process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => process.off('SIGHUP', listener) };
}

/** A file that is wrong, or a broker that cannot be built from it, changes nothing. */
async function reload(app: RunningApp, path: string, log: Log): Promise<void> {
  try {
    await app.apply(readConfiguration(path), { via: 'file' });
  } catch (error) {
    const problems = error instanceof ConfigurationError ? error.problems : undefined;
    log.error('the configuration was not taken over; the former one stays in force', {
      path,
      ...(problems ? { problems } : { error }),
    });
  }
}
