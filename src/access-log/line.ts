import { z } from 'zod';
import { canonicalJson, type Json } from '../base/index.ts';
import { digestOf } from './chain.ts';
import type { JsonObject } from './event.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Place = { seq: z.int().positive(), prev: Hash, hash: Hash };

/** Opened personal values with the salt that ties them to the event's commitment, or why there are none. */
const Revealed = z.union([
  z.strictObject({ salt: z.string(), values: z.record(z.string(), z.json()) }),
  z.enum(['erased', 'unreadable']),
]);

/**
 * One line of a JSON Lines export, in canonical JSON. A line either shows its event or, where the export was
 * asked to leave it out, only the digest that keeps the chain verifiable.
 */
const ExportLine = z.union([
  z.strictObject({ ...Place, event: z.record(z.string(), z.json()), revealed: Revealed.optional() }),
  z.strictObject({ ...Place, digest: Hash }),
]);

export type ChainPlace = { readonly seq: number; readonly prev: string; readonly hash: string };

export type ParsedLine = ChainPlace & {
  readonly digest: string;
  /** Absent: the event is withheld, the line has its digest only. */
  readonly event?: { readonly personal?: { readonly commitment: string } };
  /** Salt and values as canonical JSON, when the line reveals any. */
  readonly revealed?: { readonly salt: string; readonly values: string };
};

export type Revelation = { readonly salt: string; readonly values: JsonObject } | 'erased' | 'unreadable';

export function renderEvent(place: ChainPlace, body: string, revealed: Revelation | undefined): string {
  return canonicalJson({ ...place, event: JSON.parse(body) as Json, revealed });
}

export function renderDigest(place: ChainPlace, body: string): string {
  return canonicalJson({ ...place, digest: digestOf(body) });
}

/** @returns undefined for whatever an export cannot contain; a line has exactly one spelling. */
export function parseLine(line: string): ParsedLine | undefined {
  const raw = parseJson(line);
  const parsed = ExportLine.safeParse(raw);
  if (!parsed.success || !isCanonical(raw, line)) return undefined;
  const { seq, prev, hash } = parsed.data;
  if ('digest' in parsed.data) return { seq, prev, hash, digest: parsed.data.digest };
  // The raw value, since hashes are over exactly what was read.
  const { event } = raw as { readonly event: JsonObject };
  const commitment = commitmentIn(event);
  const { revealed } = parsed.data;
  if (revealed && commitment === undefined) return undefined;
  return {
    ...{ seq, prev, hash, digest: digestOf(canonicalJson(event)) },
    event: commitment === undefined ? {} : { personal: { commitment } },
    ...(typeof revealed === 'object' && {
      revealed: { salt: revealed.salt, values: canonicalJson(revealed.values as Json) },
    }),
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Duplicate members, other spellings of numbers and text, added space: none of it hides in a canonical line. */
function isCanonical(raw: unknown, line: string): boolean {
  try {
    return canonicalJson(raw as Json) === line;
  } catch {
    return false;
  }
}

const Committed = z.object({ personal: z.object({ commitment: z.string() }) });

function commitmentIn(event: JsonObject): string | undefined {
  const parsed = Committed.safeParse(event);
  return parsed.success ? parsed.data.personal.commitment : undefined;
}
