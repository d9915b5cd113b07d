import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Action, ActionRefused } from '../frame/system.ts';
import { visibleAssets, visibleCollections } from './acl.ts';
import { runDueJobs } from './jobs.ts';
import { USER_STATUSES, USER_TYPES, type User } from './model.ts';
import { rolesOf } from './roles.ts';
import type { Iconik } from './server.ts';
import { randomToken } from './store.ts';
import { addUser, mapGroup, now, setStatus, userByEmail, userChanged } from './users.ts';

const OfUser = z.strictObject({ email: z.string() });
const ChangeUser = z.strictObject({
  email: z.string(),
  newEmail: z.email().optional(),
  status: z.enum(USER_STATUSES).optional(),
  type: z.enum(USER_TYPES).optional(),
  /** Names of groups. */
  groups: z.array(z.string()).optional(),
  primaryGroup: z.string().nullable().optional(),
  admin: z.boolean().optional(),
});
const NewUser = z.strictObject({
  email: z.email(),
  firstName: z.string().min(1),
  lastName: z.string().default(''),
  type: z.enum(USER_TYPES).default('STANDARD'),
  groups: z.array(z.string()).default([]),
  primaryGroup: z.string().optional(),
});
const Many = z.strictObject({ count: z.int().min(1).max(100_000), group: z.string().optional() });
const Metadata = z.strictObject({ metadata: z.string() });
const Mapping = z.strictObject({ name: z.string().min(1), group: z.string() });

/** What an administrator does in the product's own pages. */
export function createActions(iconik: Iconik): Readonly<Record<string, Action>> {
  return {
    'add-user': {
      explains:
        'Makes a user by hand, bound to no identity provider: { email, firstName, lastName?, type?, groups?, primaryGroup? }.',
      run: (body) => addByHand(iconik, body),
    },
    'add-users': {
      explains: 'Makes many users by hand, to be imported: { count, group? }.',
      run: (body) => addMany(iconik, body),
    },
    'change-user': {
      explains: 'Edits a user by hand: { email, newEmail?, status?, type?, groups?, primaryGroup?, admin? }.',
      run: (body) => changeByHand(iconik, body),
    },
    'library-of': {
      explains: 'Tells what a user may see and do: { email } → { collections, assets, roles }.',
      run: (body) => {
        const user = userOf(iconik, OfUser.parse(body).email);
        return {
          collections: visibleCollections(iconik, user).map(({ title }) => title),
          assets: visibleAssets(iconik, user).map(({ title }) => title),
          roles: rolesOf(iconik, user),
        };
      },
    },
    'token-for': {
      explains:
        'Makes an application token that acts as a user: { email }. Shows what that user may see over the API.',
      run: (body) => tokenFor(iconik, body),
    },
    'revoke-tokens': {
      explains: 'Takes every token of a user away: { email }.',
      run: (body) => {
        const { id } = userOf(iconik, OfUser.parse(body).email);
        for (const token of iconik.store.tokens.values()) {
          if (token.user_id === id) iconik.store.tokens.delete(token.id);
        }
      },
    },
    'add-foreign-person': {
      explains:
        'Somebody has an account in another system domain: { email }. Adding them here sends an invitation.',
      run: (body) => {
        iconik.store.foreign.add(OfUser.parse(body).email.toLowerCase());
      },
    },
    'accept-invitation': {
      explains: 'An invited person follows the link in the mail: { email }.',
      run: (body) => acceptInvitation(iconik, body),
    },
    'map-group': {
      explains: 'A group name of the identity provider means a group of iconik: { name, group }.',
      run: (body) => {
        const { name, group } = Mapping.parse(body);
        const [group_id = ''] = groupIds(iconik, [group]);
        mapGroup(iconik, name, group_id);
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
    'run-jobs': {
      explains: 'Finishes now what the API accepted for later.',
      run: () => ({ ran: runDueJobs(iconik, Number.POSITIVE_INFINITY) }),
    },
    ...identityProviderActions(iconik),
  };
}

function identityProviderActions(iconik: Iconik): Readonly<Record<string, Action>> {
  return {
    'remove-identity-providers': {
      explains:
        'The domain as it is before anybody set up single sign-on: no identity provider, no mail domain, no mapping.',
      run: () => {
        iconik.store.identityProviders.clear();
        iconik.store.domains.clear();
        iconik.store.mappings = [];
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

function userOf(iconik: Iconik, email: string): User {
  const user = userByEmail(iconik, email);
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
  const { email, firstName, lastName, type, groups, primaryGroup } = NewUser.parse(body);
  if (userByEmail(iconik, email)) throw new ActionRefused(`There is a user "${email}" already.`);
  const ids = groupIds(iconik, groups);
  const [primary_group = null] = groupIds(iconik, primaryGroup === undefined ? [] : [primaryGroup]);
  const fields = { email, first_name: firstName, last_name: lastName, type, groups: ids, primary_group };
  return { id: addUser(iconik, { ...fields, bySaml: false }).id };
}

function addMany(iconik: Iconik, body: unknown): unknown {
  const { count, group } = Many.parse(body);
  const groups = groupIds(iconik, group === undefined ? [] : [group]);
  const from = iconik.store.users.size;
  for (let index = 0; index < count; index += 1) {
    const serial = String(from + index).padStart(5, '0');
    const fields = { email: `person-${serial}@halden.example`, first_name: 'Person', last_name: serial };
    addUser(iconik, { ...fields, type: 'STANDARD', groups: [...groups], bySaml: false });
  }
  return { users: iconik.store.users.size };
}

function changeByHand(iconik: Iconik, body: unknown): unknown {
  const { email, newEmail, status, type, groups, primaryGroup, admin } = ChangeUser.parse(body);
  const user = userOf(iconik, email);
  if (groups) user.groups = groupIds(iconik, groups);
  if (primaryGroup !== undefined) {
    user.primary_group = groupIds(iconik, primaryGroup === null ? [] : [primaryGroup])[0] ?? null;
  }
  if (status) setStatus(iconik, user, status);
  user.email = newEmail ?? user.email;
  user.type = type ?? user.type;
  user.is_admin = admin ?? user.is_admin;
  userChanged(iconik, user);
  return { id: user.id };
}

function tokenFor(iconik: Iconik, body: unknown): unknown {
  const { id: user_id } = userOf(iconik, OfUser.parse(body).email);
  const [app] = iconik.store.apps.values();
  if (!app) throw new ActionRefused('There is no application.');
  const fields = { id: randomUUID(), token: randomToken(), app_id: app.id, user_id };
  iconik.store.tokens.set(fields.id, {
    ...{ ...fields, expires: null, scope: null, usedBy: null, date_created: now(iconik) },
  });
  return { appId: app.id, authToken: fields.token };
}

function acceptInvitation(iconik: Iconik, body: unknown): unknown {
  const user = userOf(iconik, OfUser.parse(body).email);
  if (!user.invited) throw new ActionRefused(`"${user.email}" has no invitation.`);
  user.invited = false;
  user.status = 'ACTIVE';
  userChanged(iconik, user);
  return { id: user.id };
}
