import type { Rung } from '../../connector/ladder.ts';
import type { ScimTarget } from './config.ts';

/** Inactive at once; groups and the account itself later, if that is wanted (R3.3, R5.5). */
export function ladderOf({ ladder }: ScimTarget): readonly Rung[] {
  const { removeGroups, delete: deleteAfter } = ladder;
  return [
    {
      ...{ id: 'deactivate', title: 'inactive, nobody can sign in with it', afterMs: 0 },
      image: { active: 'no' },
    },
    ...(removeGroups === undefined
      ? []
      : [
          {
            ...{ id: 'remove-groups', title: 'without the groups of roles', afterMs: removeGroups },
            image: { active: 'no', groups: [] },
          },
        ]),
    ...(deleteAfter === undefined
      ? []
      : [
          {
            ...{ id: 'delete', title: 'deleted', afterMs: deleteAfter },
            ...{ act: 'delete', removes: true },
          },
        ]),
  ];
}
