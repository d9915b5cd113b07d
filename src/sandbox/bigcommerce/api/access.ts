import type { ApiAccount } from '../model.ts';
import type { Store } from '../store.ts';
import { type Answer, DOCUMENTS } from './answers.ts';

export type Access =
  | { readonly outcome: 'granted'; readonly account: ApiAccount }
  | { readonly outcome: 'refused'; readonly answer: Answer };

/** `X-Auth-Token` to account to scope. A token never expires; it ends with its account or with the owner's e-mail. */
export function checkAccess(store: Store, token: string | undefined, scopes: readonly string[]): Access {
  const account = store.accounts.find(({ accessToken, revoked }) => accessToken === token && !revoked);
  if (!account) return { outcome: 'refused', answer: UNAUTHORIZED };
  const mayCall = scopes.length === 0 || scopes.some((scope) => account.scopes.includes(scope));
  if (store.turned().ownerChanged || !mayCall) return { outcome: 'refused', answer: FORBIDDEN };
  return { outcome: 'granted', account };
}

export const UNAUTHORIZED: Answer = {
  status: 401,
  body: {
    status: 401,
    title:
      'Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store.',
    type: '/api-docs/getting-started/api-status-codes',
  },
};

export const FORBIDDEN: Answer = {
  status: 403,
  body: {
    status: 403,
    title: "You don't have a required scope to access the endpoint",
    type: DOCUMENTS,
    errors: {},
  },
};
