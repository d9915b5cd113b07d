import type { User } from '../model.ts';
import type { Iconik } from '../server.ts';
import { addUser, deleteUser, isFull, setStatus, userByEmail, userChanged } from '../users.ts';
import { type Answer, created, errors, invalid, ok } from './call.ts';
import type { WantedUser } from './user-body.ts';
import { at, showUser } from './user-view.ts';

/** Makes a user, or invites somebody who has an account in another system domain. */
export function makeUser(
  iconik: Iconik,
  wanted: WantedUser & Pick<User, 'email' | 'first_name' | 'type'>,
): Answer {
  const { mailCase, foreignPerson } = iconik.switches.positions;
  const isForeign = iconik.store.foreign.has(wanted.email.toLowerCase());
  if (isForeign && foreignPerson === 'refused') {
    return invalid(iconik, { email: 'This user belongs to another system domain' });
  }
  const refusal = refuseChange(iconik, undefined, wanted);
  if (refusal) return refusal;
  const { password, status, ...fields } = wanted;
  const user = addUser(iconik, {
    ...defined(fields),
    email: mailCase === 'lowered' ? wanted.email.toLowerCase() : wanted.email,
    first_name: wanted.first_name,
    type: wanted.type,
    status: isForeign && foreignPerson === 'invited-inactive' ? 'INACTIVE' : (status ?? 'ACTIVE'),
    invited: isForeign,
    password_changed: password === undefined ? null : at(iconik),
    bySaml: false,
  });
  if (isForeign) iconik.store.mails.push({ to: user.email, what: 'invitation' });
  return created(showUser(iconik, user));
}

/** Changes a user; a body that breaks a rule changes nothing. */
export function changeUser(iconik: Iconik, user: User, wanted: WantedUser): Answer {
  const refusal = refuseChange(iconik, user, wanted);
  if (refusal) return refusal;
  const { password, status, email, ...fields } = wanted;
  Object.assign(user, defined(fields));
  if (email !== undefined) {
    user.email = iconik.switches.positions.mailCase === 'lowered' ? email.toLowerCase() : email;
  }
  if (password !== undefined) user.password_changed = at(iconik);
  if (status === 'DELETED') deleteUser(iconik, user);
  else if (status !== undefined) setStatus(iconik, user, status);
  userChanged(iconik, user);
  return ok(showUser(iconik, user));
}

/** What a PUT leaves out is as in a new user, where the switch says so. */
export function clearAbsent(wanted: WantedUser): WantedUser {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const empty = { last_name: '', phone: '', description: '', hide_email: false, hide_phone: false };
  return { ...empty, is_admin: false, groups: [], metadata: null, ...Object.fromEntries(given) };
}

function refuseChange(iconik: Iconik, user: User | undefined, wanted: WantedUser): Answer | undefined {
  const duplicate = wanted.email === undefined ? undefined : userByEmail(iconik, wanted.email);
  if (duplicate && duplicate !== user) return refuseDuplicate(iconik);
  const groups = wanted.groups ?? user?.groups ?? [];
  const problems = {
    ...refuseUnknown(iconik, wanted),
    ...refusePrimary(iconik, user, groups, wanted.primary_group),
    ...refuseType(iconik, user, wanted),
  };
  return Object.keys(problems).length > 0 ? invalid(iconik, problems) : undefined;
}

function refuseDuplicate(iconik: Iconik): Answer {
  const text = 'A user with this email already exists';
  return iconik.switches.positions.duplicateMail === '409'
    ? errors(409, text)
    : invalid(iconik, { email: text });
}

function refuseUnknown(
  { store }: Iconik,
  { groups = [], role_groups = [] }: WantedUser,
): Record<string, string> {
  const group = groups.find((id) => !store.groups.has(id));
  const roleGroup = role_groups.find((id) => !store.roleGroups.has(id));
  return {
    ...(group !== undefined && { groups: `Group ${group} does not exist` }),
    ...(roleGroup !== undefined && { role_groups: `Role group ${roleGroup} does not exist` }),
  };
}

/** The primary group is one of the groups, and is not lost while no other one is. */
function refusePrimary(
  { switches }: Iconik,
  user: User | undefined,
  groups: readonly string[],
  wanted: string | undefined,
): Record<string, string> {
  if (switches.positions.primaryGroup === 'pages-only') return {};
  const primary = wanted ?? user?.primary_group ?? null;
  if (primary === null || groups.includes(primary)) return {};
  return wanted === undefined
    ? { groups: 'The primary group cannot be removed' }
    : { primary_group: 'The primary group must be one of the groups' };
}

function refuseType(iconik: Iconik, user: User | undefined, wanted: WantedUser): Record<string, string> {
  const type = wanted.type ?? user?.type ?? 'STANDARD';
  const isAdmin = wanted.is_admin ?? user?.is_admin ?? false;
  if (isAdmin && type !== 'POWER') return { is_admin: 'Only a POWER user can be an administrator' };
  const willSit = (wanted.status ?? user?.status ?? 'ACTIVE') === 'ACTIVE';
  const sits = user?.status === 'ACTIVE' && user.type === type;
  if (iconik.switches.positions.seatsFull === 'refused' && willSit && !sits && isFull(iconik, type)) {
    return { type: `The limit of users with type ${type} is reached` };
  }
  return {};
}

/** Without what is not there, and without what only calls are about. */
function defined(wanted: WantedUser): Partial<User> {
  return Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== undefined),
  ) as Partial<User>;
}
