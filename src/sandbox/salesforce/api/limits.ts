import type { Salesforce } from '../server.ts';
import type { Answer, Call } from './call.ts';

const DAY = 86_400_000;

/** Calls of the last 24 hours, those of other clients with them. */
export function usage({ store, needs, switches }: Salesforce): {
  readonly used: number;
  readonly max: number;
} {
  const { dailyApiRequests, otherApiUsage } = switches.positions;
  const oldest = needs.clock.now().getTime() - DAY;
  const firstYoung = store.apiCalls.findIndex((at) => at > oldest);
  const old = firstYoung === -1 ? store.apiCalls.length : firstYoung;
  if (old > 0) store.apiCalls.splice(0, old);
  return { used: store.apiCalls.length + otherApiUsage, max: dailyApiRequests };
}

/** Counts one call. @returns false, and counts nothing, when there are none left. */
export function countCall(org: Salesforce): boolean {
  const { used, max } = usage(org);
  if (used >= max) return false;
  org.store.apiCalls.push(org.needs.clock.now().getTime());
  return true;
}

/** `GET /limits` */
export function showLimits({ org }: Call): Answer {
  const { used, max } = usage(org);
  const untouched = (Max: number) => ({ Max, Remaining: Max });
  return {
    status: 200,
    body: {
      DailyApiRequests: { Max: max, Remaining: Math.max(0, max - used) },
      DailyBulkApiBatches: untouched(15_000),
      DataStorageMB: untouched(10_240),
      HourlyODataCallout: untouched(20_000),
      PermissionSets: { ...untouched(1_500), CreateCustom: untouched(1_000) },
    },
  };
}
