import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import type { Entry } from './directory.ts';
import { ScimProblem } from './problem.ts';
import { isObject } from './read.ts';
import { GROUPS, type ResourceType, USERS } from './resource-type.ts';
import type { Scim } from './scim.ts';
import { addImported } from './seeds.ts';
import { createEntry, patchEntry } from './writing.ts';

const AddAccounts = z.strictObject({ count: z.int().min(1).max(200_000).default(300) });
const Attributes = z.record(z.string(), z.unknown());
const OfAccount = z.strictObject({ userName: z.string() });
const ChangeAccount = OfAccount.extend({ change: Attributes });
const SetMembers = z.strictObject({ group: z.string(), members: z.array(z.string()) });

/** What an administrator of the wiki does in its own pages, past SCIM. */
export function createScimActions(scim: Scim): Readonly<Record<string, Action>> {
  const saved = (explains: string, run: (body: unknown) => unknown): Action => ({
    explains,
    run: (body) => {
      try {
        return run(body);
      } catch (error) {
        if (error instanceof ScimProblem) throw new ActionRefused(error.message);
        throw error;
      } finally {
        scim.save();
      }
    },
  });
  return {
    'add-accounts': saved('Makes accounts for an import: { count: 300 }.', (body) => {
      const { count } = AddAccounts.parse(body);
      return { made: addImported(scim.directory(), count, scim.clock.now()) };
    }),
    'add-account': saved(
      'Makes an account by hand: a user as in SCIM, { userName, externalId?, … }.',
      (body) => {
        const { id } = createEntry(scim, USERS, withSchema(USERS, Attributes.parse(body)));
        return { id };
      },
    ),
    'add-group': saved('Makes a group by hand: { displayName }.', (body) => {
      const { id } = createEntry(scim, GROUPS, withSchema(GROUPS, Attributes.parse(body)));
      return { id };
    }),
    'change-account': saved('Edits an account by hand: { userName, change: { active: false } }.', (body) => {
      const { userName, change } = ChangeAccount.parse(body);
      patchEntry(scim, accountOf(scim, userName), [{ op: 'replace', value: change }]);
    }),
    'remove-account': saved('Removes an account by hand: { userName }.', (body) => {
      scim.directory().remove(accountOf(scim, OfAccount.parse(body).userName), scim.clock.now());
    }),
    'set-members': saved(
      'Sets the members of a group by hand: { group: "Editors", members: [userName] }.',
      (body) => {
        const { group: name, members } = SetMembers.parse(body);
        const group = scim
          .directory()
          .all('Group')
          .find(({ attributes }) => attributes['displayName'] === name);
        if (!group) throw new ActionRefused(`There is no group "${name}".`);
        const value = members.map((userName) => ({ value: accountOf(scim, userName).id }));
        patchEntry(scim, group, [{ op: 'replace', path: 'members', value }]);
      },
    ),
    'revoke-tokens': saved('Revokes all tokens of /oauth/token.', () => scim.directory().tokens.clear()),
  };
}

function accountOf(scim: Scim, userName: string): Entry {
  const entry = scim.directory().byUserName(userName);
  if (!entry) throw new ActionRefused(`There is no account "${userName}".`);
  return entry;
}

function withSchema(type: ResourceType, body: unknown): object {
  return {
    ...(isObject(body) ? body : {}),
    schemas: [type.schema.id, ...type.extensions.map(({ id }) => id)],
  };
}
