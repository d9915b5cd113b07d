import { z } from 'zod';
import { type Action, ActionRefused } from '../frame/system.ts';
import { apiActions } from './api/actions.ts';
import type { Salesforce } from './server.ts';
import { addUser, changeUser, setFrozen, type User, userByUsername } from './users.ts';

const NewUser = z.strictObject({
  username: z.string().min(3),
  federationId: z.string().optional(),
  firstName: z.string().default(''),
  lastName: z.string().min(1),
  email: z.string().optional(),
  profile: z.string().default('Standard User'),
});
const ChangeUser = z.strictObject({
  username: z.string(),
  federationId: z.string().nullable().optional(),
  profile: z.string().optional(),
  active: z.boolean().optional(),
  frozen: z.boolean().optional(),
});
const OfUser = z.strictObject({ username: z.string() });
const Metadata = z.strictObject({ metadata: z.string() });

/** What an administrator does in Setup. */
export function createActions(salesforce: Salesforce): Readonly<Record<string, Action>> {
  return {
    'add-user': {
      explains: 'Makes a user by hand: { username, lastName, federationId?, firstName?, email?, profile? }.',
      run: (body) => addByHand(salesforce, body),
    },
    'change-user': {
      explains: 'Edits a user by hand: { username, federationId?, profile?, active?, frozen? }.',
      run: (body) => changeByHand(salesforce, body),
    },
    ...apiActions(salesforce),
    'end-sessions': {
      explains: 'Ends the sessions of a user: { username }.',
      run: (body) => {
        const { Id } = userOf(salesforce, OfUser.parse(body).username);
        for (const session of salesforce.store.sessions.values()) {
          if (session.userId === Id) salesforce.store.sessions.delete(session.id);
        }
      },
    },
    'import-identity-provider': {
      explains: 'A configuration from this metadata instead of the broker’s: { metadata }.',
      run: (body) => {
        const good = salesforce.identityProvider.importMetadata(Metadata.parse(body).metadata);
        if (!good) throw new ActionRefused('This is no metadata of an identity provider.');
      },
    },
    'reload-metadata': {
      explains: 'Reads the broker’s metadata again when next needed.',
      run: () => salesforce.identityProvider.reset(),
    },
  };
}

function userOf({ store }: Salesforce, username: string): User {
  const user = userByUsername(store, username);
  if (!user) throw new ActionRefused(`There is no user "${username}".`);
  return user;
}

function profileId({ store }: Salesforce, name: string): string {
  const profile = [...store.records.all('Profile')].find(({ Name }) => Name === name);
  if (!profile) throw new ActionRefused(`There is no profile "${name}".`);
  return profile.Id;
}

function addByHand(salesforce: Salesforce, body: unknown): unknown {
  const { username, federationId, firstName, lastName, email, profile } = NewUser.parse(body);
  if (userByUsername(salesforce.store, username)) {
    throw new ActionRefused(`There is a user "${username}" already.`);
  }
  const user = addUser(salesforce.store, {
    Username: username,
    FederationIdentifier: federationId ?? null,
    FirstName: firstName,
    LastName: lastName,
    Email: email ?? username,
    ProfileId: profileId(salesforce, profile),
  });
  return { Id: user.Id };
}

function changeByHand(salesforce: Salesforce, body: unknown): unknown {
  const { username, federationId, profile, active, frozen } = ChangeUser.parse(body);
  const user = userOf(salesforce, username);
  changeUser(salesforce.store, user.Id, {
    ...(profile !== undefined && { ProfileId: profileId(salesforce, profile) }),
    ...(federationId !== undefined && { FederationIdentifier: federationId }),
    ...(active !== undefined && { IsActive: active }),
  });
  if (frozen !== undefined) setFrozen(salesforce.store, user.Id, frozen);
  return { Id: user.Id };
}
