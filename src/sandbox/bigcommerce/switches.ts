import { amount, choice, createSwitches, onOff, override, type Positions } from '../frame/switches.ts';
import { accountSwitches } from './account/switches.ts';
import { b2bSwitches } from './b2b/switches.ts';

const assumption = true;

/**
 * What BigCommerce's documents leave open, and what an operator can turn. The first position is the one of the
 * demo. They hold for all stores; the action `turn-store` overrides some of them for one store.
 */
export const definitions = {
  clockOffsetMs: amount(0, {
    explains: 'Added to the clock of the store: /v2/time, the 30 s window, stored dates.',
  }),
  iatWindowSeconds: amount(30, { explains: 'Age at which a login token is stale.' }),
  iatSkewSeconds: amount(0, { explains: 'Extra age that the store forgives.', assumption }),
  futureIat: choice(['refused', 'accepted'], {
    explains: 'Whether an iat ahead of the clock of the store is believed.',
    assumption,
  }),
  futureToleranceSeconds: amount(0, {
    explains: 'How far ahead iat may be while futureIat is refused.',
    assumption,
  }),
  tokenTyp: choice(['required', 'optional'], { explains: 'Whether the header must say typ JWT.' }),
  textCustomerId: choice(['refused', 'accepted'], {
    explains: 'A numeric text as customer_id of a login token.',
    assumption,
  }),
  channelCoverage: choice(['enforced', 'ignored'], {
    explains: 'Whether /login/token looks at the channel_ids of the customer.',
    assumption,
  }),
  channelClaim: choice(['must-match-host', 'not-compared'], {
    explains: 'Whether channel_id of a login token must be the channel of the host.',
    assumption,
  }),
  absoluteRedirect: choice(['refused', 'same-store'], {
    explains: 'An absolute redirect_to that stays within the store.',
    assumption,
  }),
  badRedirect: choice(['login-fails', 'default-page'], {
    explains: 'What a refused redirect_to does to the sign-in.',
    assumption,
  }),
  tokenLoginDuringReset: choice(['allowed', 'blocked'], {
    explains: 'A login token for a customer with force_password_reset.',
    assumption,
  }),
  shopperAddress: override({
    explains: 'The address that the store sees, where it is not that of the socket (CDN, IPv6 to IPv4).',
  }),
  sessionAfterDelete: choice(['ends', 'survives'], {
    explains: 'A running session after the customer was deleted.',
    assumption,
  }),
  sessionAfterChannelLoss: choice(['survives', 'ends'], {
    explains: 'A running session after the customer lost the channel.',
    assumption,
  }),
  sessionAfterPasswordChange: choice(['survives', 'ends'], {
    explains: 'A running session after the password was changed.',
    assumption,
  }),
  sessionDuringReset: choice(['survives', 'ends'], {
    explains: 'A running session when force_password_reset is set.',
    assumption,
  }),
  customerTokenHours: amount(168, {
    explains: 'How long a customer access token of GraphQL lasts.',
    assumption,
  }),
  sessionLifetimeHours: amount(168, { explains: 'How long a session of a shopper lasts.', assumption }),
  currentCustomerAccounts: choice(['app-level', 'any'], {
    explains: 'Which API accounts /customer/current.jwt serves.',
    assumption,
  }),
  www: choice(['off', 'loses-path', 'keeps-path'], {
    explains: 'The address was entered with www: the bare host of channel 1 redirects there.',
    assumption,
  }),

  quota: amount(150, { explains: 'Requests in 30 s, shared by all apps of the store.' }),
  otherAppRequests: amount(0, { explains: 'What another app uses up in each window.' }),
  rateLimitHeaders: choice(['canonical', 'lower', 'mixed'], { explains: 'Letter case of X-Rate-Limit-…' }),
  retryAfter: choice(['sent', 'omitted'], { explains: 'The newer X-Retry-After of a 429.' }),
  concurrencyAnswer: choice(['429', '409'], {
    explains: 'What a fourth concurrent PUT answers.',
    assumption,
  }),
  validateCredentialsQuota: amount(10, {
    explains: 'Calls of validate-credentials in 30 s.',
    assumption,
  }),

  duplicateRule: choice(['overlap', 'same-channels'], {
    explains: 'One mail address with partly equal channels: refused, or only when the channels are equal.',
    assumption,
  }),
  batchOnDuplicate: choice(['all-or-nothing', 'keeps-earlier'], {
    explains: 'Items before the one that failed are undone (recorded) or kept.',
    assumption,
  }),
  groupOfNewCustomer: choice(['none', 'default-group'], {
    explains: 'customer_group_id of a customer that the API created without one.',
    assumption,
  }),
  readOnlyFields: choice(['ignored', 'refused'], {
    explains: 'Read-only fields in a PUT of customers; the documents contradict each other.',
    assumption,
  }),
  addressValidation: choice(['strict', 'lenient'], {
    explains: 'Postal codes and state names of countries that need them are checked.',
    assumption,
  }),
  attributeTypes: choice(['unchecked', 'checked'], {
    explains: 'Whether values of number and date attributes must be such.',
    assumption,
  }),
  passwordRule: choice(['letters-and-digits', 'strict', 'none'], {
    explains:
      'Seven characters with letters and digits; twelve with both cases, digits and signs, as a store may demand; or anything.',
    assumption,
  }),
  formFieldTypes: choice(['unchecked', 'checked'], {
    explains: 'Whether values of form fields must be of their type, and one of its options.',
    assumption,
  }),
  requiredFormFields: choice(['ignored', 'enforced'], {
    explains: 'Whether the API refuses customers and addresses without a required form field.',
    assumption,
  }),
  formFieldsInWrite: choice(['merged', 'replaced'], {
    explains: 'Form fields that a PUT does not name: kept, or gone.',
    assumption,
  }),
  attributeValuesLimit: choice(['items', 'customers'], {
    explains: 'What the ten of an attribute-values PUT count; the documents say both.',
    assumption,
  }),
  groupDeletion: choice(['leaves-no-group', 'moves-to-default'], {
    explains: 'Customers of a group that was deleted.',
    assumption,
  }),
  ordersAfterDelete: choice(['keep-customer', 'become-guest'], {
    explains: 'Orders of a customer who was deleted: still under that id, or under none.',
    assumption,
  }),
  cursorOfDeleted: choice(['continues', 'refused'], {
    explains: 'A page by cursor after the customer that the cursor names was deleted.',
    assumption,
  }),
  allowGlobalLoginsPlace: choice(['top', 'nested'], {
    explains: 'Where channel settings show allow_global_logins; nested is only in examples.',
  }),
  customerGroups: choice(['in-plan', 'not-in-plan'], { explains: 'Whether the plan has customer groups.' }),
  webhookDestinations: choice(['any', 'https-443'], {
    explains: 'BigCommerce takes HTTPS on port 443 only; the sandbox has to reach a broker on this machine.',
  }),
  webhookSignature: choice(['present', 'absent', 'stale', 'foreign'], {
    explains:
      'Whether deliveries are signed; since when all of them are is not documented. Or ten minutes ago, or by another account.',
    assumption,
  }),
  webhookOnSameValues: choice(['told', 'silent'], {
    explains: 'Whether an update of a customer that changes nothing is told.',
    assumption,
  }),
  webhookDelivery: choice(['once', 'twice', 'held'], {
    explains: 'Duplicates, or deliveries that wait for the action deliver-webhooks in any order.',
  }),
  webhookMinuteMs: amount(1_000, {
    explains: 'Milliseconds that stand for a minute between retries; 0 never retries by itself.',
  }),
  ownerChanged: onOff(false, { explains: 'The mail of the store owner was changed: all tokens answer 403.' }),
  maintenance: onOff(false, { explains: 'The store is down for maintenance: 503.' }),

  ...accountSwitches,
  ...b2bSwitches,
};

export type StorePositions = Positions<typeof definitions>;
export const createGlobalSwitches = () => createSwitches(definitions);
export type GlobalSwitches = ReturnType<typeof createGlobalSwitches>;

/** Positions of one store: those of all stores, except where this one was turned. */
export interface StoreSwitches {
  positions(): StorePositions;
  set: GlobalSwitches['set'];
  overridden(): Readonly<Record<string, unknown>>;
}

export function createStoreSwitches(global: GlobalSwitches): StoreSwitches {
  const own = createGlobalSwitches();
  let turned: Record<string, unknown> = {};
  return {
    positions: () => ({ ...global.positions, ...turned }),
    set: (change) => {
      const result = own.set(change);
      if (result.outcome === 'set') turned = { ...turned, ...(change as Record<string, unknown>) };
      return result;
    },
    overridden: () => turned,
  };
}
