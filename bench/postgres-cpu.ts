import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * CPU of a PostgreSQL with all its processes, in milliseconds, from /proc (Linux). Processes that ended in between
 * are lost, so only differences over a short time say something.
 *
 * @returns undefined where it cannot be read.
 */
export function createPostgresCpu(dataDir: string): () => number | undefined {
  return () => {
    try {
      const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
      const postmaster = readFileSync(pidFile, 'utf8').split('\n', 1)[0] ?? '';
      const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ');
      const pids = [postmaster, ...children].filter((pid) => /^\d+$/.test(pid));
      return pids.reduce((sum, pid) => sum + onCpuMs(pid), 0);
    } catch {
      return undefined;
    }
  };
}

/** The first number of schedstat is the time on a CPU in nanoseconds. */
function onCpuMs(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6;
  } catch {
    return 0;
  }
}
