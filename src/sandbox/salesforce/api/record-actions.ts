import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import type { Salesforce } from '../server.ts';
import { removeUser, userByUsername, usersOf } from '../users.ts';
import type { ObjectType } from './object-type.ts';
import { findObject } from './objects/table.ts';
import { createRecord, deleteRecord, updateRecord, type Written } from './write.ts';
import type { Writer } from './writer.ts';

const Write = z.strictObject({
  object: z.string(),
  id: z.string().optional(),
  fields: z.record(z.string(), z.json()),
});
const Remove = z.strictObject({ object: z.string(), id: z.string() });
const Lose = z.strictObject({ username: z.string() });
const Rights = z.strictObject({
  name: z.string(),
  rename: z.string().min(1).optional(),
  allow: z.record(z.string().regex(/^Permissions[A-Za-z]+$/), z.boolean()).default({}),
});
const Seats = z.strictObject({ license: z.string(), total: z.int().min(0) });

/** An administrator edits by hand, under the same rules as the API: what a client must notice as drift. */
export function recordActions(org: Salesforce): Readonly<Record<string, Action>> {
  return {
    'write-record': {
      explains:
        'An administrator makes or edits a record: { object, id?, fields }, as the API would take it.',
      run: (body) => {
        const { object, id, fields } = Write.parse(body);
        const [writer, type] = [administrator(org), typeOf(org, object)];
        return done(
          id === undefined ? createRecord(writer, type, fields) : updateRecord(writer, type, id, fields),
        );
      },
    },
    'remove-record': {
      explains: 'An administrator removes a record: { object, id }.',
      run: (body) => {
        const { object, id } = Remove.parse(body);
        return done(deleteRecord(administrator(org), typeOf(org, object), id));
      },
    },
    'lose-user': {
      explains:
        'A user is gone with all they were given, as after a sandbox is refreshed from an older copy: { username }.',
      run: (body) => {
        const { username } = Lose.parse(body);
        const user = userByUsername(org.store, username);
        if (!user) throw new ActionRefused(`There is no user "${username}".`);
        removeUser(org.store, user.Id);
      },
    },
    'edit-rights': {
      explains:
        'Edits a profile or permission set: { name, rename?, allow? }, such as allow: { PermissionsManageUsers: true }.',
      run: (body) => editRights(org, Rights.parse(body)),
    },
    'set-seats': {
      explains:
        'Sets the number of seats: { license, total }, a user licence or permission set license by name.',
      run: (body) => setSeats(org, Seats.parse(body)),
    },
  };
}

function administrator(org: Salesforce): Writer {
  const [first] = usersOf(org.store);
  return { org, userId: first?.Id ?? '', transaction: {} };
}

function typeOf(org: Salesforce, name: string): ObjectType {
  const type = findObject(org, name);
  if (!type) throw new ActionRefused(`There is no object "${name}".`);
  return type;
}

function done(written: Written): object {
  if (written.outcome === 'written') return { id: written.id };
  throw new ActionRefused(`${written.problem.errorCode}: ${written.problem.message}`);
}

/** What a profile allows stands in the permission set that it owns too. */
function editRights({ store: { records } }: Salesforce, edit: z.infer<typeof Rights>): void {
  const { name, rename: Name, allow } = edit;
  const profile = [...records.all('Profile')].find((row) => row['Name'] === name);
  const set = [...records.all('PermissionSet')].find((row) =>
    profile ? row['ProfileId'] === profile.Id : row['Name'] === name,
  );
  if (!set) throw new ActionRefused(`There is no profile or permission set "${name}".`);
  const named = Name === undefined ? {} : { Name };
  if (profile) records.change('Profile', profile.Id, { ...allow, ...named });
  records.change('PermissionSet', set.Id, profile ? allow : { ...allow, ...named });
}

function setSeats(
  { store: { records }, switches }: Salesforce,
  { license, total }: z.infer<typeof Seats>,
): void {
  if (license === 'Salesforce') {
    switches.set({ salesforceLicences: total });
    return;
  }
  for (const object of ['UserLicense', 'PermissionSetLicense'] as const) {
    const found = [...records.all(object)].find((row) =>
      [row['Name'], row['DeveloperName']].includes(license),
    );
    if (!found) continue;
    records.change(object, found.Id, { TotalLicenses: total });
    return;
  }
  throw new ActionRefused(`There is no licence "${license}".`);
}
