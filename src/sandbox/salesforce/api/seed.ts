import { createEmptyStore, type SalesforceStore } from '../store.ts';
import { addUser, type User } from '../users.ts';
import type { Fields, Row } from './records.ts';
import { seedGroups } from './seed-groups.ts';
import { seedRights } from './seed-rights.ts';

/** What the demo's configuration names; secrets of a world that exists nowhere. */
export const INTEGRATION = {
  consumerKey: 'halden-external-client-app-vestibule',
  consumerSecret: 'sandbox-secret-of-salesforce-integration-0000000000',
  username: 'vestibule@halden.example.org62',
} as const;

/**
 * The Halden organization: profiles and what belongs to them, groups, territories, an administrator without
 * Federation ID, the integration's user, and somebody who left long ago and still owns records. Nobody of the
 * directory has a user yet.
 */
export function createOrganization(now: () => Date): SalesforceStore {
  const store = createEmptyStore(now);
  const { profiles, roles } = seedRights(store.records);
  const user = (fields: Fields, profile: string, role?: string): User =>
    addUser(store, {
      ...fields,
      ProfileId: profiles.get(profile)?.Id ?? '',
      UserRoleId: roles.get(role ?? '')?.Id ?? null,
    });
  const setup = user(
    {
      Username: 'setup@halden.example.org62',
      FirstName: 'Setup',
      LastName: 'Administrator',
      Email: 'it@halden.example',
    },
    'System Administrator',
    'Chief Executive Officer',
  );
  const integration = user(
    { Username: INTEGRATION.username, LastName: 'Vestibule Integration', Email: 'it@halden.example' },
    'Minimum Access - API Only Integrations',
  );
  const orphan = user(
    {
      ...{ Username: 'greta.vollmer@halden.example.org62', FirstName: 'Greta', LastName: 'Vollmer' },
      ...{ Email: 'greta.vollmer@halden.example', Department: 'Sales', Title: 'Account Executive' },
    },
    'Standard User',
    'Sales EMEA',
  );
  seedGroups(store.records, setup.Id, orphan.Id);
  seedBusiness(store, setup, orphan);
  store.blockers.set(setup.Id, ['You cannot deactivate a user who is the Default Workflow User']);
  for (const name of ['dup@halden.example', 'dup@halden.example.org62']) store.takenElsewhere.add(name);
  store.apps.push({
    ...{ label: 'Vestibule', consumerKey: INTEGRATION.consumerKey, runAs: integration.Id },
    ...{ consumerSecret: INTEGRATION.consumerSecret, certificatePem: null },
  });
  return store;
}

function seedBusiness({ records }: SalesforceStore, setup: User, orphan: User): void {
  const own = (owner: User): Fields => ({ OwnerId: owner.Id });
  const account = (Name: string, owner: User, IsPartner = false): Row =>
    records.insert('Account', { Name, AccountNumber: null, IsPartner, ...own(owner) });
  const hotels = account('Nordhafen Hotels', orphan);
  account('Prairie Outfitters', setup);
  const agency = account('Brightline Agency', setup, true);
  records.insert('Contact', {
    ...{ FirstName: 'Olu', LastName: 'Adeyemi', Email: 'olu@halden.example' },
    ...{ AccountId: agency.Id, ...own(setup) },
  });
  for (const [StageName, Name] of [
    ['Prospecting', 'Stoneware for nine houses'],
    ['Negotiation', 'Linen for the new wing'],
    ['Closed Won', 'Glassware 2024'],
  ] as const) {
    const CloseDate = '2026-12-31';
    records.insert('Opportunity', { Name, StageName, CloseDate, AccountId: hotels.Id, ...own(orphan) });
  }
  for (const [Status, Subject] of [
    ['New', 'Broken plates in the last delivery'],
    ['Working', 'Invoice to another address'],
    ['Closed', 'Colours of the autumn range'],
  ] as const) {
    const CaseNumber = String(1001 + records.count('Case')).padStart(8, '0');
    records.insert('Case', { CaseNumber, Status, Subject, AccountId: hotels.Id, ...own(orphan) });
  }
}
