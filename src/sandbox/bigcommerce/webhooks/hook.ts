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

export const HOOK_SCOPES = [
  'store/customer/created',
  'store/customer/updated',
  'store/customer/deleted',
  'store/customer/*',
  'store/customer/address/created',
  'store/customer/address/updated',
  'store/customer/address/deleted',
  'store/customer/address/*',
  'store/customer/channel/login/access/updated',
] as const;

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
