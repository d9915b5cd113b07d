import { type Item, isObject } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { ID_NOT_FOUND, ok, parameterError } from './answers.ts';
import type { Handler } from './call.ts';
import { assignmentHappened } from './events.ts';
import { inOrder, page } from './lists.ts';
import { endMasquerade } from './masquerade.ts';
import type { Company, SuperAdmin } from './model.ts';
import { isSearched, superAdminPage, withSuperAdmin } from './super-admins.ts';

/** Companies of one super admin. An assignment does not reach subsidiaries. */
export const listAssignedCompanies: Handler = (call) =>
  withSuperAdmin(call, (admin) =>
    page(
      call,
      inOrder(call.query, call.store.companies.values()).filter(({ id }) => admin.companies.includes(id)),
      { most: 200, word: 'Success', show: companyCore },
    ),
  );

/** Only the companies that are named are touched. */
export const assignCompanies: Handler = (call) =>
  withSuperAdmin(call, (admin) => {
    const { store } = call;
    const parsed = parse(call.item['companies'], 'companyId');
    if (!parsed) return parameterError(store, { companies: ['This field is required'] });
    if (parsed.some(({ id }) => !store.companies.has(id))) return ID_NOT_FOUND;
    for (const { id, isAssigned } of parsed) assign(store, admin, id, isAssigned);
    return ok({}, 'Success');
  });

/** The same from the side of the company. */
export const assignSuperAdmins: Handler = ({ store, params, item }) => {
  const company = store.companies.get(Number(params['companyId']));
  if (!company) return ID_NOT_FOUND;
  const parsed = parse(item['superAdmins'], 'superAdminId');
  if (!parsed) return parameterError(store, { superAdmins: ['This field is required'] });
  if (parsed.some(({ id }) => !store.superAdmins.has(id))) return ID_NOT_FOUND;
  for (const { id, isAssigned } of parsed) {
    const admin = store.superAdmins.get(id);
    if (admin) assign(store, admin, company.id, isAssigned);
  }
  return ok({}, 'Success');
};

export const listSuperAdminsOfCompany: Handler = (call) => {
  const { store, query } = call;
  const company = store.companies.get(Number(call.params['companyId']));
  if (!company) return ID_NOT_FOUND;
  const found = inOrder(query, store.superAdmins.values()).filter(
    (admin) => admin.companies.includes(company.id) && isSearched(call, admin),
  );
  return superAdminPage(call, found);
};

/** All companies, each with how many super admins look after it. */
export const listCompaniesWithSuperAdmins: Handler = (call) => {
  const admins = [...call.store.superAdmins.values()];
  return page(call, inOrder(call.query, call.store.companies.values()), {
    most: 200,
    word: 'Success',
    show: (company) => ({
      ...companyCore(company),
      description: '',
      addressLine1: company.addressLine1,
      addressLine2: company.addressLine2,
      city: company.city,
      state: company.state,
      country: company.country,
      zipCode: company.zipCode,
      catalogId: null,
      superAdminCount: admins.filter(({ companies }) => companies.includes(company.id)).length,
    }),
  });
};

/** Whoever acts for a company that is taken away stops acting for it. */
export function assign(store: Store, admin: SuperAdmin, companyId: number, isAssigned: boolean): void {
  if (admin.companies.includes(companyId) === isAssigned) return;
  const others = admin.companies.filter((id) => id !== companyId);
  admin.companies = isAssigned ? [...others, companyId] : others;
  admin.updated_at = store.now();
  if (!isAssigned && admin.masquerade?.companyId === companyId) endMasquerade(store, admin);
  assignmentHappened(store, companyId, admin.id);
}

function parse(
  given: unknown,
  idName: string,
): readonly { readonly id: number; readonly isAssigned: boolean }[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const items = given as readonly unknown[];
  const isRight = (item: unknown): item is Item =>
    isObject(item) && Number.isInteger(item[idName]) && typeof item['isAssigned'] === 'boolean';
  return items.every(isRight)
    ? items.map((item) => ({ id: Number(item[idName]), isAssigned: item['isAssigned'] === true }))
    : undefined;
}

function companyCore({ id, name, email }: Company): object {
  return { companyId: id, companyName: name, companyEmail: email };
}
