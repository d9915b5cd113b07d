import type { Store } from '../store.ts';
import type { CompanyUser } from './model.ts';

/** B2B Edition decides the customer group of company users: it is that of their company. */
export function applyGroup(store: Store, user: CompanyUser): void {
  const customer = store.customers.get(user.customerId);
  const company = store.companies.get(user.companyId);
  if (!customer || !company || customer.customer_group_id === company.customerGroupId) return;
  customer.customer_group_id = company.customerGroupId;
  customer.date_modified = store.now();
}

/** After something outside of B2B Edition happened: customers who are gone, groups that somebody else wrote. */
export function settle(store: Store): void {
  const { b2bAfterCustomerDelete, b2bGroupWrites } = store.turned();
  for (const people of [store.companyUsers, store.superAdmins]) {
    for (const { id, customerId } of people.values()) {
      if (b2bAfterCustomerDelete === 'removed' && !store.customers.has(customerId)) people.delete(id);
    }
  }
  if (b2bGroupWrites === 'kept') return;
  for (const user of store.companyUsers.values()) applyGroup(store, user);
}
