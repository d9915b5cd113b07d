import { z } from 'zod';
import type { Problem } from '../../../base/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import { missingField } from './contact.ts';
import { NO_FACTS, type OrgFacts } from './facts.ts';
import { unavailable } from './failures.ts';
import { orgProblems } from './org-problems.ts';
import { ownUser } from './own-user.ts';
import { query } from './read-users.ts';
import { hasPartners, managedNames, type Party, territoryOf } from './role-meaning.ts';
import type { SalesforceApi, SubRequest, SubResult } from './salesforce-api.ts';
import { Describe, queryPage } from './schema.ts';
import { quotedList } from './soql.ts';
import { ADMINISTRATION, administers } from './special-users.ts';
import { SELF_UNKNOWN } from './untouchable.ts';
import { plainFields } from './user-fields.ts';

type Needs = {
  readonly target: string;
  readonly log: Log;
  readonly api: SalesforceApi;
  readonly settings: SalesforceTarget;
  readonly parties: readonly Party[];
};
export type PreparedOrg =
  | { readonly outcome: 'prepared'; readonly facts: OrgFacts; readonly problems: readonly Problem[] }
  | CallFailed;

const Text = z.string().nullish();
/** What makes a permission set one that nobody from outside may have. */
const PRIVILEGES = ['ModifyAllData', 'ViewAllData', 'CustomizeApplication', 'AuthorApex', 'ManageUsers'].map(
  (name) => `Permissions${name}`,
);
const Privileged = z.looseObject({ Id: z.string(), Name: z.string(), LicenseId: Text });
const PAGES = {
  profiles: queryPage(
    z.looseObject({ Id: z.string(), Name: z.string(), UserLicenseId: Text, UserType: Text }),
  ),
  roles: queryPage(z.object({ Id: z.string(), DeveloperName: Text })),
  sets: queryPage(Privileged),
  setGroups: queryPage(z.object({ Id: z.string(), DeveloperName: z.string() })),
  components: queryPage(z.object({ PermissionSetGroupId: z.string(), PermissionSet: Privileged.nullish() })),
  setLicences: queryPage(
    z.object({
      ...{ Id: z.string(), DeveloperName: z.string(), MasterLabel: Text },
      ...{ TotalLicenses: z.int(), UsedLicenses: z.int() },
    }),
  ),
  licences: queryPage(
    z.object({ Id: z.string(), Name: z.string(), TotalLicenses: z.int(), UsedLicenses: z.int() }),
  ),
  groups: queryPage(z.object({ Id: z.string(), DeveloperName: Text, Type: z.string() })),
  territories: queryPage(z.object({ Id: z.string(), DeveloperName: z.string() })),
} as const;
type Part = keyof typeof PAGES;

/** Reads the ids of the names that roles use, capacity, and the fields of User: four calls, about hourly. */
export async function prepareOrg(needs: Needs, budget: CallBudget): Promise<PreparedOrg> {
  const { api, settings, parties } = needs;
  const described = await api.get('/sobjects/User/describe', Describe, budget);
  if (described.outcome === 'unavailable') return described;
  if (described.outcome === 'error') {
    const { apiVersion } = settings;
    needs.log.error('Salesforce does not serve this; is its API as new as apiVersion?', {
      ...{ target: needs.target, apiVersion, status: described.status },
    });
    return unavailable('provisioning.bad_answer');
  }
  const results = await readParts(needs, budget);
  if (results.outcome === 'unavailable') return results;
  const self = await ownUser(api, settings, budget);
  if (typeof self !== 'string') return self;
  const token = await api.token(budget);
  const facts: OrgFacts = {
    ...NO_FACTS,
    self,
    fields: fieldsOf(settings, described.body),
    ...namesOf(results.parts),
  };
  const host = token?.instanceUrl === undefined ? undefined : hostOf(token.instanceUrl);
  const problems = [
    ...orgProblems(facts, settings, parties),
    ...(self === '' ? [{ path: 'auth', message: SELF_UNKNOWN }] : []),
    ...(await contactProblems(needs, budget)),
    ...(host !== undefined && host !== settings.url.host
      ? [{ path: 'url', message: `Salesforce says that the organization is at ${host}; write its My Domain` }]
      : []),
  ];
  return { outcome: 'prepared', facts, problems };
}

function hostOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).host : undefined;
}

