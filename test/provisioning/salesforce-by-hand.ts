import type { World } from './salesforce-world.ts';

/** Permission sets that were assigned to a user, beside that of the profile. */
export function assignments(world: World, user: string): readonly Readonly<Record<string, unknown>>[] {
  const rows = world.records('PermissionSetAssignment').filter((each) => each['AssigneeId'] === user);
  return rows.filter((each) => !isOfProfile(each['PermissionSetId']));
}

/** Permission sets of profiles are made together with them, before all others. */
function isOfProfile(id: unknown): boolean {
  return Number(String(id).slice(5, 15)) <= 6;
}

const SET_IDS: Readonly<Record<string, string>> = {
  Halden_Sales_Tools: '0PSHa0000000007OAA',
  Halden_Forecasts: '0PSHa0000000008OAA',
  Halden_Order_Entry: '0PSHa0000000009OAA',
  Halden_Service_Console: '0PSHa0000000010OAA',
};

export function setNames(world: World, user: string): readonly string[] {
  const ids = assignments(world, user).map((each) => each['PermissionSetId']);
  return Object.entries(SET_IDS)
    .filter(([, id]) => ids.includes(id))
    .map(([name]) => name)
    .sort();
}

export async function byHand(
  world: World,
  user: string,
  set: string,
  ExpirationDate?: string,
): Promise<void> {
  await world.act('write-record', {
    object: 'PermissionSetAssignment',
    fields: { AssigneeId: user, PermissionSetId: SET_IDS[set], ...(ExpirationDate && { ExpirationDate }) },
  });
}

/** A user that an administrator makes. @returns its id. */
export async function makeUser(world: World, fields: Readonly<Record<string, unknown>>): Promise<string> {
  const made = (await world.act('write-record', {
    object: 'User',
    fields: {
      ...{ LastName: 'By Hand', Alias: 'byhand', ProfileId: '00eHa000000ZStdIAG' },
      ...{
        TimeZoneSidKey: 'GMT',
        LocaleSidKey: 'en_GB',
        EmailEncodingKey: 'UTF-8',
        LanguageLocaleKey: 'en_US',
      },
      ...fields,
    },
  })) as { id: string };
  return made.id;
}
