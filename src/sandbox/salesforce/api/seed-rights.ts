import type { Fields, Records, Row } from './records.ts';

type Named = ReadonlyMap<string, Row>;

const LICENCES: readonly (readonly [name: string, key: string, seats: number])[] = [
  ['Salesforce', 'SFDC', 100],
  ['Salesforce Integration', 'SFDC_INTEGRATION', 5],
  ['Partner Community', 'PID_Partner_Community', 20],
  ['Salesforce Platform', 'PLATFORM', 10],
];

const NONE: Fields = {
  PermissionsModifyAllData: false,
  PermissionsViewAllData: false,
  PermissionsCustomizeApplication: false,
  PermissionsAuthorApex: false,
  PermissionsManageUsers: false,
  PermissionsApiEnabled: false,
};
const EVERYTHING: Fields = Object.fromEntries(Object.keys(NONE).map((name) => [name, true]));
const INTEGRATION: Fields = { ...NONE, PermissionsManageUsers: true, PermissionsApiEnabled: true };

type ProfileSeed = {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly userType?: string;
  readonly may?: Fields;
};
const PROFILES: readonly ProfileSeed[] = [
  { id: '00eHa000000ZAdmIAG', name: 'System Administrator', licence: 'Salesforce', may: EVERYTHING },
  { id: '00eHa000000ZStdIAG', name: 'Standard User', licence: 'Salesforce' },
  { id: '00eHa000000ZMinIAG', name: 'Minimum Access - Salesforce', licence: 'Salesforce' },
  { id: '00eHa000000ZSalIAG', name: 'Halden Sales', licence: 'Salesforce' },
  {
    ...{ id: '00eHa000000ZIntIAG', name: 'Minimum Access - API Only Integrations' },
    ...{ licence: 'Salesforce Integration', may: INTEGRATION },
  },
  {
    ...{ id: '00eHa000000ZParIAG', name: 'Halden Partner' },
    ...{ licence: 'Partner Community', userType: 'PowerPartner' },
  },
];

/** Name, what it hangs on, what it allows. */
const PERMISSION_SETS: readonly (readonly [name: string, label: string, licence: string, may?: Fields])[] = [
  ['Halden_Sales_Tools', 'Halden Sales Tools', 'Salesforce'],
  ['Halden_Forecasts', 'Halden Forecasts', 'Salesforce'],
  ['Halden_Order_Entry', 'Halden Order Entry', ''],
  ['Halden_Service_Console', 'Halden Service Console', 'SalesConsoleUser'],
  ['Halden_Partner_Portal', 'Halden Partner Portal', 'Partner Community'],
  ['Halden_Auditor', 'Halden Auditor', 'Salesforce', { ...NONE, PermissionsViewAllData: true }],
];

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Halden_Sales_Representative: ['Halden_Sales_Tools', 'Halden_Order_Entry'],
  Halden_Sales_Lead: ['Halden_Sales_Tools', 'Halden_Order_Entry', 'Halden_Forecasts'],
  Halden_Service_Agent: ['Halden_Service_Console', 'Halden_Order_Entry'],
};

const ROLES: readonly (readonly [id: string | undefined, name: string, above?: string])[] = [
  [undefined, 'Chief Executive Officer'],
  [undefined, 'Sales EMEA', 'Chief Executive Officer'],
  ['00EHa000000RSalMAG', 'Sales North America', 'Chief Executive Officer'],
  ['00EHa000000RSupMAG', 'Support', 'Chief Executive Officer'],
];

/** Licences, profiles, roles, permission sets and their groups. */
export function seedRights(records: Records): { readonly profiles: Named; readonly roles: Named } {
  const licences = new Map<string, Row>();
  for (const [Name, LicenseDefinitionKey, TotalLicenses] of LICENCES) {
    const fields = { Name, MasterLabel: Name, LicenseDefinitionKey, TotalLicenses, Status: 'Active' };
    licences.set(Name, records.insert('UserLicense', fields));
  }
  for (const [DeveloperName, MasterLabel, TotalLicenses] of [
    ['SalesConsoleUser', 'Service Console User', 2],
    ['EinsteinAnalyticsUser', 'Einstein Analytics', 1],
  ] as const) {
    const fields = { DeveloperName, MasterLabel, PermissionSetLicenseKey: DeveloperName, TotalLicenses };
    const row = records.insert('PermissionSetLicense', { ...fields, Status: 'Active', ExpirationDate: null });
    licences.set(DeveloperName, row);
  }
  const profiles = new Map(PROFILES.map((seed) => [seed.name, seedProfile(records, licences, seed)]));
  seedPermissionSets(records, licences);
  return { profiles, roles: seedRoles(records) };
}

function seedProfile(records: Records, licences: Named, seed: ProfileSeed): Row {
  const { id, name, licence, userType = 'Standard', may = NONE } = seed;
  const UserLicenseId = licences.get(licence)?.Id ?? null;
  const fields = { Name: name, UserLicenseId, UserType: userType, Description: null, ...may };
  const profile = records.insert('Profile', { Id: id, ...fields });
  // The permission set that the profile owns; its name is the id of the profile in the product's manner.
  records.insert('PermissionSet', {
    ...{ Name: `X${id.slice(0, 15)}`, Label: `${id.slice(0, 15)}`, Description: null, Type: 'Profile' },
    ...{ LicenseId: UserLicenseId, ProfileId: id, PermissionSetGroupId: null },
    ...{ IsOwnedByProfile: true, IsCustom: false, ...may },
  });
  return profile;
}

function seedPermissionSets(records: Records, licences: Named): void {
  const sets = new Map<string, Row>();
  const base = { ProfileId: null, IsOwnedByProfile: false, IsCustom: true, Description: null };
  for (const [Name, Label, licence, may = NONE] of PERMISSION_SETS) {
    const LicenseId = licences.get(licence)?.Id ?? null;
    const fields = { ...base, Name, Label, Type: 'Regular', LicenseId, PermissionSetGroupId: null, ...may };
    sets.set(Name, records.insert('PermissionSet', fields));
  }
  for (const [DeveloperName, members] of Object.entries(GROUPS)) {
    const MasterLabel = DeveloperName.replaceAll('_', ' ');
    const named = { DeveloperName, MasterLabel, Description: null };
    const { Id } = records.insert('PermissionSetGroup', { ...named, Status: 'Updated' });
    for (const member of members) {
      const PermissionSetId = sets.get(member)?.Id ?? null;
      records.insert('PermissionSetGroupComponent', { PermissionSetGroupId: Id, PermissionSetId });
    }
    // A group stands in assignments with a permission set of its own.
    const own = { Name: `${DeveloperName}_PSG`, Label: MasterLabel, Type: 'Group', LicenseId: null };
    records.insert('PermissionSet', { ...base, ...own, PermissionSetGroupId: Id, ...NONE });
  }
}

function seedRoles(records: Records): Named {
  const roles = new Map<string, Row>();
  for (const [Id, Name, above] of ROLES) {
    const ParentRoleId = roles.get(above ?? '')?.Id ?? null;
    const DeveloperName = Name.replaceAll(' ', '_');
    const fields = { Name, DeveloperName, RollupDescription: null, ParentRoleId };
    roles.set(Name, records.insert('UserRole', { ...fields, ...(Id !== undefined && { Id }) }));
  }
  return roles;
}
