import { Directory } from './directory.ts';
import { ENTERPRISE_USER } from './schemas.ts';

/** Ids are fixed, so that a demo can be described. */
const id = (serial: number): string => `0d9f6c1e-5a44-4a53-8d0c-0000000000${serial}`;

/**
 * The wiki before anybody provisioned it: three groups, the account of its own archive, and two accounts that
 * somebody made by hand: one of a person of the cast, one with the name of a person of the cast that is somebody else's.
 */
export function createSeededDirectory(now: Date): Directory {
  const directory = new Directory();
  const user = (serial: number, userName: string, givenName: string, familyName: string): void => {
    directory.add(
      'User',
      {
        userName,
        name: { givenName, familyName },
        displayName: `${givenName} ${familyName}`,
        active: true,
        emails: [{ value: userName, type: 'work', primary: true }],
      },
      now,
      id(serial),
    );
  };
  user(11, 'archive@halden.example', 'Wiki', 'Archive');
  user(12, 'abel@halden.example', 'Abel', 'Novak');
  user(13, 'dup@halden.example', 'Dorothea', 'Upland');
  const abel = directory.byUserName('abel@halden.example');
  if (abel)
    directory.change(abel, { ...abel.attributes, [ENTERPRISE_USER]: { employeeNumber: 'H1009' } }, now);
  directory.add('Group', { displayName: 'Readers' }, now, id(21));
  directory.add('Group', { displayName: 'Editors', members: [{ value: id(11), type: 'User' }] }, now, id(22));
  directory.add('Group', { displayName: 'Administrators' }, now, id(23));
  return directory;
}

const FIRST = ['Anna', 'Bela', 'Cem', 'Dina', 'Emil', 'Fay', 'Gus', 'Hana', 'Ivo', 'Jule'];
const LAST = ['Albers', 'Brook', 'Costa', 'Dietz', 'Ekman', 'Falk', 'Grant'];

/** Accounts for imports: `import-0001@halden.example` and so on. @returns how many were made. */
export function addImported(directory: Directory, count: number, now: Date): number {
  let made = 0;
  for (let serial = 1; serial <= count; serial += 1) {
    const userName = `import-${String(serial).padStart(4, '0')}@halden.example`;
    if (directory.byUserName(userName)) continue;
    const givenName = FIRST[serial % FIRST.length] ?? '';
    const familyName = LAST[serial % LAST.length] ?? '';
    directory.add(
      'User',
      {
        userName,
        externalId: `import-${serial}`,
        name: { givenName, familyName },
        displayName: `${givenName} ${familyName}`,
        active: serial % 10 !== 0,
        emails: [{ value: userName, type: 'work', primary: true }],
        [ENTERPRISE_USER]: { employeeNumber: `I${serial}`, department: 'Imports' },
      },
      now,
    );
    made += 1;
  }
  return made;
}
