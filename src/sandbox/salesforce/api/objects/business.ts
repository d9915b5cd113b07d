import { day, email, flag, oneOf, reference, text } from '../fields.ts';
import { objectType } from '../object-type.ts';

/** What belongs to the business and not to set-up: enough to own records, and to be an outside person. */
export const account = objectType({
  name: 'Account',
  label: 'Account',
  may: 'cud',
  isSetup: false,
  fields: [
    text('Name', 255, 'cur'),
    text('AccountNumber', 40, 'cu'),
    flag('IsPartner', 'u'),
    reference('OwnerId', 'User', 'curd'),
  ],
});

export const contact = objectType({
  name: 'Contact',
  label: 'Contact',
  may: 'cud',
  isSetup: false,
  fields: [
    text('LastName', 80, 'cur'),
    text('FirstName', 40, 'cu'),
    text('Name', 121, 'r'),
    email('Email', 'cul'),
    // A field that the administrator made: the external id under which a client finds its own contacts.
    text('Vestibule_Id__c', 40, 'cul'),
    reference('AccountId', 'Account', 'cu'),
    reference('OwnerId', 'User', 'curd'),
  ],
  derive: (_org, row) => ({
    ...row,
    Name: [row['FirstName'], row['LastName']].filter(Boolean).join(' '),
  }),
});

export const supportCase = objectType({
  name: 'Case',
  label: 'Case',
  may: 'cud',
  isSetup: false,
  fields: [
    text('CaseNumber', 30, 'rd'),
    text('Subject', 255, 'cu'),
    oneOf('Status', ['New', 'Working', 'Escalated', 'Closed'], 'cud'),
    flag('IsClosed', ''),
    reference('AccountId', 'Account', 'cu'),
    reference('OwnerId', ['User', 'Group'], 'curd'),
  ],
  derive: (_org, row) => ({ ...row, IsClosed: row['Status'] === 'Closed' }),
});

const STAGES = ['Prospecting', 'Negotiation', 'Closed Won', 'Closed Lost'] as const;

export const opportunity = objectType({
  name: 'Opportunity',
  label: 'Opportunity',
  may: 'cud',
  isSetup: false,
  fields: [
    text('Name', 120, 'cur'),
    oneOf('StageName', STAGES, 'cur'),
    day('CloseDate', 'cur'),
    flag('IsClosed', ''),
    reference('AccountId', 'Account', 'cu'),
    reference('OwnerId', 'User', 'curd'),
  ],
  derive: (_org, row) => ({ ...row, IsClosed: String(row['StageName']).startsWith('Closed') }),
});
