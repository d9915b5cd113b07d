import type { Item } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { raise } from '../webhooks/deliver.ts';
import type { CompanyUser } from './model.ts';

/** BigCommerce docs, B2B Edition webhooks: ids and nothing else. Changes of plain customers raise none of these. */
type Happening = 'created' | 'updated' | 'deleted';

export function companyHappened(store: Store, what: Happening | 'statusUpdated', id: number): void {
  raise(store, `store/company/${what}`, { company_id: id });
}

export function userHappened(store: Store, what: Happening, { id, companyId }: CompanyUser): void {
  raise(store, `store/company/user/${what}`, { company_id: companyId, user_id: id });
}

export function superAdminHappened(store: Store, what: Happening, id: number): void {
  raise(store, `store/superadmin/${what}`, { user_id: id });
}

/** Both sides of an assignment are told. */
export function assignmentHappened(store: Store, companyId: number, superAdminId: number): void {
  raise(store, 'store/company/superadmin/assignmentUpdated', { company_id: companyId });
  raise(store, 'store/superadmin/assignmentUpdated', { user_id: superAdminId });
  superAdminHappened(store, 'updated', superAdminId);
}

/** A change of role or channels alone is no event. */
export function isToldChange(item: Item): boolean {
  return ['firstName', 'lastName', 'email', 'phoneNumber', 'extraFields'].some(
    (name) => item[name] !== undefined,
  );
}
