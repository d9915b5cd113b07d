import type { Item } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, COMPANY_NOT_FOUND, logicalError, ok, seconds } from './answers.ts';
import type { Call, Handler } from './call.ts';
import { changeFields, makeCompany, refuseCompany } from './company-writing.ts';
import { companyHappened } from './events.ts';
import { applyGroup } from './groups.ts';
import { isWithin, matches, page } from './lists.ts';
import type { Company, CompanyStatus } from './model.ts';
import { loseGroup } from './users.ts';

export const listCompanies: Handler = (call) => {
  const { store, query } = call;
  const found = [...store.companies.values()].filter(
    (company) => isWithin(query, company) && matches(query, company.name) && isWanted(store, query, company),
  );
  const sign = query.get('orderBy') === 'ASC' ? 1 : -1;
  const byName = query.get('sortBy') === 'companyName';
  found.sort((left, right) => {
    const order = byName
      ? left.name.localeCompare(right.name)
      : left.updated_at.getTime() - right.updated_at.getTime();
    return sign * (order || left.id - right.id);
  });
  const hasExtra = query.get('isIncludeExtraFields') === '1';
  return page(call, found, {
    most: 250,
    word: 'SUCCESS',
    show: (company) => ({
      ...companyView(store, company, hasExtra),
      bcGroupId: company.customerGroupId,
    }),
  });
};

function isWanted(store: Store, query: URLSearchParams, company: Company): boolean {
  const is = (name: string, value: number): boolean => !query.get(name) || query.get(name) === String(value);
  const customer = query.get('customerId');
  const users = [...store.companyUsers.values()].filter(({ companyId }) => companyId === company.id);
  return (
    is('companyStatus', company.status) &&
    is('bcGroupId', company.customerGroupId) &&
    (!customer || users.some(({ customerId }) => String(customerId) === customer))
  );
}

export const showCompany: Handler = (call) =>
  withCompany(call, (company) =>
    ok({
      ...companyView(call.store, company, true),
      // A text here, a number in the list.
      bcGroupId: String(company.customerGroupId),
    }),
  );

/** Makes the company's first user, an admin, too. */
export const createCompany: Handler = ({ store, item }) => {
  const refusal = refuseCompany(store, item, undefined);
  return refusal ?? makeCompany(store, item);
};

export const updateCompany: Handler = (call) =>
  withCompany(call, (company) => {
    const { store, item } = call;
    const refusal = refuseCompany(store, item, company);
    if (refusal) return refusal;
    changeFields(store, company, item);
    regroup(store, company);
    companyHappened(store, 'updated', company.id);
    return ok({ companyId: company.id });
  });

/** Companies that go take their users along; the customers stay. */
export const deleteCompany: Handler = (call) =>
  withCompany(call, (company) => {
    const { store } = call;
    store.companies.delete(company.id);
    for (const user of store.companyUsers.values()) {
      if (user.companyId !== company.id) continue;
      store.companyUsers.delete(user.id);
      loseGroup(store, user);
    }
    for (const admin of store.superAdmins.values()) {
      admin.companies = admin.companies.filter((id) => id !== company.id);
    }
    for (const other of store.companies.values()) {
      if (other.parentId === company.id) other.parentId = null;
    }
    if (store.turned().b2bCompanyBehavior === 'dependent') store.groups.delete(company.customerGroupId);
    companyHappened(store, 'deleted', company.id);
    return ok({});
  });

export const updateStatus: Handler = (call) =>
  withCompany(call, (company) => {
    const { store, item } = call;
    const status = statusOf(item);
    if (status === undefined) return logicalError('The company status is not valid.');
    company.status = status;
    company.updated_at = store.now();
    companyHappened(store, 'updated', company.id);
    companyHappened(store, 'statusUpdated', company.id);
    return ok({});
  });

function statusOf(item: Item): CompanyStatus | undefined {
  return ([0, 1, 2, 3] as const).find((each) => each === item['companyStatus']);
}

/** Users follow the group of their company. */
function regroup(store: Store, company: Company): void {
  for (const user of store.companyUsers.values()) {
    if (user.companyId === company.id) applyGroup(store, user);
  }
}

export function withCompany(call: Call, answer: (company: Company) => Answer): Answer {
  const company = call.store.companies.get(Number(call.params['companyId']));
  return company ? answer(company) : COMPANY_NOT_FOUND;
}

/** Numbers of these objects are texts, except their ids. */
function companyView(store: Store, company: Company, hasExtra: boolean): object {
  const parent = store.companies.get(company.parentId ?? 0);
  return {
    companyId: company.id,
    companyName: company.name,
    companyEmail: company.email,
    companyPhone: company.phone,
    addressLine1: company.addressLine1,
    addressLine2: company.addressLine2,
    city: company.city,
    state: company.state,
    country: company.country,
    zipCode: company.zipCode,
    catalogId: null,
    catalogName: '',
    bcGroupName: store.groups.get(company.customerGroupId)?.name ?? '',
    companyStatus: String(company.status),
    parentCompany: parent ? { id: parent.id, name: parent.name } : {},
    priceListAssign: [],
    ...(hasExtra && { extraFields: company.extraFields }),
    uuid: company.uuid,
    updatedAt: String(seconds(company.updated_at)),
    createdAt: String(seconds(company.created_at)),
  };
}
