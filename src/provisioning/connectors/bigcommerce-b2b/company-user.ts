import { randomText } from '../../../base/index.ts';
import { BAD_ANSWER, NOT_PREPARED } from '../../bigcommerce/customers-answers.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bApi } from './b2b-api.ts';
import {
  blocked,
  MAIL_TAKEN,
  NOT_APPLIED,
  objected,
  othersInTheWay,
  personBody,
  STAYS_SUPER_ADMIN,
  type StandingNeeds,
  text,
  whoIs,
  written,
} from './person-request.ts';
import { Anything, CompanyUser, NewCompanyUser } from './schema.ts';
import { companyUserOf, searchSuperAdmin, userImage } from './standing.ts';

/** One company and the role there, as images name them. */
export type Place = { readonly company: string; readonly role: string };

/** Makes the customer a user of the company. */
export async function joinCompany(
  needs: StandingNeeds,
  request: UpdateRequest,
  place: Place,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { b2b, known } = needs;
  const companyId = known.companies.idOf(place.company);
  const role = known.roles.bodyOf(place.role);
  if (companyId === undefined || !role) return NOT_PREPARED;
  const inTheWay = await othersInTheWay(needs, request, budget);
  if (inTheWay) return inTheWay;
  // B2B Edition keeps an external id of whoever is made: nobody else has this one.
  const proof = randomText();
  const body = {
    ...personBody(request, 'phoneNumber'),
    ...{ companyId, ...role },
    // The person signs in through us; a welcome mail would invite them to set a password.
    acceptWelcomeEmail: false,
    uuid: proof,
  };
  const answer = await b2b.send({ verb: 'POST', path: '/users', body }, NewCompanyUser, budget);
  if (answer.outcome === 'invalid') {
    return answer.objection === 'taken'
      ? alreadyUser(needs, request, budget)
      : objected(answer, place.company);
  }
  if (answer.outcome !== 'ok') return answer.outcome === 'missing' ? NOT_PREPARED : answer;
  const { userId, bcId } = answer.data;
  if (String(bcId) === request.externalId) return written(request, { ...place }, { user: String(userId) });
  const isGone = await takeBack(b2b, userId, proof, budget);
  const rest = 'give one of the two customers another mail address';
  return blocked(
    `B2B Edition took customer ${bcId} for the user ${userId}, who has the same mail address: ${isGone ? `this user was deleted again; ${rest}` : `delete this user, unless somebody else made it, and ${rest}`}`,
  );
}

/**
 * Somebody else was made a buyer (R1.3): undone at once, but only if the user that the answer names is the one that the
 * request made. @returns whether it was deleted.
 */
async function takeBack(b2b: B2bApi, userId: number, proof: string, budget: CallBudget): Promise<boolean> {
  const path = `/users/${userId}` as const;
  const shown = await b2b.send({ verb: 'GET', path }, CompanyUser, budget);
  if (shown.outcome !== 'ok' || shown.data.id !== userId || shown.data.uuid !== proof) return false;
  const deleted = await b2b.send({ verb: 'DELETE', path }, Anything, budget);
  return deleted.outcome === 'ok';
}

/** After a lost reply it is our own; its company and role tell whether all is as it should be. */
async function alreadyUser(
  { b2b, known }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const user = await companyUserOf(b2b, Number(request.externalId), budget);
  if (user && 'outcome' in user) return user;
  if (user) return written(request, userImage(user, known), { user: String(user.id) });
  const admin = await searchSuperAdmin(b2b, whoIs(request), budget);
  if (admin && 'outcome' in admin) return admin;
  return blocked(admin ? STAYS_SUPER_ADMIN : MAIL_TAKEN);
}

/** Always looked up by the customer: an id that is remembered could have become somebody else's. */
export async function changeRole(
  { b2b, known }: StandingNeeds,
  request: UpdateRequest,
  place: Place,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const role = known.roles.bodyOf(place.role);
  if (!role) return NOT_PREPARED;
  const user = await companyUserOf(b2b, Number(request.externalId), budget);
  if (!user) return NOT_APPLIED;
  if ('outcome' in user) return user;
  const answer = await b2b.send({ verb: 'PUT', path: `/users/${user.id}`, body: role }, CompanyUser, budget);
  switch (answer.outcome) {
    case 'ok':
      // Told about somebody else, nobody knows what became of this one.
      if (answer.data.id !== user.id) return { ...BAD_ANSWER, maybeApplied: true };
      return written(request, userImage(answer.data, known), { user: String(user.id) });
    case 'missing':
      return NOT_APPLIED;
    case 'invalid':
      return objected(answer, place.company);
    case 'unavailable':
      return answer;
  }
}

/** The customer stays, with orders and all. A company keeps its last user. */
export async function leaveCompany(
  { b2b, known }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const nowhere = written(request, { company: '', role: '' }, {});
  const user = await companyUserOf(b2b, Number(request.externalId), budget);
  if (!user) return nowhere;
  if ('outcome' in user) return user;
  const answer = await b2b.send({ verb: 'DELETE', path: `/users/${user.id}` }, Anything, budget);
  const company = known.companies.labelOf(user.companyId);
  switch (answer.outcome) {
    case 'ok':
    case 'missing':
      return nowhere;
    case 'invalid':
      return answer.objection === 'last-user' ? blocked(lastUser(company)) : objected(answer, company);
    case 'unavailable':
      return answer;
  }
}

/** Leaves the company that the account was read in, if any; undefined when the way is free. */
export async function leaveFirst(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer | undefined> {
  if (text(request.current['company']) === '') return undefined;
  const left = await leaveCompany(needs, request, budget);
  return left.outcome === 'written' ? undefined : left;
}

function lastUser(company: string): string {
  return `the person is the last user of the company ${company}, and B2B Edition keeps the last one: add another user there, or delete the company, then this user is deleted`;
}
