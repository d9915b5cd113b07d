import type { CompanyRole } from './model.ts';

/** Permission codes with the greatest level that a role of the buyer portal may hold. */
export const COMPANY_PERMISSIONS: readonly string[] = [
  'get_addresses',
  'get_address_detail',
  'create_address',
  'update_address',
  'delete_address',
  'get_invoices',
  'pay_invoice',
  'get_orders',
  'get_order_detail',
  'get_quotes',
  'create_quote',
  'checkout_with_quote',
  'get_shopping_lists',
  'create_shopping_list',
  'submit_shopping_list_for_approval',
  'approve_draft_shopping_list',
  'get_users',
  'get_user_detail',
  'create_user',
  'update_user',
  'delete_user',
  'get_roles',
  'purchase_enable',
  'get_company_subsidiaries',
];

const at = (permissionLevel: number, codes: readonly string[]) =>
  codes.map((code) => ({ code, permissionLevel }));

/** The numbers that `role` takes: 0 admin, 1 senior buyer, 2 junior buyer, as ids of roles. */
export const ROLE_IDS: readonly number[] = [1, 2, 3];

/** Roles that nobody can change. */
export function predefinedRoles(): readonly CompanyRole[] {
  const buying = COMPANY_PERMISSIONS.filter((code) => !/_users?$|_user_|_roles$|subsidiaries/.test(code));
  const looking = buying.filter((code) => !/^(pay|approve|delete|update)_|purchase|checkout/.test(code));
  return [
    { id: 1, name: 'Admin', roleType: 1, permissions: at(2, COMPANY_PERMISSIONS) },
    { id: 2, name: 'Senior Buyer', roleType: 1, permissions: at(2, buying) },
    { id: 3, name: 'Junior Buyer', roleType: 1, permissions: at(1, looking) },
  ];
}
