import type { Store } from '../store.ts';
import type { SuperAdmin } from './model.ts';

/** Acting for a company gives the super admin's own customer the group of the company while it lasts. */
export function beginMasquerade(store: Store, admin: SuperAdmin, companyId: number): void {
  endMasquerade(store, admin);
  const customer = store.customers.get(admin.customerId);
  const company = store.companies.get(companyId);
  if (!customer || !company) return;
  admin.masquerade = { companyId, groupBefore: customer.customer_group_id };
  customer.customer_group_id = company.customerGroupId;
}

export function endMasquerade(store: Store, admin: SuperAdmin): void {
  const customer = store.customers.get(admin.customerId);
  if (customer && admin.masquerade) customer.customer_group_id = admin.masquerade.groupBefore;
  admin.masquerade = null;
}
