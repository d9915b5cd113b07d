import { spawn } from 'node:child_process';
import { DatabaseError } from '../errors.ts';

/**
 * How PostgreSQL's programs are started. They refuse to run as root, and another user could not enter folders
 * that only root can (R7.5):
 * - `self`: as the user that we are, when that is not root;
 * - `unshare`: in a user namespace where root looks like 65534; files on disk belong to root;
 * - `setpriv`: as 65534 with the one capability that passes closed folders; files belong to 65534.
 */
export type RunAs = 'self' | 'unshare' | 'setpriv';

export const UNPRIVILEGED_ID = 65534;
const ID = String(UNPRIVILEGED_ID);
const UNSHARE = ['--user', `--map-user=${ID}`, `--map-group=${ID}`];
const SETPRIV = [
  ...['--reuid', ID, '--regid', ID, '--clear-groups', '--securebits', '+no_setuid_fixup'],
  ...['--inh-caps', '-all,+dac_override', '--ambient-caps', '-all,+dac_override'],
];
// PostgreSQL's "fast shutdown": sent by the kernel when we die, however we die.
const DIE_WITH_PARENT = ['--pdeathsig', 'SIGINT'];

export type Command = { readonly command: string; readonly args: readonly string[] };

/** Puts the right words before the program. `tied`: the program ends when this process dies (Linux only). */
export function commandAs(runAs: RunAs, tied: boolean, program: string, args: readonly string[]): Command {
  const call = [program, ...args];
  const parent = tied ? DIE_WITH_PARENT : [];
  if (runAs === 'setpriv') return { command: 'setpriv', args: [...SETPRIV, ...parent, '--', ...call] };
  const tiedCall = tied ? ['setpriv', ...parent, '--', ...call] : call;
  if (runAs === 'unshare') return { command: 'unshare', args: [...UNSHARE, ...tiedCall] };
  const [command = program, ...rest] = tiedCall;
  return { command, args: rest };
}

/** Finds a way that works here; `preferred` (the one that made the data) is tried first. */
export async function chooseRunAs(preferred?: RunAs): Promise<RunAs> {
  if (process.getuid?.() !== 0) return 'self';
  const ways: readonly RunAs[] = preferred === 'setpriv' ? ['setpriv', 'unshare'] : ['unshare', 'setpriv'];
  for (const way of ways) if (await succeeds(commandAs(way, false, 'true', []))) return way;
  throw new DatabaseError({
    code: 'database.bundled_not_startable',
    detail:
      'PostgreSQL does not run as root and neither unshare nor setpriv works here; start as another user or set DATABASE_URL',
  });
}

/** Whether the kernel can end PostgreSQL when we die; elsewhere the next start stops what was left. */
export async function canTie(): Promise<boolean> {
  return (
    process.platform === 'linux' &&
    (await succeeds({ command: 'setpriv', args: [...DIE_WITH_PARENT, 'true'] }))
  );
}

function succeeds({ command, args }: Command): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
