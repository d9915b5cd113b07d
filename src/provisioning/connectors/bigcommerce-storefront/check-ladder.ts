import type { Problem } from '../../../base/index.ts';
import type { TargetParty } from '../../connector/connector.ts';
import { StorefrontAccess, type StorefrontTarget } from './config.ts';

/** At least one rung that can be undone stands before deleting; what rungs use is used by nothing else. */
export function checkLadder(
  { ladder }: StorefrontTarget,
  parties: readonly TargetParty[],
): readonly Problem[] {
  const storefronts = parties.flatMap(({ id, access }) => {
    const parsed = StorefrontAccess.safeParse(access);
    return parsed.success ? [{ id, ...parsed.data }] : [];
  });
  const { parking, group } = ladder;
  const problems: Problem[] = [...checkOrder(ladder)];
  const entered = storefronts.find(({ channelId }) => channelId === parking?.channelId);
  if (entered) {
    problems.push({
      path: 'ladder.parking.channelId',
      message: `channel ${entered.channelId} is where ${entered.id} is entered; use a channel that nobody enters`,
    });
  }
  const named = storefronts.find(({ roles }) =>
    roles.some(({ customerGroup }) => customerGroup === group?.name),
  );
  if (group && named) {
    problems.push({
      path: 'ladder.group.name',
      message: `a role of ${named.id} gives the group "${group.name}"; use a group without access to anything`,
    });
  }
  return problems;
}

function checkOrder({
  password,
  parking,
  group,
  delete: removal,
}: StorefrontTarget['ladder']): readonly Problem[] {
  if (!password && !parking && !group) {
    return [
      {
        path: 'ladder',
        message:
          'nothing that can be undone happens when access ends; keep password: true, or set parking or group',
      },
    ];
  }
  const delays = [
    ...(password ? [] : [{ name: '', after: 0 }]),
    ...(parking ? [{ name: 'parking', after: parking.after }] : []),
    ...(group ? [{ name: 'group', after: group.after }] : []),
    ...(removal ? [{ name: 'delete', after: removal.after }] : []),
  ];
  const [first] = password ? [] : delays.slice(1);
  if (first && first.after > 0) {
    return [
      {
        path: `ladder.${first.name}.after`,
        message: 'the first rung is taken at once; remove after, or keep password: true before it',
      },
    ];
  }
  return delays.flatMap(({ name, after }, index) => {
    const before = delays[index - 1];
    if (!before || before.name === '' || after >= before.after) return [];
    return [
      {
        path: `ladder.${name}.after`,
        message: `shorter than that of ${before.name}; rungs are taken in order`,
      },
    ];
  });
}
