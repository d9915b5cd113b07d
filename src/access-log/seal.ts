import { z } from 'zod';
import { canonicalJson, type EventId, randomText } from '../base/index.ts';
import { type Keys, KeysError } from '../platform/keys/index.ts';
import { commitmentOf } from './chain.ts';
import type { JsonObject, NewAccessEvent, StoredEvent, StoredPersonal } from './event.ts';
import { tidyJson } from './tidy-json.ts';

/** R7.1: a seal opens only in the row and column that it was made for. */
export function personalAad(id: string): string {
  return `access_log_event/${id}/personal`;
}

/** Whose key seals: the person's, else the UTC day's (R6.2). */
export function ownerOf(event: Pick<NewAccessEvent, 'personId'>, time: Date): string {
  return event.personId ?? dayOwner(time);
}

export function dayOwner(time: Date): string {
  return `day:${time.toISOString().slice(0, 10)}`;
}

/** The key was destroyed: the person is erased. */
export function isErased(error: unknown): boolean {
  return error instanceof KeysError && error.code === 'keys.destroyed';
}

/**
 * Seals the personal part of an event. About a person who is erased nothing personal is written any more.
 *
 * @throws whatever `keys.sealer` throws when there is no key to be had.
 */
export async function sealPersonal(
  keys: Pick<Keys, 'sealer'>,
  id: EventId,
  owner: string,
  personal: JsonObject,
): Promise<StoredPersonal> {
  const sealer = await keys.sealer(owner);
  const values = tidyJson(personal);
  const salt = randomText();
  try {
    const sealed = sealer.seal(canonicalJson({ salt, values }), personalAad(id));
    return { owner, sealed, commitment: commitmentOf(salt, canonicalJson(values)) };
  } catch (error) {
    if (isErased(error)) return { dropped: 'the person is erased' };
    throw error;
  }
}

/** What a reader gets of the personal part. */
export type OpenedPersonal =
  | { readonly state: 'none' }
  | { readonly state: 'open'; readonly salt: string; readonly values: JsonObject }
  /** The key is destroyed. */
  | { readonly state: 'erased' }
  /** Never recorded, for this reason. */
  | { readonly state: 'dropped'; readonly why: string }
  /** The seal does not open here: it was changed or moved. */
  | { readonly state: 'unreadable' };

const Sealed = z.strictObject({ salt: z.string(), values: z.record(z.string(), z.json()) });

/** @throws Unavailable when the key cannot be fetched now. */
export async function openPersonal(keys: Pick<Keys, 'sealer'>, event: StoredEvent): Promise<OpenedPersonal> {
  const { personal } = event;
  if (!personal) return { state: 'none' };
  if ('dropped' in personal) return { state: 'dropped', why: personal.dropped };
  const sealer = await keys.sealer(personal.owner);
  try {
    const { salt, values } = Sealed.parse(JSON.parse(sealer.open(personal.sealed, personalAad(event.id))));
    return { state: 'open', salt, values: values as JsonObject };
  } catch (error) {
    if (isErased(error)) return { state: 'erased' };
    if (error instanceof KeysError) return { state: 'unreadable' };
    throw error;
  }
}
