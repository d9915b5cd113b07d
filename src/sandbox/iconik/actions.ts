import { z } from 'zod';
import { type Action, ActionRefused } from '../frame/system.ts';
import { iconikDate, USER_STATUSES, USER_TYPES, type User } from './model.ts';
import type { Iconik } from './server.ts';
import { addUser, userByEmail } from './store.ts';

const OfUser = z.strictObject({ email: z.string() });
const ChangeUser = z.strictObject({
  email: z.string(),
  status: z.enum(USER_STATUSES).optional(),
  type: z.enum(USER_TYPES).optional(),
  /** Names of groups. */
  groups: z.array(z.string()).optional(),
});
const NewUser = z.strictObject({
  email: z.email(),
  firstName: z.string().min(1),
  lastName: z.string().default(''),
  type: z.enum(USER_TYPES).default('STANDARD'),
  groups: z.array(z.string()).default([]),
});
const Metadata = z.strictObject({ metadata: z.string() });
const Mapping = z.strictObject({ name: z.string().min(1), group: z.string() });

/** What an administrator does in the product's own pages. */
export function createActions(iconik: Iconik): Readonly<Record<string, Action>> {
  return {
    'add-user': {
      explains: 'Makes a user by hand, bound to no identity provider: { email, firstName, groups?, … }.',
      run: (body) => addByHand(iconik, body),
    },
    'change-user': {
      explains: 'Edits a user by hand: { email, status?, type?, groups? }.',
      run: (body) => changeByHand(iconik, body),
    },
    'map-group': {
      explains: 'A group name of the identity provider means a group of iconik: { name, group }.',
      run: (body) => {
        const { name, group } = Mapping.parse(body);
        const [group_id = ''] = groupIds(iconik, [group]);
        const others = iconik.store.mappings.filter((each) => each.name !== name);
        iconik.store.mappings = [...others, { name, group_id }];
      },
    },
    'end-sessions': {
      explains: 'Ends the sessions of a user: { email }.',
      run: (body) => {
        const { id } = userOf(iconik, OfUser.parse(body).email);
        for (const session of iconik.store.sessions.values()) {
          if (session.userId === id) iconik.store.sessions.delete(session.id);
        }
      },
    },
    'import-identity-provider': {
      explains: 'Trusts the identity provider of this metadata instead of the broker’s: { metadata }.',
      run: (body) => {
        const good = iconik.identityProvider.importMetadata(Metadata.parse(body).metadata);
        if (!good) throw new ActionRefused('This is no metadata of an identity provider.');
      },
    },
    'reload-metadata': {
      explains: 'Reads the broker’s metadata again when next needed.',
      run: () => iconik.identityProvider.reset(),
    },
  };
}

function userOf({ store }: Iconik, email: string): User {
  const user = userByEmail(store, email);
  if (!user) throw new ActionRefused(`There is no user "${email}".`);
  return user;
}

function groupIds({ store }: Iconik, names: readonly string[]): string[] {
  return names.map((name) => {
    const group = [...store.groups.values()].find((each) => each.name === name);
    if (!group) throw new ActionRefused(`There is no group "${name}".`);
    return group.id;
  });
}

function addByHand(iconik: Iconik, body: unknown): unknown {
  const { email, firstName, lastName, type, groups } = NewUser.parse(body);
  if (userByEmail(iconik.store, email)) throw new ActionRefused(`There is a user "${email}" already.`);
  const ids = groupIds(iconik, groups);
  const fields = { email, first_name: firstName, last_name: lastName, type, groups: ids };
  const user = addUser(iconik.store, { ...fields, bySaml: false }, iconik.needs.clock.now());
  return { id: user.id };
}

function changeByHand(iconik: Iconik, body: unknown): unknown {
  const { email, status, type, groups } = ChangeUser.parse(body);
  const user = userOf(iconik, email);
  if (groups) user.groups = groupIds(iconik, groups);
  user.status = status ?? user.status;
  user.type = type ?? user.type;
  user.date_modified = iconikDate(iconik.needs.clock.now());
  return { id: user.id };
}
