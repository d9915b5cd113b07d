import { BAD_ANSWER } from '../../bigcommerce/customers-answers.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, Refs } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bAnswer, B2bApi } from './b2b-api.ts';
import type { Known } from './facts.ts';
import { AssignedCompanies, CompanyUser, SuperAdmin, SuperAdminList } from './schema.ts';

/** What somebody is in B2B Edition. */
export type Standing =
  | { readonly kind: 'none' }
  | { readonly kind: 'company-user'; readonly user: CompanyUser }
  | { readonly kind: 'super-admin'; readonly id: number; readonly companyIds: readonly number[] };

const PAGE = 200;
const MOST_PAGES = 50;
/** Of the super admins that a search for a mail address shows. */
const SEARCHED = 50;

type Who = { readonly customerId: number; readonly mail: string; readonly refs: Refs };

/**
 * What the customer is in B2B Edition. Super admins cannot be found by their customer: by the id that we remember, else
 * by mail; either way the customer must be this one.
 */
export async function readStanding(
  api: B2bApi,
  who: Who,
  budget: CallBudget,
): Promise<Standing | CallFailed> {
  const remembered = Number(who.refs['superAdmin']);
  if (Number.isSafeInteger(remembered)) {
    const admin = await superAdminOf(api, remembered, who.customerId, budget);
    if (admin && 'outcome' in admin) return admin;
    if (admin) return withCompanies(api, admin.id, budget);
  }
  const user = await companyUserOf(api, who.customerId, budget);
  if (user && 'outcome' in user) return user;
  if (user) return { kind: 'company-user', user };
  const admin = await searchSuperAdmin(api, who, budget);
  if (admin === undefined) return { kind: 'none' };
  return 'outcome' in admin ? admin : withCompanies(api, admin.id, budget);
}

export async function companyUserOf(
  api: B2bApi,
  customerId: number,
  budget: CallBudget,
): Promise<CompanyUser | undefined | CallFailed> {
  const path = `/users/customer/${customerId}` as const;
  const answer = await api.send({ verb: 'GET', path }, CompanyUser, budget);
  if (answer.outcome === 'missing') return undefined;
  if (answer.outcome !== 'ok') return failedRead(answer);
  return answer.data.customerId === customerId ? answer.data : BAD_ANSWER;
}

/** The super admin of this customer, by mail: lists do not name the customer. */
export async function searchSuperAdmin(
  api: B2bApi,
  { customerId, mail }: Pick<Who, 'customerId' | 'mail'>,
  budget: CallBudget,
): Promise<SuperAdmin | undefined | CallFailed> {
  const query = { q: mail, limit: SEARCHED };
  const answer = await api.send(
    { verb: 'GET', path: '/companies/super-admins', query },
    SuperAdminList,
    budget,
  );
  if (answer.outcome !== 'ok') return failedRead(answer);
  for (const { id, email } of answer.data) {
    if (email.toLowerCase() !== mail.toLowerCase()) continue;
    const admin = await superAdminOf(api, id, customerId, budget);
    if (admin) return admin;
  }
  return undefined;
}

/** The super admin with this id, if it is this customer. */
export async function superAdminOf(
  api: B2bApi,
  id: number,
  customerId: number,
  budget: CallBudget,
): Promise<SuperAdmin | undefined | CallFailed> {
  const path = `/super-admins/info/${id}` as const;
  const answer = await api.send({ verb: 'GET', path }, SuperAdmin, budget);
  if (answer.outcome === 'missing') return undefined;
  if (answer.outcome !== 'ok') return failedRead(answer);
  return answer.data.customerId === customerId ? answer.data : undefined;
}

async function withCompanies(api: B2bApi, id: number, budget: CallBudget): Promise<Standing | CallFailed> {
  const companyIds = await assignedCompanies(api, id, budget);
  return 'outcome' in companyIds ? companyIds : { kind: 'super-admin', id, companyIds };
}

export async function assignedCompanies(
  api: B2bApi,
  id: number,
  budget: CallBudget,
): Promise<readonly number[] | CallFailed> {
  const path = `/super-admins/${id}/companies` as const;
  const found: number[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: PAGE, offset: found.length };
    const answer = await api.send({ verb: 'GET', path, query }, AssignedCompanies, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    found.push(...answer.data.map(({ companyId }) => companyId));
    const isLast = answer.total === undefined ? answer.data.length < PAGE : found.length >= answer.total;
    if (isLast || answer.data.length === 0) return found;
  }
  return found;
}

export function standingImage(standing: Standing, known: Known): AccountImage {
  switch (standing.kind) {
    case 'none':
      return { superAdmin: '', companies: [], company: '', role: '' };
    case 'company-user':
      return { superAdmin: '', companies: [], ...userImage(standing.user, known) };
    case 'super-admin': {
      const companies = standing.companyIds.map((id) => known.companies.labelOf(id)).sort();
      return { superAdmin: 'yes', companies, company: '', role: '' };
    }
  }
}

export function userImage(user: CompanyUser, known: Known): AccountImage {
  return { company: known.companies.labelOf(user.companyId), role: known.roles.nameOf(user) };
}

export function standingRefs(standing: Standing): Refs {
  switch (standing.kind) {
    case 'none':
      return {};
    case 'company-user':
      return { user: String(standing.user.id) };
    case 'super-admin':
      return { superAdmin: String(standing.id) };
  }
}

export function failedRead(answer: Exclude<B2bAnswer<unknown>, { outcome: 'ok' }>): CallFailed {
  return answer.outcome === 'unavailable' ? answer : BAD_ANSWER;
}
