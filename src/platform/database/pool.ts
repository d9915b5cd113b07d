import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { databaseUnavailable, isAway } from './errors.ts';

type Query = (sql: string, parameters: readonly unknown[]) => Promise<unknown>;

/**
 * The driver's pool as Kysely wants it, with one difference: a database that is away is always `Unavailable`,
 * wherever the driver noticed it. Errors of statements (unique violation, …) pass unchanged.
 */
export function openPool(config: PoolConfig): PostgresPool {
  const pool = new Pool(config);
  // An idle or checked-out connection that breaks emits 'error'; without a listener that would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    Client: Client as unknown as NonNullable<PostgresPool['Client']>,
    options: pool.options,
    connect: async () => guard(await connect(pool)),
    end: () => pool.end(),
  };
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    // Also wrong passwords and unknown databases: at run time they mean that the database is being changed.
    throw databaseUnavailable(error);
  }
}

function guard(client: PoolClient): PostgresPoolClient {
  let broken = false;
  const query: Query = async (sql, parameters) => {
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      if (!isAway(error)) throw error;
      // A statement may still run on this connection after a client-side timeout: never hand it out again.
      broken = true;
      throw databaseUnavailable(error);
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || broken),
    ...('processID' in client && { processID: client.processID as number }),
  };
}
