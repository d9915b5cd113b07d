import { accountCredentials } from '../credentials.ts';
import { NO_PERMISSION, ROLES } from './permissions.ts';

export type AccountSeed = {
  readonly uuid: string;
  readonly name: string;
  /** Mail address of the owner of all stores. */
  readonly owner: string;
  readonly stores: readonly { readonly hash: string; readonly id: string; readonly name: string }[];
  readonly tokens: readonly {
    readonly name: string;
    readonly accessToken: string;
    readonly scopes: readonly string[];
  }[];
  readonly users: readonly {
    readonly id: number;
    readonly email: string;
    readonly firstName: string;
    readonly lastName: string;
    readonly stores: readonly {
      readonly hash: string;
      readonly permissions: readonly string[];
      readonly lastLoginAt: string | null;
    }[];
  }[];
};

const READ = ['account_read', 'account_stores_read', 'account_apps_read', 'account_users_read'];

const place = (region: string, permissions: readonly string[], lastLoginAt: string | null) => ({
  hash: `halden${region}`,
  permissions,
  lastLoginAt,
});

/** Halden's account: an owner, somebody added by hand, and two people who left and were forgotten. */
export const demoAccount: AccountSeed = {
  uuid: accountCredentials.accountUuid,
  name: 'Halden Group',
  owner: 'ada@halden.example',
  stores: [
    { hash: 'haldenemea', id: 'store-emea', name: 'Halden Europe' },
    { hash: 'haldenna', id: 'store-na', name: 'Halden North America' },
    { hash: 'haldenoutlet', id: 'store-outlet', name: 'Halden Outlet' },
  ],
  tokens: [
    {
      name: 'accountApi',
      accessToken: accountCredentials.api.accessToken,
      scopes: [...READ, 'account_users_write', 'account_users_delete'],
    },
    { name: 'accountReadOnly', accessToken: accountCredentials.readOnlyApi.accessToken, scopes: READ },
  ],
  users: [
    {
      id: 40_001,
      email: 'ada@halden.example',
      firstName: 'Ada',
      lastName: 'Brandt',
      stores: [
        place('emea', ROLES['Store Owner'], '2025-12-30T08:12:44Z'),
        place('na', ROLES['Store Owner'], '2025-12-11T15:40:02Z'),
        place('outlet', ROLES['Store Owner'], '2025-09-02T10:05:31Z'),
      ],
    },
    {
      id: 40_002,
      email: 'ines@halden.example',
      firstName: 'Inês',
      lastName: 'Carvalho',
      stores: [place('emea', ROLES['Store Administrator'], '2025-12-29T07:55:10Z')],
    },
    // Added by hand, past the broker, and known to no rule.
    {
      id: 40_003,
      email: 'sam@halden.example',
      firstName: 'Sam',
      lastName: 'Okafor',
      stores: [place('na', ROLES['Sales Manager'], '2025-11-03T19:21:57Z')],
    },
    // Left the company; the directory disabled her, the control panel did not notice.
    {
      id: 40_004,
      email: 'lena@halden.example',
      firstName: 'Lena',
      lastName: 'Fischer',
      stores: [
        place('emea', ROLES['Store Administrator'], '2025-06-27T16:48:09Z'),
        place('outlet', ROLES['Sales Manager'], '2025-05-15T09:30:00Z'),
      ],
    },
    // In nobody's directory: an agency's employee from long ago.
    {
      id: 40_005,
      email: 'viktor@brightline.example',
      firstName: 'Viktor',
      lastName: 'Sand',
      stores: [place('outlet', [NO_PERMISSION], null)],
    },
  ],
};
