import type { Rung } from '../../ladder.ts';
import type { StorefrontTarget } from './config.ts';

export const LOCK_OUT = 'lock-out';
export const DELETE = 'delete';

/** Field and values of the demand for a new password; managed only where it must be lifted again. */
export const PASSWORD_RESET = 'passwordReset';
export const FORCED = 'forced';

/**
 * R5.5, below the stop of login tokens, which needs no request: nobody without an entitlement gets one. The first
 * rung is due at once, also at a window's edge; check-config.ts sees to it that deleting is never the first.
 */
export function storeLadder({ ladder, liftPasswordReset }: StorefrontTarget): readonly Rung[] {
  const { password, parking, group, delete: removal } = ladder;
  const rungs: readonly (Rung | undefined)[] = [
    password
      ? {
          id: 'password',
          title: 'locked out: a random password, to be reset before anybody signs in with it',
          afterMs: 0,
          act: LOCK_OUT,
          ...(liftPasswordReset && { image: { [PASSWORD_RESET]: FORCED } }),
        }
      : undefined,
    parking && {
      id: 'parking',
      title: `moved to channel ${parking.channelId}, where nobody can enter`,
      afterMs: parking.after,
      image: { channels: [String(parking.channelId)] },
    },
    group && {
      id: 'group',
      title: `in the customer group ${group.name}, which sees nothing`,
      afterMs: group.after,
      image: { group: group.name },
    },
    removal && {
      id: 'delete',
      title: 'deleted; orders stay in the store',
      afterMs: removal.after,
      act: DELETE,
      removes: true,
    },
  ];
  return rungs
    .filter((rung) => rung !== undefined)
    .map((rung, at) => (at === 0 ? { ...rung, afterMs: 0 } : rung));
}
