import type { ObjectName } from './ids.ts';
import type { Row } from './row.ts';

type Index = (row: Row) => string | undefined;

const byField =
  (field: string): Index =>
  (row) => {
    const value = row[field];
    return typeof value === 'string' ? value.toLowerCase() : undefined;
  };

function byFields(...fields: string[]): Readonly<Record<string, Index>> {
  return Object.fromEntries(fields.map((field) => [field, byField(field)]));
}

/** What is looked up often. A key is a value in lower case; an index may be of another rule than a field. */
const INDEXES: Readonly<Partial<Record<ObjectName, Readonly<Record<string, Index>>>>> = {
  User: {
    ...byFields('Username', 'FederationIdentifier', 'CommunityNickname', 'Email', 'ManagerId'),
    activeProfile: (row) => (row['IsActive'] === true ? String(row['ProfileId']).toLowerCase() : undefined),
  },
  UserLogin: byFields('UserId'),
  PermissionSetAssignment: byFields('AssigneeId'),
  PermissionSetLicenseAssign: byFields('AssigneeId', 'PermissionSetLicenseId'),
  PermissionSetGroupComponent: byFields('PermissionSetGroupId'),
  GroupMember: byFields('GroupId', 'UserOrGroupId'),
  UserTerritory2Association: byFields('UserId', 'Territory2Id'),
  OauthToken: byFields('UserId', 'DeleteToken'),
  Case: byFields('OwnerId'),
  Opportunity: byFields('OwnerId'),
  Account: byFields('OwnerId'),
  Contact: byFields('OwnerId', 'Email'),
};

/** The records of one object, with what finds them. */
export type Table = {
  readonly rows: Map<string, Row>;
  readonly indexes: ReadonlyMap<string, Map<string, Map<string, Row>>>;
  serial: number;
};

export function newTable(object: ObjectName): Table {
  return {
    rows: new Map(),
    indexes: new Map(Object.keys(INDEXES[object] ?? {}).map((name) => [name, new Map()])),
    serial: 0,
  };
}

/** Enters a row in the indexes of its object, or takes it out. */
export function reindex(object: ObjectName, table: Table, row: Row, isThere: boolean): void {
  for (const [name, rule] of Object.entries(INDEXES[object] ?? {})) {
    const key = rule(row);
    const index = table.indexes.get(name);
    if (key === undefined || !index) continue;
    const found = index.get(key) ?? new Map<string, Row>();
    if (isThere) found.set(row.Id, row);
    else found.delete(row.Id);
    if (found.size > 0) index.set(key, found);
    else index.delete(key);
  }
}
