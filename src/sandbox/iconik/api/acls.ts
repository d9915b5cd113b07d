import { z } from 'zod';
import { inheritedRows, may, permissionsOf, putRow, rowsOn } from '../acl.ts';
import { type AclRow, PERMISSIONS, type Permission, PROPAGATING } from '../content.ts';
import type { Iconik } from '../server.ts';
import { hasObject, isAclType, mayChangeAcl, Permissions } from './acl-objects.ts';
import { readBody } from './body.ts';
import {
  type Answer,
  type ApiCall,
  errors,
  FORBIDDEN,
  type Handler,
  invalid,
  NO_CONTENT,
  notFound,
  ok,
} from './call.ts';
import { at } from './user-view.ts';

/** One object of a path, when there can be lists for it. */
type OnObject = (type: string, key: string, call: ApiCall) => Answer;

const onObject =
  (run: OnObject): Handler =>
  (call) => {
    const { objectType = '', objectKey = '' } = call.params;
    if (!isAclType(objectType)) return errors(501, 'Invalid object type');
    return hasObject(call.iconik, objectType, objectKey)
      ? run(objectType, objectKey, call)
      : notFound('Object');
  };

/** Whose list the path names. */
type Of = 'group' | 'user' | 'share';
const idOf = (of: Of, { params }: ApiCall): string => params[`${of}Id`] ?? '';

function isThere({ store }: Iconik, of: Of, id: string): boolean {
  return { group: store.groups, user: store.users, share: store.shares }[of].has(id);
}

const rowOf = (of: Of, type: string, key: string, call: ApiCall): AclRow | undefined =>
  rowsOn(call.iconik, type, key).find((row) => row.of === of && row.who === idOf(of, call));

function showRow({ of, who, ...row }: AclRow): object {
  return { ...row, [`${of}_id`]: who };
}

export const getAcl = (of: Of): Handler =>
  onObject((type, key, call) => {
    const row = rowOf(of, type, key, call);
    return row ? ok(showRow(row)) : notFound('ACL');
  });

/** Sets the permissions of one group, user or share on one object, and touches nobody else's. */
export const putAcl = (of: Of): Handler =>
  onObject((object_type, object_key, call) => {
    const { iconik, caller } = call;
    const read = readBody(call, z.object({ permissions: Permissions }));
    if (read.outcome === 'refused') return read.answer;
    const who = idOf(of, call);
    if (!isThere(iconik, of, who)) return notFound('ACL');
    if (!mayChangeAcl(iconik, caller, object_type, object_key)) return FORBIDDEN;
    const { permissions } = read.value;
    const { row, created } = putRow(iconik, { of, who, object_type, object_key, permissions }, at(iconik));
    return { status: created ? 201 : 200, body: showRow(row) };
  });

export const removeAcl = (of: Of): Handler =>
  onObject((type, key, call) => {
    const { iconik, caller } = call;
    const row = rowOf(of, type, key, call);
    if (!row) return notFound('ACL');
    if (!mayChangeAcl(iconik, caller, type, key)) return FORBIDDEN;
    iconik.store.acl = iconik.store.acl.filter((each) => each !== row);
    return NO_CONTENT;
  });

/** 200 or 403. For a group or share it is about its row; for a user about all that the user may do, by switch. */
export const checkAcl = (of: Of): Handler =>
  onObject((type, key, call) => {
    const { iconik, params } = call;
    const user = of === 'user' ? iconik.store.users.get(idOf(of, call)) : undefined;
    const isEffective = user && iconik.switches.positions.userPermissionCheck === 'effective';
    const given = isEffective
      ? permissionsOf(iconik, user, type, key)
      : rowOf(of, type, key, call)?.permissions;
    return includes(given, params['permission']) ? ok({}) : { status: 403, body: {} };
  });

function includes(given: readonly Permission[] = [], wanted = ''): boolean {
  return (given as readonly string[]).includes(wanted);
}

/** Everything that is set on an object, handed down to it, and handed on by it. */
export const listAcls = onObject((type, key, { iconik }) => {
  const own = rowsOn(iconik, type, key);
  const inherited = inheritedRows(iconik, type, key);
  const propagating = type === 'collections' ? rowsOn(iconik, PROPAGATING, key) : [];
  const short = (rows: readonly AclRow[], of: Of, deep: boolean): object[] =>
    rows
      .filter((row) => row.of === of)
      .map(({ who, permissions, object_type, object_key }) => ({
        ...{ [`${of}_id`]: who, permissions },
        ...(deep && { object_type, object_key }),
      }));
  return ok({
    groups_acl: short(own, 'group', false),
    users_acl: short(own, 'user', false),
    inherited_groups_acl: short(inherited, 'group', true),
    inherited_users_acl: short(inherited, 'user', true),
    propagating_groups_acl: short(propagating, 'group', true),
    propagating_users_acl: short(propagating, 'user', true),
  });
});

export const ownPermissions = onObject((type, key, { iconik, caller }) =>
  ok({ permissions: permissionsOf(iconik, caller.user, type, key) }),
);

export const checkOwn = onObject((type, key, { iconik, caller, params }) =>
  includes(permissionsOf(iconik, caller.user, type, key), params['permission'])
    ? ok({})
    : { status: 403, body: {} },
);

const Keys = z.object({ object_keys: z.array(z.string()).max(500, 'At most 500') });
const Objects = z.object({
  objects: z
    .array(z.object({ object_type: z.string(), object_keys: z.array(z.string()), permissions: Permissions }))
    .max(500, 'At most 500'),
});

/** One permission of the caller on many objects. */
export const checkMany: Handler = (call) => {
  const { iconik, caller, params } = call;
  const { objectType = '', permission = '' } = params;
  const wanted = PERMISSIONS.find((each) => each === permission);
  const read = readBody(call, Keys);
  if (read.outcome === 'refused') return read.answer;
  if (!wanted) return invalid(iconik, { permission: 'Not a permission' });
  const may_ = (key: string): boolean => may(iconik, caller.user, wanted, objectType, key);
  return granted(read.value.object_keys, may_);
};

/** Several permissions of the caller on objects of several types. */
export const checkObjects: Handler = (call) => {
  const { iconik, caller } = call;
  const read = readBody(call, Objects);
  if (read.outcome === 'refused') return read.answer;
  const answers = read.value.objects.flatMap(({ object_type, object_keys, permissions }) =>
    object_keys.map((key) => {
      const given = permissionsOf(iconik, caller.user, object_type, key);
      return [key, permissions.every((each) => given.includes(each))] as const;
    }),
  );
  const good = new Map(answers);
  return granted([...good.keys()], (key) => good.get(key) === true);
};

function granted(keys: readonly string[], isGranted: (key: string) => boolean): Answer {
  return ok({ access_granted: keys.filter(isGranted), access_denied: keys.filter((key) => !isGranted(key)) });
}
