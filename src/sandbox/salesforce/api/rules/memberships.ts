import { type Problem, problem } from '../problems.ts';
import type { Fields, Row } from '../records.ts';
import { good, type Rules, refused, type Writer } from '../writer.ts';
import { checkAssignee } from './assignee.ts';

export const groupMemberRules: Rules = {
  create: (writer, fields) => {
    const { records } = writer.org.store;
    const group = records.get('Group', String(fields['GroupId']));
    if (!['Regular', 'Queue'].includes(String(group?.['Type']))) {
      return refused(
        problem('FIELD_INTEGRITY_EXCEPTION', 'This group has no members of its own.', ['GroupId']),
      );
    }
    const why = checkAssignee(writer, String(fields['UserOrGroupId']));
    if (why) return refused(why);
    const twin = twinOf(
      records.find('GroupMember', 'UserOrGroupId', String(fields['UserOrGroupId'])),
      fields,
      'GroupId',
    );
    if (!twin) return good(fields);
    return writer.org.switches.positions.duplicateGroupMember === 'same-record'
      ? good({ ...fields, Id: twin.Id })
      : refused(duplicate(writer, twin));
  },
};

export const territoryRules: Rules = {
  create: (writer, fields) => {
    const { records } = writer.org.store;
    const territory = records.get('Territory2', String(fields['Territory2Id']));
    const model = records.get('Territory2Model', String(territory?.['Territory2ModelId']));
    if (model?.['State'] !== 'Active') {
      return refused(
        problem('FIELD_INTEGRITY_EXCEPTION', 'The territory model is not active.', ['Territory2Id']),
      );
    }
    const why = checkAssignee(writer, String(fields['UserId']));
    if (why) return refused(why);
    const present = records.find('UserTerritory2Association', 'UserId', String(fields['UserId']));
    const twin = twinOf(present, fields, 'Territory2Id');
    return twin ? refused(duplicate(writer, twin)) : good({ ...fields, IsActive: true });
  },
};

function twinOf(rows: readonly Row[] | undefined, fields: Fields, by: string): Row | undefined {
  return rows?.find((row) => row[by] === fields[by]);
}

function duplicate({ org }: Writer, twin: Row): Problem {
  const words = `duplicate value found: <unknown> duplicates value on record with id: ${twin.Id}`;
  return problem(org.switches.positions.duplicateCode, words, []);
}
