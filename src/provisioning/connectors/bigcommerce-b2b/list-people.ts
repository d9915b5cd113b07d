import type { CallFailed, ListAnswer, ListedAccount } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bApi } from './b2b-api.ts';
import type { Known } from './facts.ts';
import { CompanyUserList, SuperAdmin, SuperAdminList } from './schema.ts';
import { assignedCompanies, failedRead, type Standing, standingImage, standingRefs } from './standing.ts';

const USERS = 250;
/** Each super admin costs two more requests: the list names neither customer nor companies. */
const ADMINS = 15;

type Position = {
  readonly of: 'users' | 'admins';
  readonly offset: number;
  /** Of both lists, as counted at the first page. */
  readonly total: number | undefined;
};

/** One page: first all company users, then all super admins. Customers who are neither are not here. */
export async function listPeople(
  api: B2bApi,
  known: Known,
  cursor: string | undefined,
  budget: CallBudget,
): Promise<ListAnswer> {
  const position = positionOf(cursor);
  return position.of === 'users'
    ? listUsers(api, known, position, budget)
    : listAdmins(api, known, position, budget);
}

async function listUsers(
  api: B2bApi,
  known: Known,
  { offset, total: counted }: Position,
  budget: CallBudget,
): Promise<ListAnswer> {
  const query = { limit: USERS, offset };
  const answer = await api.send({ verb: 'GET', path: '/users', query }, CompanyUserList, budget);
  if (answer.outcome !== 'ok') return failedRead(answer);
  const { data, total: users } = answer;
  const admins = offset === 0 ? await countAdmins(api, budget) : undefined;
  const total = users !== undefined && admins !== undefined ? users + admins : counted;
  const seen = offset + data.length;
  const accounts = data.map(
    (user): ListedAccount => ({
      ...listed(user, user.customerId, user.phoneNumber, { kind: 'company-user', user }, known),
      isActive: known.companies.isActive(user.companyId),
    }),
  );
  const next = isLast(data.length, USERS, seen, users)
    ? cursorAt('admins', 0, total)
    : cursorAt('users', seen, total);
  return { outcome: 'listed', accounts, next, ...(total !== undefined && { total }) };
}

/** Only for the progress bar: no answer is no harm. */
async function countAdmins(api: B2bApi, budget: CallBudget): Promise<number | undefined> {
  const query = { limit: 1, offset: 0 };
  const answer = await api.send(
    { verb: 'GET', path: '/companies/super-admins', query },
    SuperAdminList,
    budget,
  );
  return answer.outcome === 'ok' ? answer.total : undefined;
}

async function listAdmins(
  api: B2bApi,
  known: Known,
  { offset, total }: Position,
  budget: CallBudget,
): Promise<ListAnswer> {
  const query = { limit: ADMINS, offset };
  const answer = await api.send(
    { verb: 'GET', path: '/companies/super-admins', query },
    SuperAdminList,
    budget,
  );
  if (answer.outcome !== 'ok') return failedRead(answer);
  const { data } = answer;
  const accounts: ListedAccount[] = [];
  for (const { id } of data) {
    const account = await listedAdmin(api, known, id, budget);
    if (account && 'outcome' in account) return account;
    if (account) accounts.push(account);
  }
  const seen = offset + data.length;
  return {
    ...{ outcome: 'listed', accounts },
    ...(total !== undefined && { total }),
    ...(!isLast(data.length, ADMINS, seen, answer.total) && { next: cursorAt('admins', seen, total) }),
  };
}

function isLast(count: number, page: number, seen: number, total: number | undefined): boolean {
  return count === 0 || (total === undefined ? count < page : seen >= total);
}

async function listedAdmin(
  api: B2bApi,
  known: Known,
  id: number,
  budget: CallBudget,
): Promise<ListedAccount | undefined | CallFailed> {
  const answer = await api.send({ verb: 'GET', path: `/super-admins/info/${id}` }, SuperAdmin, budget);
  // Deleted since the page was read.
  if (answer.outcome === 'missing') return undefined;
  if (answer.outcome !== 'ok') return failedRead(answer);
  const companyIds = await assignedCompanies(api, id, budget);
  if ('outcome' in companyIds) return companyIds;
  const { customerId, phone } = answer.data;
  const standing: Standing = { kind: 'super-admin', id, companyIds };
  return { ...listed(answer.data, customerId, phone, standing, known), isActive: true };
}

type Shown = {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly channelList: readonly number[];
};

function listed(shown: Shown, customerId: number, phone: string, standing: Standing, known: Known) {
  const { email: mail, firstName, lastName, channelList } = shown;
  const channels = channelList.map(String).sort();
  return {
    externalId: String(customerId),
    image: { ...{ mail, firstName, lastName, phone, channels }, ...standingImage(standing, known) },
    refs: standingRefs(standing),
  };
}

function cursorAt(of: Position['of'], offset: number, total: number | undefined): string {
  return `${of}:${offset}:${total ?? ''}`;
}

function positionOf(cursor: string | undefined): Position {
  const [of, offset, total] = (cursor ?? '').split(':');
  return {
    of: of === 'admins' ? 'admins' : 'users',
    offset: Number(offset) || 0,
    total: total ? Number(total) : undefined,
  };
}
