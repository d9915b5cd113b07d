import { problem } from '../problems.ts';
import { audit, good, type Rules, refused } from '../writer.ts';
import { endTokens } from './deactivation.ts';

/** Freezing stops sign-on at once and keeps the licence. A password lock can be cleared, never set. */
export const userLoginRules: Rules = {
  update: ({ userId }, before, fields) => {
    if (fields['IsPasswordLocked'] === true) {
      const words = 'IsPasswordLocked can only be set to false.';
      return refused(problem('INVALID_FIELD_FOR_INSERT_UPDATE', words, ['IsPasswordLocked']));
    }
    return fields['IsFrozen'] === true && before['UserId'] === userId
      ? refused(problem('FIELD_INTEGRITY_EXCEPTION', 'You cannot freeze your own user.', ['IsFrozen']))
      : good(fields);
  },
  change: (writer, before, fields) => {
    writer.org.store.records.change('UserLogin', before.Id, fields, writer.userId);
    if (fields['IsFrozen'] === true) endTokens(writer, String(before['UserId']));
    if (fields['IsFrozen'] !== undefined) {
      audit(writer, fields['IsFrozen'] === true ? 'frozeuser' : 'unfrozeuser', String(before['UserId']));
    }
  },
};
