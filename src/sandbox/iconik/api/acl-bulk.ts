import { z } from 'zod';
import { contentOf, putRow, rowsOn } from '../acl.ts';
import type { Permission } from '../content.ts';
import { addJob } from '../jobs.ts';
import type { Iconik } from '../server.ts';
import { hasObject, isAclType, mayChangeAcl, Permissions } from './acl-objects.ts';
import { Id, readBody } from './body.ts';
import { type ApiCall, errors, type Handler, invalid, ok } from './call.ts';
import { at } from './user-view.ts';

const Mode = z.enum(['OVERWRITE', 'APPEND']).default('OVERWRITE');
const Keys = z.array(z.string()).max(500, 'At most 500');
const Whom = { group_ids: z.array(Id).default([]), user_ids: z.array(Id).default([]) };
const Bulk = z.object({ object_keys: Keys, permissions: Permissions, mode: Mode, ...Whom });
const Several = z.object({
  objects: z
    .array(
      z.object({ object_keys: z.array(z.string()).length(1), permissions: Permissions, mode: Mode, ...Whom }),
    )
    .min(1)
    .max(100, 'At most 100'),
});
const Inside = { include_assets: z.boolean(), include_collections: z.boolean() };
const Content = z.object({
  object_ids: Keys.default([]),
  permissions: Permissions,
  mode: Mode,
  ...Inside,
  ...Whom,
});
const Removal = z.object({ object_keys: Keys.default([]), ...Whom });
const ContentRemoval = z.object({ object_ids: Keys.default([]), ...Inside, ...Whom });
const READ_ONLY = ['object_type'];

type Grant = {
  readonly group_ids: readonly string[];
  readonly user_ids: readonly string[];
  readonly permissions: readonly Permission[];
  /** OVERWRITE takes everybody else's permissions on these objects away. */
  readonly mode: 'OVERWRITE' | 'APPEND';
};
type Whose = Pick<Grant, 'group_ids' | 'user_ids'>;

function apply(iconik: Iconik, grant: Grant, type: string, key: string): void {
  if (grant.mode === 'OVERWRITE') {
    const gone = rowsOn(iconik, type, key).filter(({ of }) => of !== 'share');
    iconik.store.acl = iconik.store.acl.filter((row) => !gone.includes(row));
  }
  const all = [
    ...grant.group_ids.map((who) => ({ of: 'group' as const, who })),
    ...grant.user_ids.map((who) => ({ of: 'user' as const, who })),
  ];
  for (const { of, who } of all) {
    const known = rowsOn(iconik, type, key).find((row) => row.of === of && row.who === who);
    const permissions = [...new Set([...(known?.permissions ?? []), ...grant.permissions])];
    putRow(iconik, { of, who, object_type: type, object_key: key, permissions }, at(iconik));
  }
}

function take(iconik: Iconik, { group_ids, user_ids }: Whose, type: string, key: string): void {
  const gone = rowsOn(iconik, type, key).filter(
    ({ of, who }) => (of === 'group' && group_ids.includes(who)) || (of === 'user' && user_ids.includes(who)),
  );
  iconik.store.acl = iconik.store.acl.filter((row) => !gone.includes(row));
}

/** Objects that exist and whose lists the caller may change. The others are left out without a word. */
function changeable({ iconik, caller }: ApiCall, type: string, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => hasObject(iconik, type, key) && mayChangeAcl(iconik, caller, type, key));
}

const onType =
  (run: (type: string, call: ApiCall) => ReturnType<Handler>): Handler =>
  (call) => {
    const { objectType = '' } = call.params;
    return isAclType(objectType) ? run(objectType, call) : errors(501, 'Invalid object type');
  };

export const putMany = onType((type, call) => {
  const read = readBody(call, Bulk, READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const unknown = unknownIn(call.iconik, read.value);
  if (unknown !== undefined) return invalid(call.iconik, { group_ids: unknown });
  const keys = changeable(call, type, read.value.object_keys);
  for (const key of keys) apply(call.iconik, read.value, type, key);
  return ok({ updated_object_keys: keys });
});

export const putSeveral = onType((type, call) => {
  const read = readBody(call, Several, READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const results = read.value.objects.map((grant) => {
    const keys = changeable(call, type, grant.object_keys);
    for (const key of keys) apply(call.iconik, grant, type, key);
    return { updated_object_keys: keys };
  });
  return ok(results);
});

export const removeMany = onType((type, call) => {
  const read = readBody(call, Removal, READ_ONLY);
  if (read.outcome === 'refused') return read.answer;
  const keys = changeable(call, type, read.value.object_keys);
  for (const key of keys) take(call.iconik, read.value, type, key);
  return ok({ deleted_object_keys: keys });
});

/** What is inside collections, later. */
export const putContent = onContent(Content, apply, 202);
export const removeContent = onContent(ContentRemoval, take, 200);

function onContent<S extends typeof Content | typeof ContentRemoval>(
  schema: S,
  change: (iconik: Iconik, given: Grant, type: string, key: string) => void,
  status: number,
): Handler {
  return (call) => {
    if (call.params['objectType'] !== 'collections') return errors(501, 'Invalid object type');
    const read = readBody(call, schema as typeof Content, READ_ONLY);
    if (read.outcome === 'refused') return read.answer;
    const given = read.value;
    const roots = given.object_ids;
    addJob(call.iconik, `lists of what is inside ${roots.length} collections`, () => {
      const inside = contentOf(call.iconik, roots);
      const all = { collections: given.include_collections ? inside.collections : [] };
      const both = { ...all, assets: given.include_assets ? inside.assets : [] };
      for (const [type, keys] of Object.entries(both)) {
        for (const key of changeable(call, type, keys)) change(call.iconik, given, type, key);
      }
    });
    return { status, body: {} };
  };
}

function unknownIn({ store }: Iconik, { group_ids, user_ids }: Whose): string | undefined {
  const id =
    group_ids.find((each) => !store.groups.has(each)) ?? user_ids.find((each) => !store.users.has(each));
  return id === undefined ? undefined : `${id} does not exist`;
}
