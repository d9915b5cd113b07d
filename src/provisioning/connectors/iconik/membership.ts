import type { AccountImage } from '../../connector/account-image.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import {
  afterWrites,
  blocked,
  failedWrite,
  MAY_NOT_ADD,
  MAY_NOT_REMOVE,
  type NotOk,
  TEAMS_BY_HAND,
} from './answers.ts';
import { groupCalls, type UserChange, userCalls } from './calls.ts';
import { type IconikFacts, idsOf } from './facts.ts';
import type { IconikAnswer, IconikApi } from './iconik-api.ts';
import type { User } from './schema.ts';
import { type Membership, membershipOf } from './user-image.ts';

export type MembershipStep = { readonly kind: 'join' | 'primary' | 'leave'; readonly group: string };

export type WantedMembership = {
  /** Groups besides the primary one; undefined leaves them as they are. */
  readonly others?: readonly string[];
  readonly primary?: string;
  /** Belong to the account whatever this request takes away. */
  readonly keep: readonly string[];
  /** Whether the former primary group is left when another takes its place. */
  readonly dropsFormer: boolean;
};

/**
 * What leads from here to there. iconik does not let a user leave the primary group, so a swap joins the new one
 * first, makes it primary, and leaves the old one then; other groups are left before any is joined.
 */
export function planMembership(now: Membership, wanted: WantedMembership): readonly MembershipStep[] {
  const { members, primary: former } = now;
  const primary = wanted.primary ?? former;
  const others = wanted.others ?? members.filter((id) => id !== former);
  const swaps = primary !== undefined && primary !== former;
  const leaves = members.filter((id) => {
    if (id === primary || others.includes(id) || wanted.keep.includes(id)) return false;
    return id === former ? swaps && wanted.dropsFormer : true;
  });
  const joins = others.filter((id) => !members.includes(id) && id !== primary);
  return [
    ...(swaps && !members.includes(primary) ? [{ kind: 'join', group: primary } as const] : []),
    ...(swaps ? [{ kind: 'primary', group: primary } as const] : []),
    ...leaves.map((group) => ({ kind: 'leave', group }) as const),
    ...joins.map((group) => ({ kind: 'join', group }) as const),
  ];
}

export type MembershipNeeds = {
  readonly api: IconikApi;
  readonly facts: IconikFacts;
  /** Names that roles of the configuration stand for. */
  readonly managed: readonly string[];
  readonly onExtra: 'leave' | 'remove';
};
type Written =
  | { readonly outcome: 'user'; readonly user: User; readonly steps: readonly MembershipStep[] }
  | { readonly outcome: 'failed'; readonly answer: WriteAnswer };

