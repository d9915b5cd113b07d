import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import {
  type Account,
  inviteUser,
  joinStore,
  leaveAccount,
  leaveStore,
  type Membership,
  type PanelUser,
  userByEmail,
} from './account.ts';
import { acceptInvitation, noteEntry, refusePermissions, setPermissions } from './by-hand.ts';
import { ROLES, type RoleName } from './permissions.ts';
import { freshPermissions } from './views.ts';

const Role = z.enum(Object.keys(ROLES) as [RoleName, ...RoleName[]]);
const OfUser = z.object({ email: z.string() });
const OfStore = z.object({ store: z.string() });
const Permissions = z.strictObject({
  ...OfStore.shape,
  ...OfUser.shape,
  role: Role.optional(),
  permissions: z.array(z.string()).optional(),
});
const NewUser = z.strictObject({
  ...OfStore.shape,
  ...OfUser.shape,
  firstName: z.string().default('Added'),
  lastName: z.string().default('By Hand'),
  role: Role.optional(),
});
const Removal = z.strictObject({ ...OfUser.shape, store: z.string().optional() });
const Acceptance = z.strictObject({ ...OfUser.shape, firstName: z.string(), lastName: z.string() });
const Entry = z.strictObject({ ...OfStore.shape, ...OfUser.shape });
const Token = z.strictObject({ token: z.string() });
const Calls = z.strictObject({ calls: z.int().min(0) });

/** What people do in the control panel, past the Account API. */
export function accountActions(accountOf: () => Account): Readonly<Record<string, Action>> {
  const action = (explains: string, run: (account: Account, body: unknown) => unknown): Action => ({
    explains,
    run: (body) => run(accountOf(), body),
  });
  return {
    'set-panel-permissions': action(
      'Somebody ticks permissions by hand: { store, email, role: "Sales Staff" } or { store, email, permissions: […] }.',
      tick,
    ),
    'add-panel-user': action('Adds a control-panel user by hand: { store, email, role? }.', addByHand),
    'remove-panel-user': action(
      'Removes one by hand: { email, store? }, without store from the account.',
      remove,
    ),
    'accept-invitation': action(
      'The link of an invitation is followed: { email, firstName, lastName }.',
      accept,
    ),
    'enter-control-panel': action('Somebody signs in to the control panel: { store, email }.', enter),
    'revoke-account-token': action('Deletes an account-level token: { token: "accountApi" }.', revoke),
    'use-account-quota': action('Another app makes calls in this hour: { calls: 60 }.', useQuota),
  };
}

function tick(account: Account, body: unknown): unknown {
  const { store, email, role, permissions } = Permissions.parse(body);
  const { membership } = memberOf(account, store, email);
  const wanted = permissions ?? (role && ROLES[role]);
  if (!wanted) throw new ActionRefused('Give role or permissions.');
  const problem = refusePermissions('sandbox', membership, wanted);
  if (problem !== undefined) throw new ActionRefused(problem);
  setPermissions(account, membership, wanted);
  return { permissions: membership.permissions };
}

function addByHand(account: Account, body: unknown): unknown {
  const { store, email, role, ...names } = NewUser.parse(body);
  const hash = hashOf(account, store);
  const known = userByEmail(account, email);
  const user = known ?? inviteUser(account, email);
  if (!known) acceptInvitation(user, names);
  joinStore(account, user, hash, freshPermissions(account));
  const membership = user.stores.get(hash);
  if (role && membership) setPermissions(account, membership, ROLES[role]);
  return { id: user.id };
}

function remove(account: Account, body: unknown): unknown {
  const { email, store } = Removal.parse(body);
  const user = userOf(account, email);
  if (email === account.owner) throw new ActionRefused('The owner cannot be removed.');
  if (store === undefined) leaveAccount(account, user);
  else leaveStore(account, user, hashOf(account, store));
  return { id: user.id };
}

function accept(account: Account, body: unknown): unknown {
  const { email, ...names } = Acceptance.parse(body);
  const user = userOf(account, email);
  acceptInvitation(user, names);
  return { id: user.id };
}

function enter(account: Account, body: unknown): unknown {
  const { store, email } = Entry.parse(body);
  const { membership } = memberOf(account, store, email);
  noteEntry(account, membership);
  return { lastLoginAt: membership.lastLoginAt };
}

function revoke(account: Account, body: unknown): unknown {
  const { token: name } = Token.parse(body);
  const token = account.tokens.find((each) => each.name === name);
  if (!token) throw new ActionRefused(`There is no account-level token "${name}".`);
  token.revoked = true;
  return { token: name };
}

function useQuota(account: Account, body: unknown): unknown {
  const { calls } = Calls.parse(body);
  const now = account.now().getTime();
  if (now >= account.window.endsAt) account.window = { endsAt: now + 3_600_000, used: 0 };
  account.window.used += calls;
  return account.window;
}

function hashOf(account: Account, id: string): string {
  const store = account.stores.find((each) => each.id === id || each.hash === id);
  if (!store) throw new ActionRefused(`There is no store "${id}".`);
  return store.hash;
}

function userOf(account: Account, email: string): PanelUser {
  const user = userByEmail(account, email);
  if (!user) throw new ActionRefused(`There is no control-panel user "${email}".`);
  return user;
}

function memberOf(account: Account, store: string, email: string): { readonly membership: Membership } {
  const membership = userOf(account, email).stores.get(hashOf(account, store));
  if (!membership) throw new ActionRefused(`"${email}" is no user of the store "${store}".`);
  return { membership };
}
