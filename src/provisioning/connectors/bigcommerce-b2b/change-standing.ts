import type { AccountImage } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed, UpdateRequest, WriteAnswer } from '../../connector.ts';
import { changeAssignments } from './assignments.ts';
import type { B2bApi, B2bInvalid } from './b2b-api.ts';
import { channelIds, covers, customersWithMail } from './customer.ts';
import type { CustomersApi } from './customers-api.ts';
import type { Known } from './facts.ts';
import { NOT_PREPARED } from './failures.ts';
import { Anything, CompanyUser, NewCompanyUser, NewSuperAdmin } from './schema.ts';
import { companyUserOf, searchSuperAdmin, userImage } from './standing.ts';

export type StandingNeeds = {
  readonly customers: CustomersApi;
  readonly b2b: B2bApi;
  readonly known: Known;
};

/**
 * Makes the customer what the image says: nobody, user of one company with one role, or super admin. A user cannot be
 * moved to another company, so the old one is left first. Each request may be repeated: what was done already is
 * found by the customer's id.
 */
export function changeStanding(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { current } = request;
  const wanted = { ...current, ...request.changes };
  if (wanted['superAdmin'] === 'yes') return becomeSuperAdmin(needs, request, budget);
  if (current['superAdmin'] === 'yes') return giveUpSuperAdmin(needs, request, budget);
  const company = text(wanted['company']);
  if (company === '') return leaveCompany(needs, request, budget);
  const role = text(wanted['role']);
  const isSame =
    needs.known.companies.idOfAny(text(current['company'])) === needs.known.companies.idOf(company);
  return isSame
    ? changeRole(needs, request, { company, role }, budget)
    : moveTo(needs, request, { company, role }, budget);
}

/** No call of the API ends a super admin; without companies nothing is left to do until somebody does it by hand. */
async function giveUpSuperAdmin(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const unassigned = await changeAssignments(needs, { ...request, changes: { companies: [] } }, budget);
  return unassigned.outcome === 'written' ? blocked(STAYS_SUPER_ADMIN) : unassigned;
}

type Place = { readonly company: string; readonly role: string };

async function moveTo(
  needs: StandingNeeds,
  request: UpdateRequest,
  place: Place,
  budget: CallBudget,
): Promise<WriteAnswer> {
  if (text(request.current['company']) !== '') {
    const left = await leaveCompany(needs, request, budget);
    if (left.outcome !== 'written') return left;
  }
  return joinCompany(needs, request, place, budget);
}

async function becomeSuperAdmin(
  needs: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { b2b } = needs;
  if (text(request.current['company']) !== '') {
    const left = await leaveCompany(needs, request, budget);
    if (left.outcome !== 'written') return left;
  }
  const inTheWay = await othersInTheWay(needs, request, budget);
  if (inTheWay) return inTheWay;
  const body = { ...personBody(request), ...phone(request, 'phone') };
  const answer = await b2b.send({ verb: 'POST', path: '/super-admins', body }, NewSuperAdmin, budget);
  if (answer.outcome === 'invalid') {
    return answer.objection === 'taken' ? alreadySuperAdmin(needs, request, budget) : objected(answer, '');
  }
  if (answer.outcome !== 'ok') return answer.outcome === 'missing' ? NOT_PREPARED : answer;
  const { userId, customerId } = answer.data;
  if (String(customerId) !== request.externalId) {
    return blocked(
      `B2B Edition made customer ${customerId} the super admin ${userId}, who has the same mail address: delete this super admin in B2B Edition, and give one of the two customers another mail address`,
    );
  }
  const image = { superAdmin: 'yes', company: '', role: '' };
  return written(request, image, { superAdmin: String(userId) });
}

/** After a lost reply it is our own; anything else keeps the mail address to itself. */
async function alreadySuperAdmin(
  { b2b }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const admin = await searchSuperAdmin(b2b, whoIs(request), budget);
  if (admin === undefined) return blocked(MAIL_TAKEN);
  if ('outcome' in admin) return admin;
  return written(request, { superAdmin: 'yes', company: '', role: '' }, { superAdmin: String(admin.id) });
}

