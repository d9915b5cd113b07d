import type { Cluster, Redis } from 'ioredis';
import { type Problem, SECOND, Unavailable } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { connectRedis, disconnectRedis } from './redis-connection.ts';

/** For `vestibule check`: whether this Redis keeps what we store (R7.3). An empty list means that it does. */
export async function checkRedis(needs: {
  readonly url: string;
  readonly log: Log;
}): Promise<readonly Problem[]> {
  let redis: Redis | Cluster;
  try {
    redis = await connectRedis(needs.url, needs.log, 5 * SECOND);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [problem('does not answer; check the address, the password and that Redis is running')];
  }
  try {
    return readProblems(await redis.info());
  } catch {
    return [problem('does not answer INFO; allow the command for this user')];
  } finally {
    await disconnectRedis(redis);
  }
}

/** Reads the answer of INFO. */
export function readProblems(info: string): readonly Problem[] {
  const version = field(info, 'redis_version');
  const policy = field(info, 'maxmemory_policy');
  const problems: Problem[] = [];
  if (Number.parseInt(version ?? '0', 10) < 7) {
    problems.push(problem(`is version ${version ?? 'unknown'}; version 7 or newer is needed`));
  }
  if (policy !== 'noeviction') {
    problems.push(
      problem(
        `has maxmemory-policy ${policy ?? 'unknown'}; set noeviction, or sessions and codes vanish early`,
      ),
    );
  }
  return problems;
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}

function problem(message: string): Problem {
  return { path: 'REDIS_URL', message };
}
