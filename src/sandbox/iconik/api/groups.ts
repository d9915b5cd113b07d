import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Group, USER_TYPES, type User } from '../model.ts';
import type { Iconik } from '../server.ts';
import { deleteGroup, groupChanged, putIntoIndex, userChanged } from '../users.ts';
import { readBody } from './body.ts';
import {
  type Answer,
  type ApiCall,
  created,
  errors,
  type Handler,
  invalid,
  NO_CONTENT,
  notFound,
  ok,
} from './call.ts';
import { select } from './listing.ts';
import { numberedPage } from './paging.ts';
import { at, showUser } from './user-view.ts';
import { userOf } from './users.ts';

const Body = z
  .object({
    name: z.string('Not a valid text').min(1, 'Must not be empty'),
    alias: z.string(),
    description: z.string(),
    external_id: z.string().nullable(),
    roles: z.array(z.string()),
    role_categories: z.json().nullable(),
    default_user_type: z.enum(USER_TYPES).nullable(),
    saml_primary_group_priority: z.int().nullable(),
  })
  .partial();
const NewBody = Body.required({ name: true });
const READ_ONLY = ['id', 'is_saml_group', 'logo', 'date_created', 'date_modified'];
const FILTER = { exact: ['name', 'alias', 'description', 'roles'], searched: ['name', 'description'] };

/** A team is a group without roles; only where there are teams is it worth telling which is which. */
function show({ switches }: Iconik, group: Group): object {
  const { roles, role_categories, group_type, ...team } = group;
  return switches.positions.accessModel === 'teams'
    ? { ...team, group_type, logo: null }
    : { ...team, roles, role_categories, logo: null };
}

export const listGroups: Handler = (call) => {
  const { store, needs } = call.iconik;
  const all = store.index.all('groups', needs.clock.now().getTime()) as readonly Group[];
  const meant = asksForTeams(call) ? all.filter(({ group_type }) => group_type === 'TEAM') : all;
  return numberedPage(call, select(call, meant, FILTER), (group) => show(call.iconik, group), {
    facets: {},
  });
};

const asksForTeams = ({ path }: Pick<ApiCall, 'path'>): boolean => path.startsWith('/users/v1/teams/');

export const createGroup: Handler = (call) => {
  const { iconik } = call;
  const read = readBody(call, NewBody, READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const refusal = refuseName(iconik, read.value.name);
  if (refusal) return refusal;
  const isTeam = iconik.switches.positions.accessModel === 'groups' || asksForTeams(call);
  const group_type = isTeam ? 'TEAM' : 'GROUP';
  const group: Group = {
    ...{
      id: randomUUID(),
      name: '',
      alias: '',
      description: '',
      external_id: null,
      roles: [],
      role_categories: null,
    },
    ...{
      default_user_type: null,
      is_saml_group: false,
      group_type,
      date_created: at(iconik),
      date_modified: at(iconik),
    },
    ...given(iconik, read.value),
    saml_primary_group_priority: read.value.saml_primary_group_priority ?? 0,
  };
  iconik.store.groups.set(group.id, group);
  putIntoIndex(iconik, 'groups', group);
  return created(show(iconik, group));
};

/** What the body has, without roles where groups are teams. */
function given({ switches }: Iconik, body: z.infer<typeof Body>): Partial<Group> {
  const { roles, role_categories, ...team } = body;
  const fields = switches.positions.accessModel === 'teams' ? team : body;
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Group>;
}

function refuseName(iconik: Iconik, name: string | undefined, own?: Group): Answer | undefined {
  if (iconik.switches.positions.groupNames === 'free' || name === undefined) return undefined;
  const other = [...iconik.store.groups.values()].find((group) => group.name === name && group !== own);
  return other && invalid(iconik, { name: 'A group with this name already exists' });
}

export function groupOf({
  iconik,
  params,
  path,
}: Pick<ApiCall, 'iconik' | 'params' | 'path'>): Group | undefined {
  const group = iconik.store.groups.get(params['groupId'] ?? '');
  return asksForTeams({ path }) && group?.group_type !== 'TEAM' ? undefined : group;
}

const onGroup =
  (run: (group: Group, call: ApiCall) => Answer): Handler =>
  (call) => {
    const group = groupOf(call);
    return group ? run(group, call) : notFound('Group');
  };

export const getGroup = onGroup((group, { iconik }) => ok(show(iconik, group)));

export const changeGroup = onGroup((group, call) => {
  const read = readBody(call, NewBody.partial(), READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const refusal = refuseName(call.iconik, read.value.name, group);
  if (refusal) return refusal;
  Object.assign(group, given(call.iconik, read.value));
  groupChanged(call.iconik, group);
  return ok(show(call.iconik, group));
});

export const removeGroup = onGroup((group, { iconik }) => {
  deleteGroup(iconik, group);
  return NO_CONTENT;
});

export const reindexGroup = onGroup((group, { iconik }) => {
  iconik.store.index.put('groups', group.id, group, 0);
  return ok(show(iconik, group));
});

const onMember =
  (run: (group: Group, user: User, iconik: Iconik) => Answer): Handler =>
  (call) => {
    const [group, user] = [groupOf(call), userOf(call)];
    return group && user ? run(group, user, call.iconik) : notFound('User or Group');
  };

/** Twice is once. */
export const addMember = onMember((group, user, iconik) => {
  if (!user.groups.includes(group.id)) user.groups = [...user.groups, group.id];
  userChanged(iconik, user);
  return created(showUser(iconik, user));
});

export const removeMember = onMember((group, user, iconik) => {
  if (!user.groups.includes(group.id)) return notFound('User or Group');
  if (user.primary_group === group.id && iconik.switches.positions.primaryGroup === 'enforced') {
    return errors(400, 'The primary group cannot be removed');
  }
  user.groups = user.groups.filter((id) => id !== group.id);
  userChanged(iconik, user);
  return ok(showUser(iconik, user));
});
