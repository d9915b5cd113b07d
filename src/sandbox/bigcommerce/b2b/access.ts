import type { Request } from 'express';
import type { Store } from '../store.ts';
import type { Answer } from './answers.ts';
import { B2B_SCOPE } from './seeds.ts';

export type Access =
  | { readonly outcome: 'granted'; readonly store: Store; readonly account: string }
  | { readonly outcome: 'refused'; readonly store?: Store; readonly answer: Answer };

/** `X-Auth-Token` with `X-Store-Hash`, or the older `authToken`, which names its store by itself. */
export function checkAccess(stores: readonly Store[], req: Request): Access {
  const token = req.get('x-auth-token');
  const legacy = req.get('authtoken');
  if (token === undefined)
    return legacy === undefined ? refused(NO_CREDENTIALS) : checkLegacy(stores, legacy);
  const store = stores.find(({ hash }) => hash === req.get('x-store-hash'));
  if (!store) return refused(NO_CREDENTIALS);
  if (!store.b2b.isEnabled) return refused(denied(403, 'B2B Edition is not enabled for this store.'), store);
  if (legacy !== undefined && store.turned().b2bMixedTokens === 'refused') return refused(INVALID, store);
  const account = store.accounts.find(({ accessToken, revoked }) => accessToken === token && !revoked);
  if (!account) return refused(INVALID, store);
  if (!account.scopes.includes(B2B_SCOPE) || store.turned().ownerChanged) {
    const status = Number(store.turned().b2bMissingScope);
    return refused(denied(status, 'You do not have permission to perform this action.'), store);
  }
  return { outcome: 'granted', store, account: account.name };
}

function checkLegacy(stores: readonly Store[], token: string): Access {
  for (const store of stores) {
    const known = store.b2b.tokens.find((each) => each.token === token);
    if (known) return { outcome: 'granted', store, account: `authToken ${known.name}` };
  }
  return refused(INVALID);
}

function refused(answer: Answer, store?: Store): Access {
  return { outcome: 'refused', answer, ...(store && { store }) };
}

/** The text is in both places. */
function denied(status: number, message: string): Answer {
  return { status, message, data: { errMsg: message } };
}

const NO_CREDENTIALS = denied(401, 'Invalid token header. No credentials provided.');
export const INVALID = denied(401, 'Invalid token.');
