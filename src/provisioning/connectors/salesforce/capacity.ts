import { z } from 'zod';
import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, Seats } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { OrgFacts } from './facts.ts';
import { query } from './read-users.ts';
import { membersOf } from './rights-requests.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { queryPage } from './schema.ts';

const Count = z.object({ Id: z.string(), TotalLicenses: z.int(), UsedLicenses: z.int() });
const CountPage = queryPage(Count);

type CapacityAnswer = { readonly outcome: 'capacity'; readonly reasons: readonly string[] } | CallFailed;

/**
 * Whether there are seats for what is about to be written. What was read an hour ago is believed when it shows free
 * seats, for Salesforce checks again; when it shows none, the organization is asked before anybody is turned away.
 *
 * @returns reasons that people can act on; none when there is room.
 */
async function checkCapacity(
  api: SalesforceApi,
  facts: OrgFacts,
  needed: { readonly profile: string | undefined; readonly licences: readonly string[] },
  budget: CallBudget,
): Promise<CapacityAnswer> {
  const userLicence = facts.profiles[needed.profile ?? '']?.licence;
  const seats = userLicence === undefined ? undefined : facts.licences[userLicence];
  const full = [
    ...(userLicence !== undefined && seats && seats.used >= seats.total
      ? [{ id: userLicence, what: userLicenceOf(seats), object: 'UserLicense' }]
      : []),
    ...needed.licences.flatMap((name) => {
      const known = facts.permissionSetLicenses[name];
      if (!known || known.used < known.total) return [];
      return [{ id: known.id, what: setLicenceOf(known), object: 'PermissionSetLicense' }];
    }),
  ];
  if (full.length === 0) return { outcome: 'capacity', reasons: [] };
  const requests = full
    .slice(0, 5)
    .map(({ id, object }, index) =>
      query(`count${index}`, `SELECT Id, TotalLicenses, UsedLicenses FROM ${object} WHERE Id = '${id}'`),
    );
  const answer = await api.composite(requests, { allOrNone: false, writes: false }, budget);
  if (answer.outcome === 'unavailable') return answer;
  const reasons = full.slice(0, 5).flatMap(({ what }, index) => {
    const result = answer.results.get(`count${index}`);
    const page = CountPage.safeParse(result?.outcome === 'ok' ? result.body : undefined);
    const count = page.success ? page.data.records[0] : undefined;
    if (!count || count.UsedLicenses < count.TotalLicenses) return [];
    return [
      `all ${count.TotalLicenses} seats of ${what} are used; buy more, or deactivate users who no longer sign in`,
    ];
  });
  return { outcome: 'capacity', reasons };
}

type Named = { readonly name: string };
const userLicenceOf = ({ name }: Named): string => `user licence ${name}`;
const setLicenceOf = ({ name }: Named): string => `permission set licence ${name}`;

/** What was bought and what is used of it. */
export function seatsOf({ licences, permissionSetLicenses }: OrgFacts): readonly Seats[] {
  return [
    ...Object.values(licences).map((each) => ({ ...each, what: userLicenceOf(each) })),
    ...Object.values(permissionSetLicenses).map((each) => ({ ...each, what: setLicenceOf(each) })),
  ].map(({ what, total, used }) => ({ what, total, used }));
}

/** Names of the seats that becoming `after` takes. */
export function seatsTaken(facts: OrgFacts, before: AccountImage, after: AccountImage): readonly string[] {
  const { profile = '', licences } = seatsNeeded(facts, before, after);
  const own = facts.licences[facts.profiles[profile]?.licence ?? ''];
  const sets = licences.flatMap((name) => facts.permissionSetLicenses[name] ?? []);
  return [...(own ? [userLicenceOf(own)] : []), ...sets.map(setLicenceOf)];
}

/** Why somebody who is at `current` cannot be given `changes` for lack of seats; undefined when there is room. */
export async function seatsLacking(
  { api, facts }: { readonly api: SalesforceApi; readonly facts: OrgFacts },
  current: AccountImage,
  changes: AccountImage,
  budget: CallBudget,
): Promise<CallFailed | { readonly outcome: 'blocked'; readonly reasons: readonly string[] } | undefined> {
  const capacity = await checkCapacity(api, facts, seatsNeeded(facts, current, changes), budget);
  if (capacity.outcome === 'unavailable') return capacity;
  return capacity.reasons.length > 0 ? { outcome: 'blocked', reasons: capacity.reasons } : undefined;
}

/** Permission set licences that come, and the profile if it takes a seat that the account does not have yet. */
function seatsNeeded(
  facts: OrgFacts,
  current: AccountImage,
  changes: AccountImage,
): { readonly profile: string | undefined; readonly licences: readonly string[] } {
  const isActive = current['active'] === 'yes';
  const becomesActive = changes['active'] === 'yes' && !isActive;
  const profile = String(changes['profile'] ?? current['profile'] ?? '');
  const licenceOf = (name: unknown): string | undefined => facts.profiles[String(name)]?.licence;
  const moves = isActive && 'profile' in changes && licenceOf(profile) !== licenceOf(current['profile']);
  const before = membersOf(current, 'permissionSetLicenses');
  return {
    profile: becomesActive || moves ? profile : undefined,
    licences: membersOf(changes, 'permissionSetLicenses').filter((name) => !before.includes(name)),
  };
}