async function joinCompany(
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
  const body = {
    ...personBody(request),
    ...phone(request, 'phoneNumber'),
    ...{ companyId, ...role },
    // The person signs in through us; a welcome mail would invite them to set a password.
    acceptWelcomeEmail: false,
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
  // Somebody else was made a buyer: taken back at once.
  await b2b.send({ verb: 'DELETE', path: `/users/${userId}` }, Anything, budget);
  return blocked(
    `B2B Edition took customer ${bcId} for the user ${userId}, who has the same mail address: see that this user is deleted, and give one of the two customers another mail address`,
  );
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

async function changeRole(
  { b2b, known }: StandingNeeds,
  request: UpdateRequest,
  place: Place,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const role = known.roles.bodyOf(place.role);
  if (!role) return NOT_PREPARED;
  const id = await userIdOf(b2b, request, budget);
  if (typeof id === 'object') return id;
  if (id === undefined)
    return { outcome: 'unavailable', code: 'provisioning.not_applied', maybeApplied: false };
  const answer = await b2b.send({ verb: 'PUT', path: `/users/${id}`, body: role }, CompanyUser, budget);
  switch (answer.outcome) {
    case 'ok':
      return written(request, userImage(answer.data, known), { user: String(id) });
    case 'missing':
      return { outcome: 'unavailable', code: 'provisioning.not_applied', maybeApplied: false };
    case 'invalid':
      return objected(answer, place.company);
    case 'unavailable':
      return answer;
  }
}

/** The customer stays, with orders and all. A company keeps its last user. */
async function leaveCompany(
  { b2b }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const nowhere = written(request, { company: '', role: '' }, {});
  const id = await userIdOf(b2b, request, budget);
  if (typeof id === 'object') return id;
  if (id === undefined) return nowhere;
  const answer = await b2b.send({ verb: 'DELETE', path: `/users/${id}` }, Anything, budget);
  switch (answer.outcome) {
    case 'ok':
    case 'missing':
      return nowhere;
    case 'invalid':
      return answer.objection === 'last-user'
        ? blocked(lastUser(text(request.current['company'])))
        : objected(answer, text(request.current['company']));
    case 'unavailable':
      return answer;
  }
}

async function userIdOf(
  b2b: B2bApi,
  { refs, externalId }: UpdateRequest,
  budget: CallBudget,
): Promise<number | undefined | CallFailed> {
  const remembered = Number(refs['user']);
  if (Number.isSafeInteger(remembered)) return remembered;
  const user = await companyUserOf(b2b, Number(externalId), budget);
  return user && 'outcome' in user ? user : user?.id;
}

/**
 * B2B Edition finds the customer by mail, which several customers may share on different channels. Another one who
 * could be meant must not be taken (R1.3).
 */
async function othersInTheWay(
  { customers }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer | undefined> {
  const found = await customersWithMail(customers, whoIs(request).mail, budget);
  if ('outcome' in found) return found;
  const wanted: readonly number[] = channelsOf(request);
  const others = found.filter(({ id }) => String(id) !== request.externalId);
  if (others.length === found.length) {
    return { outcome: 'unavailable', code: 'provisioning.not_applied', maybeApplied: false };
  }
  const inTheWay = others.filter((customer) => covers(customer, wanted)).map(({ id }) => id);
  if (inTheWay.length === 0) return undefined;
  return blocked(
    `customer ${inTheWay.join(', ')} has the same mail address on the same channel, and B2B Edition tells people apart by mail alone: give one of them another mail address`,
  );
}

/** Names and mail as they stand in the store: what changes them is a step of its own. */
function personBody(request: UpdateRequest): Record<string, unknown> {
  const { current, desired } = request;
  const ids = channelsOf(request);
  return {
    firstName: text(current['firstName']) || text(desired['firstName']),
    lastName: text(current['lastName']) || text(desired['lastName']),
    email: whoIs(request).mail,
    channelIds: ids,
    originChannelId: ids[0],
  };
}

function phone({ current }: UpdateRequest, name: 'phone' | 'phoneNumber'): Record<string, string> {
  const number = text(current['phone']);
  return number === '' ? {} : { [name]: number };
}

function channelsOf({ current, desired }: UpdateRequest): ReturnType<typeof channelIds> {
  return channelIds(desired['channels'] ?? current['channels'] ?? []);
}

function whoIs({ externalId, current, desired }: UpdateRequest): { customerId: number; mail: string } {
  return { customerId: Number(externalId), mail: text(current['mail']) || text(desired['mail']) };
}

function written(
  { externalId }: UpdateRequest,
  image: AccountImage,
  refs: Readonly<Record<string, string>>,
): WriteAnswer {
  return { outcome: 'written', account: { externalId, image, refs } };
}

const STAYS_SUPER_ADMIN =
  'the person is a super admin, which no API can take away, and cannot be a company user beside it: delete the super admin in B2B Edition, then the company user is made';
const MAIL_TAKEN =
  'somebody else in B2B Edition has this mail address, which must be unique there: delete that user or super admin, or change its mail address';

function lastUser(company: string): string {
  return `the person is the last user of the company ${company}, and B2B Edition keeps the last one: add another user there, or delete the company, then this user is deleted`;
}

function blocked(reason: string): WriteAnswer {
  return { outcome: 'blocked', reasons: [reason] };
}

function objected({ objection, status, fields }: B2bInvalid, company: string): WriteAnswer {
  if (objection === 'channel') {
    return blocked('B2B Edition is not switched on for the channels of the person: switch it on there');
  }
  if (objection === 'company')
    return blocked(`B2B Edition takes no user in the company ${company}: look at it there`);
  return { outcome: 'invalid', detail: `status ${status}: ${objection} ${fields.join(', ')}`.trim() };
}

function text(value: AccountImage[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
