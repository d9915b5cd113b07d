import { randomText } from '../../base/index.ts';
import type { AccountImage } from '../connector/account-image.ts';

/** The customer attribute that carries our random id (R5.3). */
export const MARKER_ATTRIBUTE = 'vestibule_id';

/** At least one channel: the type has no empty list and no null, which would open every channel. */
export type ChannelIds = readonly [number, ...number[]];

/** @throws TypeError for what is no list of numbers of channels, or an empty one. */
export function channelIds(value: AccountImage[string]): ChannelIds {
  const ids = Array.isArray(value) ? value.map(Number) : [];
  const [first, ...others] = ids;
  if (first === undefined || !ids.every((id) => Number.isSafeInteger(id) && id > 0)) {
    throw new TypeError('channels must be a list of at least one number');
  }
  return [first, ...others];
}

export type CustomerAuthentication = {
  readonly new_password?: string;
  readonly force_password_reset?: boolean;
};

/** Locks out whoever knew the former password (R1.3). Nobody ever learns this one; it meets every known rule. */
export function lockedOut({ isForced }: { readonly isForced: boolean }): CustomerAuthentication {
  return { new_password: `${randomText(40)}-aA1`, ...(isForced && { force_password_reset: true }) };
}