type Parts = { readonly [P in Part]: z.infer<(typeof PAGES)[P]>['records'] };
type PartsAnswer =
  | { readonly outcome: 'parts'; readonly parts: Parts & { hasTerritories: boolean } }
  | CallFailed;

/** A composite request holds five queries at most. */
const PORTIONS: readonly (readonly Part[])[] = [
  ['profiles', 'roles', 'sets', 'setGroups', 'components'],
  ['setLicences', 'licences', 'groups', 'territories'],
];

async function readParts(needs: Needs, budget: CallBudget): Promise<PartsAnswer> {
  const queries = queriesOf(needs.parties);
  const results = new Map<string, SubResult>();
  for (const portion of PORTIONS) {
    const requests = portion.map((part): SubRequest => query(part, queries[part]));
    const answer = await needs.api.composite(requests, { allOrNone: false, writes: false }, budget);
    if (answer.outcome === 'unavailable') return answer;
    for (const [id, result] of answer.results) results.set(id, result);
  }
  // Sales Territories are an option that most organizations do not have: then the object is unknown.
  const hasTerritories = results.get('territories')?.outcome === 'ok';
  const parts: Partial<Record<Part, unknown>> = {};
  for (const part of Object.keys(PAGES) as Part[]) {
    if (part === 'territories' && !hasTerritories) parts[part] = [];
    else {
      const records = await allRecords(needs.api, part, results.get(part), budget);
      if (!Array.isArray(records)) return records as CallFailed;
      parts[part] = records;
    }
  }
  // Every part was parsed by its own schema.
  return { outcome: 'parts', parts: { ...(parts as Parts), hasTerritories } };
}

const MOST_PAGES = 50;

/** The first page came with the others; the rest, which few organizations have, is asked for. */
async function allRecords(
  api: SalesforceApi,
  part: Part,
  first: SubResult | undefined,
  budget: CallBudget,
): Promise<readonly unknown[] | CallFailed> {
  if (first?.outcome !== 'ok') return unavailable('provisioning.forbidden');
  let page = PAGES[part].safeParse(first.body);
  const records: unknown[] = [];
  for (let count = 0; count < MOST_PAGES && page.success; count += 1) {
    records.push(...page.data.records);
    const next = page.data.nextRecordsUrl;
    if (page.data.done || next === undefined) return records;
    const answer = await api.page({ next }, PAGES[part] as z.ZodType, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'error') break;
    page = PAGES[part].safeParse(answer.body);
  }
  return unavailable('provisioning.bad_answer');
}

function queriesOf(parties: readonly Party[]): Readonly<Record<Part, string>> {
  const names = managedNames(parties);
  const roles = parties.flatMap((party) => party.roles.flatMap(({ means }) => means.role ?? []));
  const privileges = PRIVILEGES.join(', ');
  const territories = names.territories.map((member) => territoryOf(member).name);
  return {
    profiles: `SELECT Id, Name, UserLicenseId, UserType, ${ADMINISTRATION.join(', ')} FROM Profile`,
    roles: `SELECT Id, DeveloperName FROM UserRole WHERE DeveloperName IN ${quotedList(roles)}`,
    sets: `SELECT Id, Name, LicenseId, ${privileges} FROM PermissionSet WHERE IsOwnedByProfile = false AND Name IN ${quotedList(names.permissionSets)}`,
    setGroups: `SELECT Id, DeveloperName FROM PermissionSetGroup WHERE DeveloperName IN ${quotedList(names.permissionSetGroups)}`,
    components: `SELECT PermissionSetGroupId, PermissionSet.Id, PermissionSet.Name, PermissionSet.LicenseId, ${PRIVILEGES.map((name) => `PermissionSet.${name}`).join(', ')} FROM PermissionSetGroupComponent WHERE PermissionSetGroup.DeveloperName IN ${quotedList(names.permissionSetGroups)}`,
    setLicences:
      'SELECT Id, DeveloperName, MasterLabel, TotalLicenses, UsedLicenses FROM PermissionSetLicense',
    licences: 'SELECT Id, Name, TotalLicenses, UsedLicenses FROM UserLicense',
    groups: `SELECT Id, DeveloperName, Type FROM Group WHERE Type IN ('Regular', 'Queue') AND DeveloperName IN ${quotedList([...names.groups, ...names.queues])}`,
    territories: `SELECT Id, DeveloperName FROM Territory2 WHERE Territory2Model.State = 'Active' AND DeveloperName IN ${quotedList(territories)}`,
  };
}

