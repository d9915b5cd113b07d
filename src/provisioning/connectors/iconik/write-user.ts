import { SECOND } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { blocked, failedWrite, INVITED, WAS_BLOCKED } from './answers.ts';
import { type UserChange, userCalls } from './calls.ts';
import type { IconikTarget } from './config.ts';
import type { IconikAnswer, IconikApi } from './iconik-api.ts';
import { marksOf, withMarks } from './marks.ts';
import { textOf } from './membership.ts';
import type { User } from './schema.ts';

export type WrittenUser =
  | { readonly outcome: 'user'; readonly user: User }
  | { readonly outcome: 'failed'; readonly answer: WriteAnswer };

/** Name, address, type and status in one request. */
export async function changeUser(
  api: IconikApi,
  settings: IconikTarget,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WrittenUser> {
  const refusal = refuseStatus(settings, request);
  if (refusal) return { outcome: 'failed', answer: refusal };
  const { externalId, changes, current } = request;
  return settle(await api.send(userCalls.change(externalId, bodyOf(changes, current)), budget));
}

/** A status that somebody else decided about is not ours to lift. */
function refuseStatus(
  settings: IconikTarget,
  { changes, current, refs }: UpdateRequest,
): WriteAnswer | undefined {
  if (changes['status'] !== 'ACTIVE') return undefined;
  if (current['status'] === 'BLOCKED' && settings.onBlocked === 'leave') return blocked(WAS_BLOCKED);
  return current['status'] === 'INACTIVE' && refs['invited'] === 'yes' ? blocked(INVITED) : undefined;
}

function bodyOf(changes: AccountImage, current: AccountImage): UserChange {
  const { mail, firstName, lastName, type, status } = changes;
  return {
    // The description names these two as required in every change; repeated, they change nothing.
    first_name: textOf(current, 'firstName'),
    type: textOf(current, 'type'),
    ...(typeof mail === 'string' && { email: mail }),
    ...(typeof firstName === 'string' && { first_name: firstName }),
    ...(typeof lastName === 'string' && { last_name: lastName }),
    ...(typeof type === 'string' && { type }),
    ...(status === 'ACTIVE' || status === 'INACTIVE' ? { status } : {}),
  };
}

/** Our marks live in free-form metadata, which is written whole: others' entries are read first and kept. */
export async function changeMarks(
  api: IconikApi,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WrittenUser> {
  const { externalId, changes } = request;
  const read = await api.send(userCalls.read(externalId), budget);
  if (read.outcome !== 'ok') return settle(read);
  const { metadata, first_name, type } = read.body;
  const change = { first_name, type, metadata: withMarks(metadata, changes, undefined) };
  return settle(await api.send(userCalls.change(externalId, change), budget));
}

function settle(answer: IconikAnswer<User>): WrittenUser {
  if (answer.outcome !== 'ok') return { outcome: 'failed', answer: failedWrite(answer) };
  return answer.body.status === 'DELETED'
    ? { outcome: 'failed', answer: { outcome: 'gone' } }
    : { outcome: 'user', user: answer.body };
}

/**
 * A user of ours who is inactive, has never signed in and was not changed since it was made: iconik knows the address
 * from another account and waits for the person to accept an invitation. No field says so.
 */
export function looksInvited(user: User): boolean {
  const { date_created: created, date_modified: modified } = user;
  const untouched = created && modified && modified.getTime() - created.getTime() < SECOND;
  const isOurs = marksOf(user.metadata).marker !== undefined;
  return isOurs && untouched === true && user.status === 'INACTIVE' && !user.last_web_login;
}
