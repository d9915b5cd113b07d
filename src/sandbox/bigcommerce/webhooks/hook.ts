/** One subscription of an API account. Field names are those of the REST API. */
export type Hook = {
  readonly id: number;
  readonly client_id: string;
  scope: string;
  destination: string;
  headers: Readonly<Record<string, string>> | null;
  is_active: boolean;
  readonly created_at: Date;
  updated_at: Date;
};

/** What happens in B2B Edition; its scope is needed to be told. */
export const B2B_SCOPES: readonly string[] = [
  'store/company/created',
  'store/company/updated',
  'store/company/deleted',
  'store/company/statusUpdated',
  'store/company/*',
  'store/company/superadmin/assignmentUpdated',
  'store/company/user/created',
  'store/company/user/updated',
  'store/company/user/deleted',
  'store/company/user/*',
  'store/superadmin/created',
  'store/superadmin/updated',
  'store/superadmin/deleted',
  'store/superadmin/assignmentUpdated',
  'store/superadmin/*',
];

export const HOOK_SCOPES: readonly string[] = [
  'store/customer/created',
  'store/customer/updated',
  'store/customer/deleted',
  'store/customer/*',
  'store/customer/address/created',
  'store/customer/address/updated',
  'store/customer/address/deleted',
  'store/customer/address/*',
  'store/customer/channel/login/access/updated',
  ...B2B_SCOPES,
];

/** `store/customer/*` takes in what happens to customers themselves, not to their addresses. */
export function wants(hook: Hook, scope: string): boolean {
  if (!hook.is_active) return false;
  if (hook.scope === scope) return true;
  const parent = scope.slice(0, scope.lastIndexOf('/'));
  return hook.scope === `${parent}/*`;
}

/** One message on its way to one hook. */
export type Delivery = {
  readonly messageId: string;
  readonly hookId: number;
  readonly scope: string;
  readonly body: string;
  attempts: number;
  /** Status of the last answer; null when nobody answered. */
  lastStatus: number | null;
  state: 'pending' | 'delivered' | 'given-up';
};
