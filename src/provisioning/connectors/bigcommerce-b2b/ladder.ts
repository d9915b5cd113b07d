import { deleteRung, parkingRung, passwordRung } from '../../bigcommerce/customer-rungs.ts';
import type { Rung } from '../../connector/ladder.ts';
import type { B2bTarget } from './config.ts';

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
    password ? passwordRung(deleteUser, liftPasswordReset) : undefined,
    parking && parkingRung(parking),
    removal && deleteRung(removal),
  ];
  return rungs.filter((rung) => rung !== undefined);
}
