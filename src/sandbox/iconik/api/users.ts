import { z } from 'zod';
import { trustById } from '../identity-providers.ts';
import type { User } from '../model.ts';
import { hasRole, rolesOf } from '../roles.ts';
import type { Iconik } from '../server.ts';
import { deleteUser, isSameMail, userByEmail, userChanged } from '../users.ts';
import { readBody } from './body.ts';
import { type Answer, type ApiCall, type Handler, invalid, NO_CONTENT, notFound, ok } from './call.ts';
import { select } from './listing.ts';
import { numberedPage } from './paging.ts';
import { readNewUser, readUserChange } from './user-body.ts';
import { showBasicUser, showUser } from './user-view.ts';
import { changeUser, clearAbsent, makeUser } from './user-writing.ts';

const FILTER = {
  exact: ['email', 'first_name', 'last_name', 'groups', 'role_groups', 'status', 'is_admin', 'phone', 'type'],
  searched: ['first_name', 'last_name', 'email'],
};

/** From the search index. Deleted users are left out unless their status is asked for. */
function found(call: ApiCall): readonly User[] {
  const { iconik, query } = call;
  const all = iconik.store.index.all('users', iconik.needs.clock.now().getTime()) as readonly User[];
  const present = query.get('status') === null ? all.filter(({ status }) => status !== 'DELETED') : all;
  return select({ query: renamed(query) }, present, FILTER);
}

/** `teams` is the other name of `groups`. */
function renamed(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].map(([name, value]) => [name === 'teams' ? 'groups' : name, value]));
}

export const listUsers: Handler = (call) =>
  numberedPage(call, found(call), (user) => showUser(call.iconik, user), { facets: {} });

/** The one list that takes several addresses, as exact as the switch says. */
export const listBasicUsers: Handler = (call) => {
  const wanted = call.query.get('emails')?.split(',');
  const users = found(call).filter(
    ({ email }) => wanted?.some((each) => isSameMail(call.iconik, each.trim(), email)) ?? true,
  );
  return numberedPage(call, users, (user) => showBasicUser(call.iconik, user), { facets: {} });
};

export const createUser: Handler = (call) => {
  const read = readNewUser(call);
  return read.outcome === 'refused' ? read.answer : makeUser(call.iconik, read.value);
};

/** The user that the path names; a deleted one is there or not by switch. */
export function userOf({ iconik, params }: Pick<ApiCall, 'iconik' | 'params'>): User | undefined {
  const user = iconik.store.users.get(params['userId'] ?? '');
  const isHidden = user?.status === 'DELETED' && iconik.switches.positions.deletedUser === 'gone';
  return isHidden ? undefined : user;
}

type OnUser = (iconik: Iconik, user: User, call: ApiCall) => Answer;

const onUser =
  (run: OnUser): Handler =>
  (call) => {
    const user = userOf(call);
    return user ? run(call.iconik, user, call) : notFound('User');
  };
const onCurrent =
  (run: OnUser): Handler =>
  (call) =>
    run(call.iconik, call.caller.user, call);

const show: OnUser = (iconik, user) => ok(showUser(iconik, user));
const patch: OnUser = (iconik, user, call) => {
  const read = readUserChange(call);
  return read.outcome === 'refused' ? read.answer : changeUser(iconik, user, read.value);
};
const put: OnUser = (iconik, user, call) => {
  const read = readUserChange(call);
  if (read.outcome === 'refused') return read.answer;
  const clears = iconik.switches.positions.putUser === 'clears-absent';
  return changeUser(iconik, user, clears ? clearAbsent(read.value) : read.value);
};
const roles: OnUser = (iconik, user) => ok({ objects: rolesOf(iconik, user) });

export const getUser = onUser(show);
export const getCurrentUser = onCurrent(show);
export const patchUser = onUser(patch);
export const putUser = onUser(put);
export const getUserRoles = onUser(roles);
export const getCurrentRoles = onCurrent(roles);

/** Nobody gives themselves power here. */
export const changeCurrentUser = onCurrent((iconik, user, call) => {
  const read = readUserChange(call);
  if (read.outcome === 'refused') return read.answer;
  const { first_name, last_name, phone, hide_email, hide_phone, password } = read.value;
  return changeUser(iconik, user, { first_name, last_name, phone, hide_email, hide_phone, password });
});

export const hasUserRole = onUser((iconik, user, { params }) =>
  hasRole(iconik, user, params['role'] ?? '') ? ok({}) : notFound('Role'),
);

export const removeUser = onUser((iconik, user) => {
  deleteUser(iconik, user);
  return NO_CONTENT;
});

export const reindexUser = onUser((iconik, user) => {
  iconik.store.index.put('users', user.id, user, 0);
  return ok(showUser(iconik, user));
});

const Binding = z.object({ email: z.email('Not a valid email address'), identity_provider_id: z.string() });

/** Binds a user to an identity provider, under the address that it will send. */
export const bindUser = onUser((iconik, user, call) => {
  const read = readBody(call, Binding);
  if (read.outcome === 'refused') return read.answer;
  const { email, identity_provider_id } = read.value;
  if (!trustById(iconik, identity_provider_id)) {
    return invalid(iconik, { identity_provider_id: 'Identity provider does not exist' });
  }
  const other = userByEmail(iconik, email);
  if (other && other !== user) return invalid(iconik, { email: 'A user with this email already exists' });
  user.email = email;
  user.identity_provider_id = identity_provider_id;
  userChanged(iconik, user);
  return ok(showUser(iconik, user));
});

export const unbindUser = onUser((iconik, user) => {
  user.identity_provider_id = null;
  userChanged(iconik, user);
  return ok(showUser(iconik, user));
});
