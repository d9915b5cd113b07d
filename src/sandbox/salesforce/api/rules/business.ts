import { problem } from '../problems.ts';
import type { Fields } from '../records.ts';
import { type Checked, good, type Rules, refused, type Writer } from '../writer.ts';

/** Records belong to whoever makes them, and never to somebody who is inactive. */
function checkOwner({ org: { store }, userId }: Writer, fields: Fields, isNew: boolean): Checked {
  const owner = fields['OwnerId'] ?? (isNew ? userId : undefined);
  const user = typeof owner === 'string' ? store.records.get('User', owner) : undefined;
  if (user?.['IsActive'] === false) {
    const words = `operation performed with inactive user [${user.Id}] as owner of record`;
    return refused(problem('INACTIVE_OWNER_OR_USER', words, ['OwnerId']));
  }
  return good(owner === undefined ? fields : { ...fields, OwnerId: owner });
}

function owned(more: (writer: Writer, fields: Fields) => Fields = () => ({})): Rules {
  return {
    create: (writer, fields) => {
      const checked = checkOwner(writer, fields, true);
      return checked.outcome === 'good'
        ? good({ ...more(writer, checked.fields), ...checked.fields })
        : checked;
    },
    update: (writer, _before, fields) => checkOwner(writer, fields, false),
  };
}

export const accountRules = owned(() => ({ IsPartner: false }));
export const opportunityRules = owned();
export const contactRules = owned();
export const caseRules = owned(({ org: { store } }) => ({
  CaseNumber: String(1001 + store.records.count('Case')).padStart(8, '0'),
  Status: 'New',
}));
