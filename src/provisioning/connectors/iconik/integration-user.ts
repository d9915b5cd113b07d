import { DAY, type Problem } from '../../../base/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { failedRead } from './answers.ts';
import { trustCalls, userCalls } from './calls.ts';
import type { PrepareNeeds } from './prepare-needs.ts';
import type { User } from './schema.ts';
import { isAdministrator } from './user-image.ts';

export type OwnStanding = {
  readonly outcome: 'known';
  readonly user: User;
  readonly missingRoles: readonly string[];
};

const SOON_MS = 14 * DAY;

/** Who we are there and what we may do: the roles of our own user, the end of our token, the state of the domain. */
export async function readOwnStanding(
  needs: PrepareNeeds,
  problems: Problem[],
): Promise<OwnStanding | CallFailed> {
  const { api, budget } = needs;
  const current = await api.send(userCalls.current(), budget);
  if (current.outcome !== 'ok') return failedRead(current);
  await checkToken(needs, problems);
  const user = current.body;
  if (isAdministrator(user)) return { outcome: 'known', user, missingRoles: [] };
  const roles = await api.send(userCalls.currentRoles(), budget);
  if (roles.outcome !== 'ok') return failedRead(roles);
  const missing = neededRoles(needs).filter(([role]) => !roles.body.objects.includes(role));
  for (const [role, use] of missing) {
    problems.push({
      path: 'credentials',
      message: `the integration user lacks ${role}: ${use}; add the role to one of its groups`,
    });
  }
  return { outcome: 'known', user, missingRoles: missing.map(([role]) => role) };
}

type Need = readonly [role: string, use: string];

const ALWAYS: readonly Need[] = [
  ['can_read_users', 'users cannot be found'],
  ['can_create_users', 'nobody new gets in'],
  ['can_write_users', 'users cannot be changed or deactivated'],
  ['can_read_groups', 'groups cannot be found by name'],
  ['can_write_groups', 'nobody can be put into a group'],
  ['can_delete_groups', 'nobody can be taken out of a group, which iconik ties to this role'],
  ['can_manage_all_shares', 'shares of people who leave are not listed'],
];
const FOR_PROJECTS: readonly Need[] = [
  ['can_read_collections', 'collections of projects cannot be found'],
  ['can_read_acls', 'access to projects cannot be read back'],
  ['can_write_acls', 'access to projects cannot be given'],
  ['can_delete_acls', 'access to projects cannot be taken away'],
];
const FOR_TRUST: readonly Need[] = [
  ['can_read_identity_providers', 'our identity provider is not found'],
  ['can_write_identity_providers', 'our identity provider cannot be set up'],
];
const FOR_MAPPINGS: readonly Need[] = [
  ['can_read_group_mappings', 'group mappings cannot be compared'],
  ['can_write_group_mappings', 'group mappings cannot be made'],
  ['can_delete_group_mappings', 'group mappings cannot be changed'],
];

function neededRoles({ settings, named }: PrepareNeeds): readonly Need[] {
  const { identityProvider } = settings;
  const maps = Object.keys(identityProvider?.groupMappings ?? {}).length > 0;
  return [
    ...ALWAYS,
    ...(named.collections.length > 0 ? FOR_PROJECTS : []),
    ...(identityProvider ? FOR_TRUST : []),
    ...(maps ? FOR_MAPPINGS : []),
  ];
}

/** Nothing here keeps us from working: a token that cannot look at itself still does its work. */
async function checkToken({ api, budget, clock }: PrepareNeeds, problems: Problem[]): Promise<void> {
  const answer = await api.send(trustCalls.token(), budget);
  if (answer.outcome !== 'ok') return;
  const { expires, system_domain_status: status } = answer.body;
  // OAuth tokens live for minutes and are renewed by themselves.
  const left = expires ? expires.getTime() - clock.now().getTime() : undefined;
  if (left !== undefined && left < SOON_MS && left > DAY) {
    const day = expires?.toISOString().slice(0, 10);
    problems.push({
      path: 'credentials',
      message: `the token ends on ${day}; put a new one first in the list`,
    });
  }
  if (status !== '' && status !== 'ACTIVE') {
    problems.push({ path: 'url', message: `iconik says that the domain is ${status}; ask iconik why` });
  }
}
