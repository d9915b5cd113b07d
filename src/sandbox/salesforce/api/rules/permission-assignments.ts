import type { Salesforce } from '../../server.ts';
import { apiTime } from '../ids.ts';
import { type Problem, problem } from '../problems.ts';
import type { Fields, Row } from '../records.ts';
import { audit, good, type Rules, refused, type Writer } from '../writer.ts';
import { checkAssignee } from './assignee.ts';

/** A permission set, or a group of them which stands in the row with a permission set of its own. */
export const permissionRules: Rules = {
  create: (writer, fields) => {
    const target = targetOf(writer, fields);
    if ('errorCode' in target) return refused(target);
    const all = { ...fields, ...target };
    const why =
      checkAssignee(writer, String(fields['AssigneeId'])) ??
      checkEnd(writer.org, fields) ??
      checkTwice(writer, all) ??
      checkRights(writer, all);
    return why ? refused(why) : good(all);
  },
  insert: (writer, fields) => {
    const { needs, store } = writer.org;
    const SystemModstamp = apiTime(needs.clock.now());
    audit(writer, 'PermSetAssign', `${fields['PermissionSetId']} to ${fields['AssigneeId']}`);
    const row = { ExpirationDate: null, ...fields, IsRevoked: false, SystemModstamp };
    return store.records.insert('PermissionSetAssignment', row, writer.userId);
  },
  update: (writer, _before, fields) => {
    const why = checkEnd(writer.org, fields);
    return why ? refused(why) : good(fields);
  },
  remove: ({ org: { store } }, row) => {
    const set = store.records.get('PermissionSet', String(row['PermissionSetId']));
    return set?.['IsOwnedByProfile'] === true
      ? problem('FIELD_INTEGRITY_EXCEPTION', 'The assignment of a profile cannot be deleted.', [])
      : undefined;
  },
  erase: (writer, row) => {
    writer.org.store.records.remove('PermissionSetAssignment', row.Id);
    audit(writer, 'PermSetUnassign', `${row['PermissionSetId']} from ${row['AssigneeId']}`);
  },
};

type Target = { readonly PermissionSetId: string; readonly PermissionSetGroupId: string | null };

function targetOf({ org: { store } }: Writer, fields: Fields): Target | Problem {
  const { PermissionSetId: set, PermissionSetGroupId: group } = fields;
  if (typeof set === 'string' && typeof group === 'string') {
    return problem('FIELD_INTEGRITY_EXCEPTION', 'Specify a permission set or a group, not both.', []);
  }
  if (typeof set === 'string') return { PermissionSetId: set, PermissionSetGroupId: null };
  const own = [...store.records.all('PermissionSet')].find(
    (each) => typeof group === 'string' && each['PermissionSetGroupId'] === group,
  );
  if (own && typeof group === 'string') return { PermissionSetId: own.Id, PermissionSetGroupId: group };
  const words = 'Required fields are missing: [PermissionSetId]';
  return problem('REQUIRED_FIELD_MISSING', words, ['PermissionSetId']);
}

function checkEnd({ needs }: Salesforce, { ExpirationDate: end }: Fields): Problem | undefined {
  return typeof end === 'string' && new Date(end) <= needs.clock.now()
    ? problem('FIELD_INTEGRITY_EXCEPTION', 'The expiration date must be in the future.', ['ExpirationDate'])
    : undefined;
}

function checkTwice({ org }: Writer, fields: Fields): Problem | undefined {
  const present = org.store.records.find(
    'PermissionSetAssignment',
    'AssigneeId',
    String(fields['AssigneeId']),
  );
  const twin = present?.find((row) => row['PermissionSetId'] === fields['PermissionSetId']);
  if (!twin) return undefined;
  const words = `duplicate value found: <unknown> duplicates value on record with id: ${twin.Id}`;
  return problem(org.switches.positions.duplicateCode, words, ['AssigneeId', 'PermissionSetId']);
}

/** Every permission set must fit the licence of the user, also those inside a group. */
function checkRights(writer: Writer, fields: Fields): Problem | undefined {
  const { records } = writer.org.store;
  const user = records.get('User', String(fields['AssigneeId']));
  const set = records.get('PermissionSet', String(fields['PermissionSetId']));
  if (set?.['IsOwnedByProfile'] === true) {
    return problem('FIELD_INTEGRITY_EXCEPTION', 'Permission sets of profiles cannot be assigned.', [
      'PermissionSetId',
    ]);
  }
  const group = fields['PermissionSetGroupId'];
  const members = [...records.all('PermissionSetGroupComponent')]
    .filter((each) => group !== null && each['PermissionSetGroupId'] === group)
    .flatMap((each) => records.get('PermissionSet', String(each['PermissionSetId'])) ?? []);
  for (const each of [set, ...members]) {
    const why = each && user && checkLicence(writer, user, each);
    if (why) return why;
  }
  return undefined;
}

function checkLicence({ org }: Writer, user: Row, set: Row): Problem | undefined {
  const { records } = org.store;
  const needed = set['LicenseId'];
  if (typeof needed !== 'string') return undefined;
  const start = `Can't assign permission set ${set['Label']} to user ${user['Username']}.`;
  if (records.get('UserLicense', needed)) {
    const profile = records.get('Profile', String(user['ProfileId']));
    if (profile?.['UserLicenseId'] === needed) return undefined;
    const words = `${start} The user license doesn't match the permission set's license.`;
    return problem('FIELD_INTEGRITY_EXCEPTION', words, ['PermissionSetId']);
  }
  const has = (records.find('PermissionSetLicenseAssign', 'AssigneeId', user.Id) ?? []).some(
    (each) => each['PermissionSetLicenseId'] === needed,
  );
  if (has || org.switches.positions.missingPermissionSetLicense === 'assigned-silently') return undefined;
  const license = records.get('PermissionSetLicense', needed);
  const words = `${start} The user needs the permission set license ${license?.['MasterLabel']}.`;
  return problem('FIELD_INTEGRITY_EXCEPTION', words, ['PermissionSetId']);
}
