import type { Salesforce } from '../../server.ts';
import { email, flag, oneOf, reference, text } from '../fields.ts';
import { objectType } from '../object-type.ts';

const hasTerritories = ({ switches }: Salesforce): boolean => switches.positions.territories === 'enabled';

export const group = objectType({
  name: 'Group',
  label: 'Group',
  fields: [
    text('Name', 40, 'r'),
    text('DeveloperName', 80, ''),
    oneOf('Type', ['Regular', 'Queue', 'Role', 'Organization', 'Territory'], 'r'),
    reference('RelatedId', ['User', 'UserRole', 'Territory2'], ''),
    email('Email', ''),
    reference('OwnerId', ['Organization', 'User'], ''),
    flag('DoesSendEmailToMembers', ''),
    flag('DoesIncludeBosses', ''),
  ],
});

export const groupMember = objectType({
  name: 'GroupMember',
  label: 'Group Member',
  may: 'cd',
  fields: [reference('GroupId', 'Group', 'cr'), reference('UserOrGroupId', ['User', 'Group'], 'cr')],
});

export const queueSobject = objectType({
  name: 'QueueSobject',
  label: 'Queue Sobject',
  fields: [reference('QueueId', 'Group', 'r'), text('SobjectType', 40, 'r')],
});

export const territoryModel = objectType({
  name: 'Territory2Model',
  label: 'Territory Model',
  exists: hasTerritories,
  fields: [
    text('Name', 80, 'r'),
    text('DeveloperName', 80, 'r'),
    oneOf('State', ['Planning', 'Active', 'Archived'], 'r'),
  ],
});

export const territory = objectType({
  name: 'Territory2',
  label: 'Territory',
  exists: hasTerritories,
  fields: [
    text('Name', 80, 'r'),
    text('DeveloperName', 80, 'r'),
    reference('Territory2ModelId', 'Territory2Model', 'r'),
    reference('ParentTerritory2Id', 'Territory2', ''),
  ],
});

export const userTerritory = objectType({
  name: 'UserTerritory2Association',
  label: 'User Territory Association',
  may: 'cd',
  exists: hasTerritories,
  fields: [
    reference('UserId', 'User', 'cr'),
    reference('Territory2Id', 'Territory2', 'cr'),
    oneOf('RoleInTerritory2', ['Owner', 'Administrator', 'Sales Rep'], 'c'),
    flag('IsActive', ''),
  ],
});
