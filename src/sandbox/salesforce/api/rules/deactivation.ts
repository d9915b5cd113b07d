import { type Problem, problem } from '../problems.ts';
import type { Fields, Row } from '../records.ts';
import { takeAway } from '../undo.ts';
import type { Writer } from '../writer.ts';

/** Whether something still hangs on the user; the words are those of the product. */
export function checkDeactivation({ org, userId }: Writer, before: Row, fields: Fields): Problem | undefined {
  if (fields['IsActive'] !== false || before['IsActive'] !== true) return undefined;
  const { deactivationError, deactivationReasons } = org.switches.positions;
  if (before.Id === userId) {
    return problem(deactivationError, 'You cannot deactivate your own user.', ['IsActive']);
  }
  const reasons = org.store.blockers.get(before.Id) ?? [];
  if (reasons.length === 0) return undefined;
  const told = deactivationReasons === 'all' ? reasons : reasons.slice(0, 1);
  const words = told.map((reason) => (/[.!]$/.test(reason) ? reason : `${reason}.`));
  return problem(deactivationError, ['You cannot deactivate this user.', ...words].join(' '), []);
}

/** What ends by itself with a user who was deactivated; the rest stays until somebody takes it away. */
export function endAccess(writer: Writer, userId: string): void {
  const { records } = writer.org.store;
  if (writer.org.switches.positions.licensesOfDeactivated === 'end') {
    for (const { Id } of records.find('PermissionSetLicenseAssign', 'AssigneeId', userId) ?? []) {
      records.remove('PermissionSetLicenseAssign', Id);
    }
  }
  endTokens(writer, userId);
}

export function endTokens({ org: { store, switches } }: Writer, userId: string): void {
  if (switches.positions.tokensOfDeactivated !== 'end') return;
  for (const { Id } of store.records.find('OauthToken', 'UserId', userId) ?? []) {
    store.records.remove('OauthToken', Id);
  }
  takeAway(store.tokens, (session) => session.userId === userId, store.records);
}