function namesOf(parts: Parts & { hasTerritories: boolean }): Omit<OrgFacts, 'self' | 'fields'> {
  const groupsOf = (type: string) =>
    byName(parts.groups.filter(({ Type }) => Type === type).map((each) => [each.DeveloperName, each.Id]));
  return {
    profiles: byName(
      parts.profiles.map((profile) => {
        const { Id: id, Name, UserLicenseId, UserType } = profile;
        const reach = { userType: UserType ?? 'Standard', administers: administers(profile) };
        return [Name, { id, licence: UserLicenseId ?? '', ...reach }];
      }),
    ),
    roles: byName(parts.roles.map(({ Id, DeveloperName }) => [DeveloperName, Id])),
    permissionSets: byName(
      parts.sets.map((set) => [
        set.Name,
        { id: set.Id, ...reachOf([set]), ...(set.LicenseId && { licence: set.LicenseId }) },
      ]),
    ),
    permissionSetGroups: byName(
      parts.setGroups.map(({ Id, DeveloperName }) => {
        const sets = parts.components
          .filter((component) => component.PermissionSetGroupId === Id)
          .flatMap(({ PermissionSet }) => PermissionSet ?? []);
        const licences = sets.flatMap(({ LicenseId }) => LicenseId ?? []);
        return [DeveloperName, { id: Id, licences, ...reachOf(sets) }];
      }),
    ),
    permissionSetLicenses: byName(
      parts.setLicences.map((each) => [
        each.DeveloperName,
        {
          ...{ id: each.Id, name: each.MasterLabel ?? each.DeveloperName },
          ...{ total: each.TotalLicenses, used: each.UsedLicenses },
        },
      ]),
    ),
    licences: byName(
      parts.licences.map(({ Id, Name, TotalLicenses: total, UsedLicenses: used }) => [
        Id,
        { name: Name, total, used },
      ]),
    ),
    groups: groupsOf('Regular'),
    queues: groupsOf('Queue'),
    territories: byName(parts.territories.map(({ Id, DeveloperName }) => [DeveloperName, Id])),
    hasTerritories: parts.hasTerritories,
  };
}

/** A name that two have, such as one of a package beside one of the organization, means neither. */
function byName<T>(entries: readonly (readonly [string | null | undefined, T])[]): Record<string, T> {
  const named = entries.filter((entry): entry is [string, T] => typeof entry[0] === 'string');
  const groups = Map.groupBy(named, ([name]) => name);
  return Object.fromEntries(named.filter(([name]) => groups.get(name)?.length === 1));
}

type Permissions = Readonly<Record<string, unknown>>;

function reachOf(sets: readonly Permissions[]): {
  readonly isPrivileged: boolean;
  readonly administers: boolean;
} {
  return {
    isPrivileged: sets.some((set) => PRIVILEGES.some((name) => set[name] === true)),
    administers: sets.some(administers),
  };
}

/** Contacts are known by a field that an administrator makes. */
async function contactProblems(
  { api, settings, parties }: Needs,
  budget: CallBudget,
): Promise<readonly Problem[]> {
  if (!hasPartners(parties)) return [];
  const answer = await api.get('/sobjects/Contact/describe', Describe, budget);
  if (answer.outcome === 'unavailable') return [];
  const fields = answer.outcome === 'ok' ? answer.body.fields : [];
  const known = fields.find(({ name }) => name === settings.contacts.field);
  return known?.createable ? [] : [{ path: 'contacts.field', message: missingField(settings) }];
}

function fieldsOf(settings: SalesforceTarget, { fields }: z.infer<typeof Describe>): OrgFacts['fields'] {
  const ours = new Set(Object.values(plainFields(settings)));
  return Object.fromEntries(
    fields
      .filter(({ name }) => ours.has(name))
      .map(({ name, length, createable, updateable, restrictedPicklist, picklistValues }) => [
        name,
        {
          ...{ length, writable: createable && updateable },
          ...(restrictedPicklist && {
            values: (picklistValues ?? []).filter(({ active }) => active).map(({ value }) => value),
          }),
        },
      ]),
  );
}
