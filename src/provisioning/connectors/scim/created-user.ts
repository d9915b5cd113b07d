import { MINUTE } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import { isOurAccount } from './candidates.ts';
import type { Traits } from './facts.ts';
import { member, type Raw, type Resource, textOf } from './resource.ts';

/**
 * Whether an account that a creation was answered with is what the creation made. Some servers answer with one that was
 * there before, some even write into it, and that one is not ours by being shown to us (R1.3).
 *
 * @param isNew the server said 201, which is for new resources alone (RFC 7644 3.3).
 */
export function isMadeByUs(
  user: Resource,
  desired: AccountImage,
  isNew: boolean,
  { facts }: Traits,
): boolean {
  if (wasThereBefore(user.raw)) return false;
  if (isOurAccount(user, desired)) return true;
  const carriesAnother = textOf(member(user.raw, 'externalId')) !== '';
  return isNew && !carriesAnother && !facts.learned.keepsExternalIds;
}

/** What was just made was not changed long after. */
function wasThereBefore(raw: Raw): boolean {
  const meta = member(raw, 'meta');
  return instant(member(meta, 'lastModified')) - instant(member(meta, 'created')) > MINUTE;
}

/** NaN for anything but a date with a time, which compares with nothing. */
function instant(value: unknown): number {
  const text = textOf(value);
  return /^\d{4}-\d{2}-\d{2}T\d{2}:/.test(text) ? Date.parse(text) : Number.NaN;
}
