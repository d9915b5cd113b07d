/**
 * The people of the demo world, as the Halden group's directory knows them. Data only: `People` keeps the copy
 * that tests change. Streets and postal codes exist, so that address checks of a target accept them.
 */
export type PostalAddress = {
  readonly street: string;
  readonly city: string;
  /** Empty where the country has no such level. */
  readonly state: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
};

export type DirectoryPerson = {
  /** OTDS entryUUID and Access Manager guid: survives a rename. */
  readonly uuid: string;
  readonly login: string;
  /** OTDS partition: `staff` or `partners`. */
  readonly partition: string;
  readonly password: string;
  readonly mail: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly department: string;
  readonly company: string;
  readonly phone: string;
  readonly address: PostalAddress;
  readonly employeeNumber: string;
  readonly region?: string | undefined;
  /** ISO 8601 instant. */
  readonly contractEnd?: string | undefined;
  /** What else a site keeps, by the name of the claim: manager, sponsor, locale. */
  readonly more?: Readonly<Record<string, string>>;
  /** Whole names: `merchandising@staff`. */
  readonly groups: readonly string[];
  readonly disabled: boolean;
  /** Temporary lock after wrong passwords; no reason to deprovision. */
  readonly locked: boolean;
  /** Whether the person can also sign in at Access Manager. */
  readonly inAccessManager: boolean;
  /** What this person is good for in a demo. */
  readonly shows: string;
};

/** All groups of the directory, with and without members. */
export const GROUPS: readonly string[] = [
  'merchandising@staff',
  'na-merchandising@staff',
  'store-managers@staff',
  'media@staff',
  'sales@staff',
  'b2b-sales@staff',
  'sso-admins@staff',
  'auditors@staff',
  'agencies@partners',
];

/** Groups that are members of other groups: who is in the first is in the others too. */
export const NESTED_GROUPS: Readonly<Record<string, readonly string[]>> = {
  'na-merchandising@staff': ['merchandising@staff'],
};

/** Everybody's password. */
export const DEMO_PASSWORD = 'halden-demo';

const HAMBURG = {
  street: 'Speicherstadt 12',
  city: 'Hamburg',
  state: 'Hamburg',
  postalCode: '20457',
  country: 'DE',
};
const BERLIN = {
  street: 'Torstrasse 140',
  city: 'Berlin',
  state: 'Berlin',
  postalCode: '10119',
  country: 'DE',
};
const BOSTON = {
  street: '200 Clarendon Street',
  city: 'Boston',
  state: 'MA',
  postalCode: '02116',
  country: 'US',
};
const CHICAGO = {
  street: '233 South Wacker Drive',
  city: 'Chicago',
  state: 'IL',
  postalCode: '60606',
  country: 'US',
};
const LYON = {
  street: '20 Rue de la République',
  city: 'Lyon',
  state: '',
  postalCode: '69002',
  country: 'FR',
};
const DUBLIN = {
  street: '25 Dawson Street',
  city: 'Dublin',
  state: '',
  postalCode: 'D02 F294',
  country: 'IE',
};

const DAY = 86_400_000;

function staff(
  number: number,
  login: string,
  givenName: string,
  familyName: string,
  rest: Partial<DirectoryPerson> & Pick<DirectoryPerson, 'department' | 'address' | 'groups' | 'shows'>,
): DirectoryPerson {
  const serial = String(number).padStart(4, '0');
  return {
    uuid: `5d1f0c3a-7b42-4e8e-9a6d-00000000${serial}`,
    login,
    partition: 'staff',
    password: DEMO_PASSWORD,
    mail: `${login}@halden.example`,
    givenName,
    familyName,
    company: 'Halden Group',
    phone: rest.address.country === 'US' ? `+1 617 555 ${serial}` : `+49 40 5550 ${serial}`,
    employeeNumber: `H${serial}`,
    disabled: false,
    locked: false,
    inAccessManager: false,
    ...rest,
  };
}

/** The cast on the day `now`; the contract of `olu` ends ten days later. */
export function createCast(now: Date): readonly DirectoryPerson[] {
  return [
    staff(1001, 'mira', 'Mira', 'Lindqvist', {
      department: 'Merchandising',
      address: HAMBURG,
      region: 'EMEA',
      groups: ['merchandising@staff'],
      shows: 'The plain case: one group, one region, one store.',
    }),
    staff(1002, 'noah', 'Noah', 'Whitfield', {
      department: 'Merchandising',
      address: BOSTON,
      region: 'NA',
      groups: ['merchandising@staff'],
      inAccessManager: true,
      shows: 'The same job in another region; also signs in through Access Manager.',
    }),
    staff(1003, 'ines', 'Inês', 'Carvalho', {
      department: 'Store Management',
      address: HAMBURG,
      region: 'EMEA',
      groups: ['merchandising@staff', 'store-managers@staff'],
      shows: 'Manages two stores and switches between them all day.',
    }),
    {
      ...staff(1004, 'olu', 'Olu', 'Adeyemi', {
        department: 'Content',
        address: DUBLIN,
        groups: ['agencies@partners'],
        shows: 'An outside editor whose contract ends soon.',
      }),
      partition: 'partners',
      company: 'Brightline Agency',
      contractEnd: new Date(now.getTime() + 10 * DAY).toISOString(),
    },
    staff(1005, 'tess', 'Tess', 'Moreau', {
      department: 'Business Sales',
      address: LYON,
      region: 'EMEA',
      groups: ['b2b-sales@staff'],
      inAccessManager: true,
      shows: 'Looks after business customers and acts for their companies.',
    }),
    staff(1006, 'ravi', 'Ravi', 'Menon', {
      department: 'Media',
      address: BERLIN,
      region: 'EMEA',
      groups: ['media@staff'],
      inAccessManager: true,
      shows: 'Edits video in iconik; has no store.',
    }),
    staff(1007, 'sam', 'Sam', 'Okafor', {
      department: 'Sales',
      address: CHICAGO,
      region: 'NA',
      groups: ['sales@staff'],
      inAccessManager: true,
      shows: 'Works in Salesforce; has no store.',
    }),
    staff(1008, 'ada', 'Ada', 'Brandt', {
      department: 'IT',
      address: BERLIN,
      groups: ['sso-admins@staff'],
      shows: 'Administers the broker.',
    }),
    staff(1009, 'abel', 'Abel', 'Novak', {
      department: 'Internal Audit',
      address: BERLIN,
      groups: ['auditors@staff'],
      shows: 'Reads the access log and proves what happened.',
    }),
    staff(1010, 'lena', 'Lena', 'Fischer', {
      department: 'Merchandising',
      address: HAMBURG,
      region: 'EMEA',
      groups: ['merchandising@staff'],
      disabled: true,
      shows: 'Left the company: the account is disabled, the groups are still there.',
    }),
    staff(1011, 'dup', 'Duncan', 'Upton', {
      department: 'Merchandising',
      address: HAMBURG,
      region: 'EMEA',
      groups: ['merchandising@staff'],
      shows: 'Has the mail address of a customer who already exists in store-emea and is somebody else.',
    }),
  ];
}