/** Reads the record, since lists and earlier answers may be behind, and sends what is missing. Safe to repeat. */
export async function writeMembership(
  needs: MembershipNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<Written> {
  const read = await needs.api.send(userCalls.read(request.externalId), budget);
  if (read.outcome !== 'ok') return failed(failedWrite(read));
  if (read.body.status === 'DELETED') return failed({ outcome: 'gone' });
  const steps = planMembership(membershipOf(read.body), wantedOf(needs, request, read.body));
  return needs.facts.model === 'teams'
    ? writeTeams(needs, request, read.body, steps, budget)
    : writeGroups(needs, read.body, steps, budget);
}

const failed = (answer: WriteAnswer): Written => ({ outcome: 'failed', answer });

function wantedOf(needs: MembershipNeeds, request: UpdateRequest, user: User): WantedMembership {
  const { changes, desired, refs } = request;
  const ids = (names: readonly string[]): readonly string[] => idsOf(needs.facts.groups, names);
  const primary = textOf(changes, 'primaryGroup');
  const former = membershipOf(user).primary;
  const isOurs = former !== undefined && (refs['primary'] === former || ids(known(needs)).includes(former));
  return {
    ...('groups' in changes && { others: ids(listOf(changes, 'groups')) }),
    ...(primary !== '' && { primary: ids([primary])[0] ?? '' }),
    keep: ids([...listOf(desired, 'groups'), ...[textOf(desired, 'primaryGroup')].filter(Boolean)]),
    // A group that somebody else made the primary one was given by hand: it stays as such.
    dropsFormer: isOurs || needs.onExtra === 'remove',
  };
}

function known({ facts, managed }: MembershipNeeds): readonly string[] {
  return managed.filter((name) => facts.groups.ids[name] !== undefined);
}

/** One call for each membership: nobody else's change to the list can be overwritten. */
async function writeGroups(
  needs: MembershipNeeds,
  before: User,
  steps: readonly MembershipStep[],
  budget: CallBudget,
): Promise<Written> {
  let user = before;
  for (const [index, step] of steps.entries()) {
    const answer = await sendStep(needs.api, user, step, budget);
    if (answer.outcome !== 'ok') return failed(afterWrites(refusedStep(needs, step, answer), index));
    user = answer.body;
  }
  return { outcome: 'user', user, steps };
}

async function sendStep(
  api: IconikApi,
  user: User,
  { kind, group }: MembershipStep,
  budget: CallBudget,
): Promise<IconikAnswer<User>> {
  if (kind === 'primary') {
    return api.send(userCalls.change(user.id, withNeighbours(user, { primary_group: group })), budget);
  }
  const call =
    kind === 'join' ? groupCalls.addMember(group, user.id) : groupCalls.removeMember(group, user.id);
  const answer = await api.send(call, budget);
  if (answer.outcome !== 'missing' && answer.outcome !== 'invalid') return answer;
  // The user or the group is gone, or somebody was faster: the record tells.
  const again = await api.send(userCalls.read(user.id), budget);
  if (again.outcome !== 'ok') return again;
  const isMember = membershipOf(again.body).members.includes(group);
  if (isMember === (kind === 'join')) return again;
  return { outcome: 'invalid', status: 404, fields: ['groups'], objection: 'other' };
}

function refusedStep({ facts }: MembershipNeeds, { kind }: MembershipStep, answer: NotOk): WriteAnswer {
  const role = kind === 'leave' ? 'can_delete_groups' : 'can_write_groups';
  const isRefused =
    answer.outcome === 'unavailable' &&
    (answer.code === 'provisioning.forbidden' ||
      (answer.code === 'provisioning.token_revoked' && facts.missingRoles.includes(role)));
  if (isRefused && kind === 'leave') return blocked(MAY_NOT_REMOVE);
  if (isRefused && kind === 'join') return blocked(MAY_NOT_ADD);
  return failedWrite(answer);
}

/** How single teams are written is in no public document; the fields of the user carry whole lists. */
async function writeTeams(
  { api, facts }: MembershipNeeds,
  { changes }: UpdateRequest,
  before: User,
  steps: readonly MembershipStep[],
  budget: CallBudget,
): Promise<Written> {
  const now = membershipOf(before);
  const left = steps.flatMap(({ kind, group }) => (kind === 'leave' ? [group] : []));
  const joined = steps.flatMap(({ kind, group }) => (kind === 'join' ? [group] : []));
  const primary = steps.find(({ kind }) => kind === 'primary')?.group;
  const members = [...now.members.filter((id) => !left.includes(id)), ...joined];
  const roleGroups =
    'roleGroups' in changes ? idsOf(facts.roleGroups, listOf(changes, 'roleGroups')) : undefined;
  if (steps.length === 0 && (roleGroups === undefined || isSame(roleGroups, now.roleGroups))) {
    return { outcome: 'user', user: before, steps };
  }
  const change = {
    ...(steps.length > 0 && membershipBody(facts, members, primary)),
    ...(roleGroups && { role_groups: roleGroups }),
  };
  const answer = await api.send(userCalls.change(before.id, withNeighbours(before, change)), budget);
  if (answer.outcome === 'ok') return { outcome: 'user', user: answer.body, steps };
  const isRefused = answer.outcome === 'unavailable' && answer.code === 'provisioning.forbidden';
  return failed(isRefused ? blocked(TEAMS_BY_HAND) : failedWrite(answer));
}

/** Memberships as fields of a user, under the names that the domain uses. */
export function membershipBody(
  { model, teamFields }: IconikFacts,
  members: readonly string[],
  primary: string | undefined,
): UserChange {
  return model === 'teams' && teamFields === 'teams'
    ? { teams: members, ...(primary !== undefined && { primary_team: primary }) }
    : { groups: members, ...(primary !== undefined && { primary_group: primary }) };
}

/** The description names two fields as required in every change; repeated, they change nothing. */
function withNeighbours(user: User, change: UserChange): UserChange {
  return { first_name: user.first_name, type: user.type, ...change };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}

export function listOf(image: AccountImage, field: string): readonly string[] {
  const value = image[field];
  return Array.isArray(value) ? value.map(String) : [];
}

export function textOf(image: AccountImage, field: string): string {
  const value = image[field];
  return typeof value === 'string' ? value : '';
}
