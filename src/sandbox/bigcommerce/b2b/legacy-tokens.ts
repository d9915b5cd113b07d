import { randomText } from '../../../base/index.ts';
import { type Account, userByEmail } from '../account/account.ts';
import { roleOf } from '../account/permissions.ts';
import { type Item, text } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, notFound, ok } from './answers.ts';

/** Tokens of the older kind, for the mail address and password of an administrator of the store. */
export function issueToken(stores: readonly Store[], account: Account, item: Item): Answer {
  const store = stores.find(({ hash, b2b }) => hash === text(item, 'storeHash') && b2b.isEnabled);
  const email = text(item, 'email');
  const user = userByEmail(account, email);
  const membership = store && user?.stores.get(store.hash);
  if (!store || !user || !membership || user.password === null || user.password !== item['password']) {
    return refused('The email or password you have entered is incorrect. Please try again.');
  }
  const isAllowed = membership.isOwner || roleOf(membership.permissions) === 'Store Administrator';
  if (!isAllowed) return refused('role forbidden');
  const name = text(item, 'name');
  const token = { id: store.nextId(), name, email, token: randomText() };
  store.b2b.tokens.push(token);
  return ok([{ name, token: token.token }]);
}

export function listTokens(store: Store): Answer {
  const data = store.b2b.tokens.map((token) => ({ ...token, storeHash: store.hash, eventChannel: 'api' }));
  return { ...ok(data), pagination: { totalCount: data.length, limit: 10, offset: 0 } };
}

export function deleteToken(store: Store, item: Item): Answer {
  const at = store.b2b.tokens.findIndex(({ id }) => id === item['id']);
  if (at === -1) return notFound('No matching token was found.');
  store.b2b.tokens.splice(at, 1);
  return ok([]);
}

function refused(errMsg: string): Answer {
  return { status: 400, message: 'API logic error', data: { errMsg } };
}
