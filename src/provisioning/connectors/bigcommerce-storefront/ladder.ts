import { deleteRung, parkingRung, passwordRung } from '../../bigcommerce/customer-rungs.ts';
import type { Rung } from '../../connector/ladder.ts';
import type { StorefrontTarget } from './config.ts';

/**
 * R5.5, below the stop of login tokens, which needs no request: nobody without an entitlement gets one. The first
 * rung is due at once, also at a window's edge; check-config.ts sees to it that deleting is never the first.
 */
export function storeLadder({ ladder, liftPasswordReset }: StorefrontTarget): readonly Rung[] {
  const { password, parking, group, delete: removal } = ladder;
  const rungs: readonly (Rung | undefined)[] = [
    password ? passwordRung(0, liftPasswordReset) : undefined,
    parking && parkingRung(parking),
    group && {
      id: 'group',
      title: `in the customer group ${group.name}, which sees nothing`,
      afterMs: group.after,
      image: { group: group.name },
    },
    removal && deleteRung(removal),
  ];
  return rungs
    .filter((rung) => rung !== undefined)
    .map((rung, at) => (at === 0 ? { ...rung, afterMs: 0 } : rung));
}
