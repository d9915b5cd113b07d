/** What a person reads when Salesforce sends them to our error page, and what to do about it. */
export type SalesforceFailure = { readonly reason: string; readonly next: readonly string[] };

const ASK = 'Give your Salesforce administrator the number above and the reference below.';

type Row = readonly [codes: readonly number[], reason: string, next: string];

/** Numbers that Salesforce puts into `ErrorCode` when it could not make or change a user at a sign-in. */
const ROWS: readonly Row[] = [
  [
    [1, 2],
    'the Federation ID of the sign-in is missing or belongs to nobody there',
    'compare the Federation ID of the user with the person id in Vestibule',
  ],
  [[3], 'the sign-in names another Salesforce organisation', 'import the metadata of the right organisation'],
  [[4], 'another change to the same user was under way', 'try again in a minute'],
  [
    [5, 7],
    'the user could not be created',
    'look at the required fields and at the restricted picklists of users',
  ],
  [
    [6],
    'Salesforce has no user in whose name it may create others',
    'set the execution user of the configuration',
  ],
  [
    [8, 9, 15],
    'an attribute of the sign-in is no field that Salesforce knows',
    'correct the attributes of this relying party',
  ],
  [[11], 'there is no licence left', 'free a licence, or buy one'],
  [
    [12, 14],
    'the username does not fit the Federation ID',
    'Salesforce takes no new username at a sign-in; change it there',
  ],
  [[13], 'the version of provisioning is not supported', 'remove the version attribute'],
  [[16], 'the profile does not exist, or there are several of that name', 'correct the profile that is sent'],
  [[17], 'the role does not exist, or there are several of that name', 'correct the role that is sent'],
  [
    [18, 19, 20, 22, 28, 30, 32, 33, 35],
    'the account of the user is missing or not usable',
    'look at the account attributes of this relying party',
  ],
  [
    [23, 24, 25, 26, 27, 34, 36],
    'the contact of the user is missing or not usable',
    'look at the contact attributes of this relying party',
  ],
  [
    [31, 37],
    'the portal profile or role is not usable',
    'look at the portal attributes of this relying party',
  ],
];

/**
 * @param code of the query; anything that is no known number gives the general text, and nothing of the query is
 *   repeated: anybody can make such a link.
 */
export function salesforceFailure(code: unknown): SalesforceFailure {
  const number = typeof code === 'string' && /^\d{1,3}$/.test(code) ? Number(code) : undefined;
  const row = ROWS.find(([codes]) => number !== undefined && codes.includes(number));
  if (!row) {
    return {
      reason: 'Salesforce did not accept the sign-in and gave no reason that is known here.',
      next: [ASK],
    };
  }
  const [, reason, next] = row;
  return {
    reason: `Salesforce says: ${reason} (number ${number}).`,
    next: [ASK, `For administrators: ${next}.`],
  };
}
