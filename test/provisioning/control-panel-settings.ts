import type { TargetParty } from '../../src/provisioning/connector/connector.ts';
import {
  ControlPanelTarget,
  RoleMeaning,
} from '../../src/provisioning/connectors/bigcommerce-control-panel/config.ts';
import { accountCredentials } from '../../src/sandbox/bigcommerce/credentials.ts';

export const TARGET = 'bc-account';
export const MERCHANDISING = ['Edit_Products', 'Manage_Categories', 'Manage_Products'];

export type Roles = Readonly<Record<string, object>>;
export const ROLES: Readonly<Record<string, Roles>> = {
  emea: {
    merchandiser: { template: 'merchandising' },
    'order-desk': { permissions: ['Manage_Orders'] },
    guest: { permissions: 'any' },
  },
  na: { merchandiser: { template: 'merchandising' }, guest: { permissions: 'any' } },
};

export type PanelSettings = {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Relying parties by region: role → what it stands for. */
  readonly roles?: Readonly<Record<string, Roles>>;
};

export function settingsOf(url: string, own: Readonly<Record<string, unknown>> = {}): ControlPanelTarget {
  return ControlPanelTarget.parse({
    accountUuid: accountCredentials.accountUuid,
    api: [accountCredentials.api],
    apiUrl: url,
    templates: { merchandising: MERCHANDISING },
    ...own,
  });
}

export function partiesOf(roles: Readonly<Record<string, Roles>> = ROLES): readonly TargetParty[] {
  return Object.entries(roles).map(([region, own]) => ({
    id: `panel-${region}`,
    access: { storeHash: `halden${region}`, roles: [] },
    roles: Object.entries(own).map(([id, account]) => ({ id, account: RoleMeaning.parse(account) })),
  }));
}
