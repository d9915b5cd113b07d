import type { Rung } from '../connector/ladder.ts';
import type { DeleteSettings, ParkingSettings } from './store-settings.ts';

export const LOCK_OUT = 'lock-out';
export const DELETE = 'delete';

/** Field and value of the demand for a new password; managed only where it must be lifted again. */
export const PASSWORD_RESET = 'passwordReset';
export const FORCED = 'forced';

/** What is done to a customer, in the order of R5.5. Groups are not here: companies of B2B Edition decide about them. */
export function passwordRung(afterMs: number, liftPasswordReset: boolean): Rung {
  return {
    id: 'password',
    title: 'locked out: a random password, to be reset before anybody signs in with it',
    ...{ afterMs, act: LOCK_OUT },
    ...(liftPasswordReset && { image: { [PASSWORD_RESET]: FORCED } }),
  };
}

export function parkingRung({ channelId, after }: ParkingSettings): Rung {
  return {
    id: 'parking',
    title: `moved to channel ${channelId}, where nobody can enter`,
    afterMs: after,
    image: { channels: [String(channelId)] },
  };
}

export function deleteRung({ after }: DeleteSettings): Rung {
  return {
    ...{ id: 'delete', title: 'deleted; orders stay in the store' },
    ...{ afterMs: after, act: DELETE, removes: true },
  };
}
