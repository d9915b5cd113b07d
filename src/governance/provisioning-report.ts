import { type AccessEvent, type AccessLog, EVENT_TYPES, type Reader } from '../access-log/index.ts';
import type { Json, PersonId } from '../base/index.ts';

/** One thing that provisioning did, tried or refused to do. */
export type ProvisioningRow = {
  /** Id of the access event. */
  readonly event: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Leads to everything that belongs together: the sign-in, the rule, the writes. */
  readonly thread: string;
  /** Absent where a row is about many people: a brake, its release. */
  readonly person?: string;
  readonly target?: string;
  /** Type of the access event: `account.updated`. */
  readonly what: string;
  /** Fields, rung of a ladder or task that it is about. */
  readonly fields: readonly string[];
  readonly outcome: AccessEvent['outcome'];
  readonly code?: string;
  readonly reason?: string;
  /** Of the last failure of an account: when the queue tries again. */
  readonly nextTry?: Date;
};

export type ProvisioningFilter = {
  readonly person?: PersonId;
  readonly target?: string;
  /** Half-open: `from <= time < to`. */
  readonly from?: Date;
  readonly to?: Date;
};

export type ProvisioningReportDeps = {
  readonly accessLog: Pick<AccessLog, 'searchEvents'>;
  /** When the queue continues the account of this person, if it has something to do there. */
  readonly nextTryOf: (target: string, person: PersonId) => Promise<Date | undefined>;
};

const TYPES = EVENT_TYPES.filter((type) => type.startsWith('account.') || type.startsWith('provisioning.'));
const PAGE = 500;

/**
 * What provisioning did, newest first, read as it is asked for. That somebody looked stands in the log before the
 * first row leaves, once.
 */
export async function* provisioningReport(
  { accessLog, nextTryOf }: ProvisioningReportDeps,
  { person, target, from, to }: ProvisioningFilter,
  as: Reader,
): AsyncGenerator<ProvisioningRow> {
  const filter = {
    types: TYPES,
    ...(person !== undefined && { personId: person }),
    ...(target !== undefined && { target }),
    ...(from && { since: from }),
    ...(to && { until: to }),
  };
  const settled = new Set<string>();
  let before: number | undefined;
  do {
    const page = { limit: PAGE, ...(before !== undefined && { before }) };
    const { events, next } = await accessLog.searchEvents(
      filter,
      page,
      before === undefined ? as : undefined,
    );
    for (const event of events) {
      const nextTry = await nextTryAfter(event, settled, nextTryOf);
      yield { ...rowOf(event), ...(nextTry && { nextTry }) };
    }
    before = next;
  } while (before !== undefined);
}

/** Of the failures of one account only the last one is tried again. */
async function nextTryAfter(
  { personId, target, outcome }: AccessEvent,
  settled: Set<string>,
  nextTryOf: ProvisioningReportDeps['nextTryOf'],
): Promise<Date | undefined> {
  if (personId === undefined || target === undefined || outcome !== 'failed') return undefined;
  const account = `${target}\n${personId}`;
  if (settled.has(account)) return undefined;
  settled.add(account);
  // The log takes only ids of people here.
  return nextTryOf(target, personId as PersonId);
}

function rowOf(event: AccessEvent): ProvisioningRow {
  const { id, time, thread, personId, target, type, outcome, code } = event;
  const reason = reasonOf(event);
  return {
    ...{ event: id, time, thread, what: type, fields: fieldsOf(event.facts), outcome },
    ...(personId !== undefined && { person: personId }),
    ...(target !== undefined && { target }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
  };
}

function fieldsOf(facts: AccessEvent['facts']): readonly string[] {
  const { fields, rung, rungs, what } = facts;
  return texts(fields ?? rung ?? rungs ?? what);
}

/** Facts of different types say it under different names. */
function reasonOf({ facts, personal, code }: AccessEvent): string | undefined {
  const { because, reason, evidence, reaction, by, removals, of } = facts;
  if (of !== undefined) return `${text(removals)} of ${text(of)} accounts would lose something`;
  const said = personal['reason'] ?? because ?? (reason === code ? undefined : reason);
  const found = texts(said ?? evidence ?? reaction ?? by);
  return found.length > 0 ? found.join(', ') : undefined;
}

function texts(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(text) : [text(value)];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
