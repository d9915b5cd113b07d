/**
 * bigcommerce-control-panel: staff of a BigCommerce account, who may enter the control panels of its stores.
 *
 * What a sign-in does:   read the account ──▶ add to the account ──▶ add to stores, or remove and add
 * What people do:        tick permissions; each reading compares them and opens or closes the task
 *
 * Translates between the engine's images and the Account API, nothing else. One reading shows the whole account and is
 * shared by everybody who waits for one. It can add and remove, and knows no call that gives a permission, because there
 * is none. Source: BigCommerce docs, Account GraphQL API.
 */
import { HOUR } from '../../../base/index.ts';
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkControlPanelTarget } from './check-config.ts';
import { ControlPanelTarget, RoleMeaning } from './config.ts';
import { openAccount } from './open-account.ts';

/** Of the calls of an hour, those that joiners leave to leavers and sign-ins. */
const RESERVED_SHARE = 0.3;

export const bigcommerceControlPanel = defineConnector<ControlPanelTarget, RoleMeaning>({
  kind: 'bigcommerce-control-panel',
  title: 'BigCommerce control panel',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: false, measuresClock: false },
  },
  serves: ['bigcommerce-control-panel'],
  targetConfig: ControlPanelTarget,
  roleConfig: RoleMeaning,
  checkTarget: checkControlPanelTarget,
  place: ({ accountUuid }) => accountUuid,
  policy: (settings) => {
    const { callsPerHour: calls } = settings;
    const rate = { calls, perMs: HOUR, reserved: Math.ceil(calls * RESERVED_SHARE) };
    // Look, invite, add to stores; or look, remove, add.
    return policyOf(settings, { callsInSignIn: 3, rate });
  },
  open: openAccount,
});
