import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RoleGroup } from '../model.ts';
import { userChanged } from '../users.ts';
import { readBody } from './body.ts';
import {
  type Answer,
  type ApiCall,
  created,
  errors,
  type Handler,
  NO_CONTENT,
  notFound,
  ok,
} from './call.ts';
import * as groups from './groups.ts';
import { select } from './listing.ts';
import { numberedPage } from './paging.ts';
import { at, showUser } from './user-view.ts';
import { userOf } from './users.ts';

/** The write calls of teams are in no public document: they are like those of groups, or are not there. */
const whereWritable =
  (handler: Handler): Handler =>
  (call) =>
    call.iconik.switches.positions.teamWrites === 'like-groups'
      ? handler(call)
      : errors(405, 'Method not allowed');

export const createTeam = whereWritable(groups.createGroup);
export const changeTeam = whereWritable(groups.changeGroup);
export const removeTeam = whereWritable(groups.removeGroup);
export const addTeamMember = whereWritable(groups.addMember);
export const removeTeamMember = whereWritable(groups.removeMember);

const Body = z
  .object({
    name: z.string().min(1, 'Must not be empty'),
    description: z.string(),
    roles: z.array(z.string()),
    role_categories: z.json().nullable(),
  })
  .partial();
const READ_ONLY = ['id', 'date_created', 'date_modified'];
const FILTER = { exact: ['name', 'roles'], searched: ['name', 'description'] };

export const listRoleGroups: Handler = (call) =>
  numberedPage(call, select(call, [...call.iconik.store.roleGroups.values()], FILTER), (each) => each, {
    facets: {},
  });

const onRoleGroup =
  (run: (roleGroup: RoleGroup, call: ApiCall) => Answer): Handler =>
  (call) => {
    const roleGroup = call.iconik.store.roleGroups.get(call.params['groupId'] ?? '');
    return roleGroup ? run(roleGroup, call) : notFound('Role group');
  };

export const getRoleGroup = onRoleGroup((roleGroup) => ok(roleGroup));

export const createRoleGroup = whereWritable((call) => {
  const { iconik } = call;
  const read = readBody(call, Body.required({ name: true }), READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const { name, description = '', roles = [], role_categories = null } = read.value;
  const dates = { date_created: at(iconik), date_modified: at(iconik) };
  const roleGroup: RoleGroup = { id: randomUUID(), name, description, roles, role_categories, ...dates };
  iconik.store.roleGroups.set(roleGroup.id, roleGroup);
  return created(roleGroup);
});

export const changeRoleGroup = whereWritable(
  onRoleGroup((roleGroup, call) => {
    const read = readBody(call, Body, READ_ONLY);
    if (read.outcome === 'refused') return read.answer;
    const given = Object.entries(read.value).filter(([, value]) => value !== undefined);
    Object.assign(roleGroup, Object.fromEntries(given), { date_modified: at(call.iconik) });
    return ok(roleGroup);
  }),
);

/** Its users fall back to what their type and their other role groups give. */
export const removeRoleGroup = whereWritable(
  onRoleGroup(({ id }, { iconik }) => {
    iconik.store.roleGroups.delete(id);
    for (const user of iconik.store.users.values()) {
      if (!user.role_groups.includes(id)) continue;
      user.role_groups = user.role_groups.filter((each) => each !== id);
      userChanged(iconik, user);
    }
    return NO_CONTENT;
  }),
);

const onMember = (change: (ids: readonly string[], id: string) => string[], status: number): Handler =>
  whereWritable(
    onRoleGroup(({ id }, call) => {
      const user = userOf(call);
      if (!user) return notFound('User');
      user.role_groups = change(user.role_groups, id);
      userChanged(call.iconik, user);
      return { status, body: showUser(call.iconik, user) };
    }),
  );
export const addRoleGroupMember = onMember((ids, id) => [...new Set([...ids, id])], 201);
export const removeRoleGroupMember = onMember((ids, id) => ids.filter((each) => each !== id), 200);
