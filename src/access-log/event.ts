import { z } from 'zod';
import { canonicalJson, type EventId, isId, type Json, type PersonId } from '../base/index.ts';
import { InvalidEvent } from './errors.ts';
import { tidyJson } from './tidy-json.ts';

export type JsonObject = { readonly [key: string]: Json | undefined };

export const OUTCOMES = ['success', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a room hands to `append`. Build it with a helper of the catalogue (`accessEvents`), not by hand. */
export type NewAccessEvent = {
  /** Dotted name from the catalogue: `login.issued`. */
  readonly type: string;
  /** One id from assertion to decision to token to API write: a `lgn_` id, or a `job_` or `ref_` id without a browser. */
  readonly thread: string;
  readonly outcome: Outcome;
  /** Error or deny code, when the outcome is not a success. */
  readonly code?: string;
  /** The person whom the event is about; decides whose key seals `personal`. */
  readonly personId?: PersonId;
  readonly connection?: string;
  readonly relyingParty?: string;
  readonly target?: string;
  readonly session?: string;
  /** Not personal; stored in clear and never erased. */
  readonly facts: JsonObject;
  /** Sealed under the person's key, or the day's key when no person is known (R6.2). */
  readonly personal?: JsonObject;
};

/**
 * The personal part as stored. `commitment` is a salted hash of the values; salt and values are inside the seal,
 * so a revealed export can be checked against the chain, and after erasure the commitment says nothing.
 */
export const StoredPersonal = z.union([
  z.strictObject({ owner: z.string(), sealed: z.string(), commitment: z.string() }),
  /** Never written: there was no key to seal it with. */
  z.strictObject({ dropped: z.string() }),
]);
export type StoredPersonal = z.infer<typeof StoredPersonal>;

/** An event as stored, hashed and exported. Its canonical JSON is the `body`; bodies never change. */
export const StoredEvent = z.strictObject({
  id: z.string(),
  /** ISO 8601, UTC: when it happened, by the clock of the process that saw it. */
  time: z.string(),
  type: z.string(),
  thread: z.string(),
  outcome: z.enum(OUTCOMES),
  code: z.string().optional(),
  personId: z.string().optional(),
  connection: z.string().optional(),
  relyingParty: z.string().optional(),
  target: z.string().optional(),
  session: z.string().optional(),
  facts: z.record(z.string(), z.json()),
  personal: StoredPersonal.optional(),
  /** It was written to the local spool first, and the answer that it describes was withheld (R6.4). */
  spooled: z.literal(true).optional(),
});
export type StoredEvent = z.infer<typeof StoredEvent>;

/** A stored event with the columns that queries need; `body` alone is the truth. */
export type EventRow = {
  readonly id: EventId;
  readonly time: string;
  readonly type: string;
  readonly thread: string;
  readonly outcome: Outcome;
  readonly personId: string | null;
  readonly relyingParty: string | null;
  readonly target: string | null;
  readonly body: string;
};

const MAX_BODY_BYTES = 64 * 1024;
const NAMES = ['type', 'thread', 'code', 'connection', 'relyingParty', 'target', 'session'] as const;

/**
 * Refuses what the log cannot hold, before anything is sealed or queued: one bad event in a shared insert would
 * fail its neighbours too.
 *
 * @throws InvalidEvent naming the field.
 */
export function checkEvent(event: NewAccessEvent): void {
  for (const name of NAMES) {
    const value = event[name];
    if (value !== undefined && !/^[\x21-\x7e]{1,200}$/.test(value)) {
      throw new InvalidEvent(`${name} of an event must be 1 to 200 printable ASCII characters`);
    }
  }
  if (event.personId !== undefined && !isId('per', event.personId)) {
    throw new InvalidEvent('personId of an event is not a person id');
  }
}

/** @throws InvalidEvent when the event is larger than 64 KB. */
export function toRow(
  id: EventId,
  time: Date,
  event: NewAccessEvent,
  personal: StoredPersonal | undefined,
): EventRow {
  const { type, thread, outcome, code, personId, connection, relyingParty, target, session } = event;
  const when = time.toISOString();
  const facts = tidyJson(event.facts);
  const body = canonicalJson({
    ...{ id, time: when, type, thread, outcome, code, personId, connection, relyingParty, target, session },
    ...{ facts, personal },
  });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw new InvalidEvent(`${type} is larger than 64 KB`);
  return { ...columnsOf({ ...event, time: when }), id, body };
}

/** The columns of an event, for queries. */
export function columnsOf(
  event: Omit<EventRow, 'id' | 'body' | 'personId' | 'relyingParty' | 'target'> &
    Pick<StoredEvent, 'personId' | 'relyingParty' | 'target'>,
): Omit<EventRow, 'id' | 'body'> {
  const { time, type, thread, outcome, personId, relyingParty, target } = event;
  return {
    ...{ time, type, thread, outcome },
    ...{ personId: personId ?? null, relyingParty: relyingParty ?? null, target: target ?? null },
  };
}
