import { createServer, type Server } from 'node:net';

/**
 * Ports for servers that must know their number before they listen, or that come back on it.
 *
 * A port that the system hands out is free only until the next outgoing connection of any process gets the same one.
 * So these lie below the range that systems hand out, and no two processes try the same: each holds the first port of
 * a block for as long as it lives, and gives out the others.
 */
const FIRST_BLOCK = 12_000;
const BLOCK_SIZE = 100;
const BLOCKS = 200;

let next = 0;
let end = 0;

/** One that nobody else is given while this process lives. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] ?? 0;
}

/** All different, and in a row. @throws Error when every block is taken. */
export async function freePorts(count: number): Promise<readonly number[]> {
  for (;;) {
    while (next + count <= end) {
      const ports = Array.from({ length: count }, (_, index) => next + index);
      next += count;
      if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
    }
    const block = await takeBlock();
    [next, end] = [block + 1, block + BLOCK_SIZE];
  }
}

export function listening(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    // Whoever calls is turned away, or closing would wait for connections that nobody reads.
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const close = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ port, close });
    });
  });
}

async function takeBlock(): Promise<number> {
  const anywhere = process.pid % BLOCKS;
  for (let tries = 0; tries < BLOCKS; tries += 1) {
    const start = FIRST_BLOCK + ((anywhere + tries) % BLOCKS) * BLOCK_SIZE;
    const guard = createServer((socket) => socket.destroy());
    if (await listens(guard, start)) {
      guard.unref();
      return start;
    }
  }
  throw new Error('every block of ports is in use');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await listens(server, port);
  if (free) await new Promise<void>((done) => server.close(() => done()));
  return free;
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}
