import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-ports.ts';

/** A redis-server of its own on a free port of loopback, with `noeviction` and nothing on disk. */
export type RunningTestRedis = AsyncDisposable & {
  readonly url: string;
  /** As a crash would: no goodbye to clients. */
  kill(): Promise<void>;
  /** Starts it again at the same port, empty. */
  restart(): Promise<void>;
};

export async function startTestRedis(
  options: { readonly cluster?: boolean } = {},
): Promise<RunningTestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'vst-redis-'));
  const port = await freePort();
  const extra = options.cluster
    ? [
        '--cluster-enabled',
        'yes',
        '--cluster-announce-ip',
        '127.0.0.1',
        '--cluster-port',
        String(await freePort()),
      ]
    : [];
  let child = await start(port, folder, extra);
  if (options.cluster) await takeAllSlots(port);
  const kill = (signal: NodeJS.Signals): Promise<void> => end(child, signal);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => kill('SIGKILL'),
    restart: async () => {
      child = await start(port, folder, extra);
    },
    [Symbol.asyncDispose]: async () => {
      await kill('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(port: number, folder: string, extra: readonly string[]): Promise<ChildProcess> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction', ...extra], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.once('error', () => reject(new Error('redis-server is not installed: run `npm run setup`')));
    child.once('exit', () => reject(new Error(`redis-server did not start: ${text.slice(-400)}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
  return child;
}

/** A cluster of one. */
async function takeAllSlots(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  client.disconnect();
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
