import type { Rung } from '../../ladder.ts';
import type { B2bTarget } from './config.ts';

export const LOCK_OUT = 'lock-out';
export const DELETE = 'delete';

/** Field and value of the demand for a new password; managed only where it must be lifted again. */
export const PASSWORD_RESET = 'passwordReset';
export const FORCED = 'forced';

/**
 * R5.5, below the stop of login tokens, which needs no request. The customer's group is never among it: companies and
 * masquerades decide about it. Nobody can delete a super admin over the API; without companies it can do nothing.
 */
export function b2bLadder({ ladder, liftPasswordReset }: B2bTarget): readonly Rung[] {
  const { deleteUser, password, parking, delete: removal } = ladder;
  const rungs: readonly (Rung | undefined)[] = [
    {
      id: 'unassign',
      title: 'looks after no company any more',
      afterMs: 0,
      image: { companies: [] },
    },
    {
      id: 'delete-user',
      title: 'not a user of the company any more; the customer stays',
      afterMs: deleteUser,
      image: { company: '', role: '' },
      // A company keeps its last user; nobody shall get in as that customer meanwhile.
      mayWait: true,
    },
    password
      ? {
          id: 'password',
          title: 'locked out: a random password, to be reset before anybody signs in with it',
          ...{ afterMs: deleteUser, act: LOCK_OUT },
          ...(liftPasswordReset && { image: { [PASSWORD_RESET]: FORCED } }),
        }
      : undefined,
    parking && {
      id: 'parking',
      title: `moved to channel ${parking.channelId}, where nobody can enter`,
      afterMs: parking.after,
      image: { channels: [String(parking.channelId)] },
    },
    removal && {
      id: 'delete',
      title: 'deleted; orders stay in the store',
      ...{ afterMs: removal.after, act: DELETE, removes: true },
    },
  ];
  return rungs.filter((rung) => rung !== undefined);
}
