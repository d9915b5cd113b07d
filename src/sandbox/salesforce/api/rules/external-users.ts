import { type Problem, problem } from '../problems.ts';
import type { Fields } from '../records.ts';
import type { Writer } from '../writer.ts';

/** Users with an external profile come from a contact of an account, and have no role of the company. */
export function checkExternalUser({ org }: Writer, fields: Fields): Problem | undefined {
  const { records } = org.store;
  const { ContactId, ProfileId, UserRoleId } = fields;
  const isExternal = records.get('Profile', String(ProfileId))?.['UserType'] !== 'Standard';
  const contact = typeof ContactId === 'string' ? records.get('Contact', ContactId) : undefined;
  if (!isExternal) {
    return contact && integrity('A user with an internal profile cannot come from a contact.', 'ContactId');
  }
  if (typeof UserRoleId === 'string') return integrity('External users have no role.', 'UserRoleId');
  if (!contact) {
    return org.switches.positions.externalUserContact === 'required'
      ? problem('REQUIRED_FIELD_MISSING', 'Required fields are missing: [ContactId]', ['ContactId'])
      : undefined;
  }
  const account = records.get('Account', String(contact['AccountId']));
  if (!account) return integrity('The contact of an external user needs an account.', 'ContactId');
  const owner = records.get('User', String(account['OwnerId']));
  return owner?.['UserRoleId'] == null
    ? problem('UNKNOWN_EXCEPTION', 'portal account owner must have a role', [])
    : undefined;
}

function integrity(words: string, field: string): Problem {
  return problem('FIELD_INTEGRITY_EXCEPTION', words, [field]);
}
