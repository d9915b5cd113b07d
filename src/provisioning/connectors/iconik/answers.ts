import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { IconikAnswer } from './iconik-api.ts';

export type NotOk = Exclude<IconikAnswer<unknown>, { outcome: 'ok' }>;

/** A read whose answer says nothing. */
export function failedRead(answer: NotOk): CallFailed {
  if (answer.outcome === 'unavailable') return answer;
  return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false };
}

/** A write to one user that was not done, in the engine's terms. */
export function failedWrite(answer: NotOk): WriteAnswer {
  switch (answer.outcome) {
    case 'unavailable':
      return answer;
    case 'missing':
      return { outcome: 'gone' };
    case 'invalid':
      if (answer.objection === 'taken') return { outcome: 'duplicate' };
      if (answer.objection === 'no-seat') return blocked(NO_SEAT);
      if (answer.objection === 'belongs-elsewhere') return blocked(ELSEWHERE);
      return { outcome: 'invalid', detail: `status ${answer.status}: ${answer.fields.join(', ')}` };
  }
}

export function blocked(...reasons: readonly string[]): WriteAnswer {
  return { outcome: 'blocked', reasons };
}

/** Something was done before this failure, so the user may look different now. */
export function afterWrites(answer: WriteAnswer, writes: number): WriteAnswer {
  return answer.outcome === 'unavailable' && writes > 0 ? { ...answer, maybeApplied: true } : answer;
}

const NO_SEAT =
  'iconik has no seat left for this user type. Free a seat, raise the limit of the domain, or give the role another type.';
const ELSEWHERE =
  'The mail address belongs to a user of another iconik account, and this domain does not take the person in. Invite the person in iconik, or use another address.';
export const INVITED =
  'iconik knows the person from another account and has sent an invitation by mail. The person must follow the link in it; until then the user of this domain stays inactive.';
export const WAS_BLOCKED =
  'Somebody set this user to BLOCKED in iconik. Set it to ACTIVE there if that was a mistake, or take the access away here.';
export const ADMINISTRATOR =
  'This user is an administrator in iconik, and the configuration leaves administrators alone. Take that right away in iconik, change the user there by hand, or set administrators: managed.';
export const OWN_USER =
  'This is the user behind our own credentials. Changing it would cut us off; the integration needs a user that belongs to no person.';
export const MAY_NOT_REMOVE =
  'The integration user may not take people out of groups. Give it the role can_delete_groups, which iconik asks for there.';
export const MAY_NOT_ADD =
  'The integration user may not put people into groups. Give it the role can_write_groups.';
export const TEAMS_BY_HAND =
  'iconik refused to change the teams of this user. If its API does not offer that yet, change them in iconik by hand; else give the integration user the roles for users and groups.';
export const NO_COLLECTION_RIGHT =
  'The integration user may not change who sees a collection of this project. Give it the roles for access lists, and the permission change-acl on the collection.';
