import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { layout } from './folder.ts';

/** Line of postmaster.pid that names the socket's folder. PostgreSQL: src/include/utils/pidfile.h. */
const SOCKET_DIR_LINE = 4;

/**
 * The bundled PostgreSQL of a data folder that another process owns and runs, for commands beside a running
 * broker. Starts nothing.
 *
 * @returns its URL, or undefined when none answers.
 */
export async function findBundledPostgres(dataDir: string): Promise<string | undefined> {
  const { cluster, password: passwordFile } = layout(resolve(dataDir));
  const [pidFile, password] = await Promise.all(
    [join(cluster, 'postmaster.pid'), passwordFile].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const socketDir = pidFile?.split('\n')[SOCKET_DIR_LINE]?.trim();
  if (!socketDir || !password) return undefined;
  const url = `postgres://vestibule:${password}@localhost:5432/vestibule?host=${encodeURIComponent(socketDir)}`;
  return (await answers(url)) ? url : undefined;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
