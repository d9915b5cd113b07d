import type { Salesforce } from '../../server.ts';
import type { ObjectType } from '../object-type.ts';
import { objectNamed } from './paths.ts';
import { type Query, SoqlError } from './query.ts';

export type Child = {
  readonly name: string;
  readonly type: ObjectType;
  /** The field of the child that leads to its parent. */
  readonly field: string;
  readonly query: Query;
};

/** Names of child relationships: the object they lead to and the field that leads back. */
const RELATIONSHIPS: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  User: {
    PermissionSetAssignments: ['PermissionSetAssignment', 'AssigneeId'],
    PermissionSetLicenseAssignments: ['PermissionSetLicenseAssign', 'AssigneeId'],
    UserTerritory2Associations: ['UserTerritory2Association', 'UserId'],
  },
  Group: {
    GroupMembers: ['GroupMember', 'GroupId'],
    QueueSobjects: ['QueueSobject', 'QueueId'],
  },
  PermissionSet: { Assignments: ['PermissionSetAssignment', 'PermissionSetId'] },
  PermissionSetGroup: {
    PermissionSetGroupComponents: ['PermissionSetGroupComponent', 'PermissionSetGroupId'],
  },
};

/** @throws SoqlError when the object has no such children. */
export function childOf(org: Salesforce, type: ObjectType, query: Query): Child {
  const wanted = query.from.toLowerCase();
  const found = Object.entries(RELATIONSHIPS[type.name] ?? {}).find(
    ([name]) => name.toLowerCase() === wanted,
  );
  if (!found) {
    const words = `\nDidn't understand relationship '${query.from}' in FROM part of query call.`;
    throw new SoqlError('INVALID_TYPE', words);
  }
  const [name, [object, field]] = found;
  return { name, type: objectNamed(org, object), field, query };
}
