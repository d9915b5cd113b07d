import { type Problem, problem } from '../problems.ts';
import type { Writer } from '../writer.ts';

/** Whether somebody who is inactive may be given something. */
export function checkAssignee({ org }: Writer, userId: string): Problem | undefined {
  const user = org.store.records.get('User', userId);
  const isRefused = user?.['IsActive'] === false && org.switches.positions.assignToInactive === 'refused';
  return isRefused
    ? problem('INACTIVE_OWNER_OR_USER', `operation performed with inactive user [${userId}]`, [])
    : undefined;
}
