import {
  type ChannelIds,
  type CustomerAuthentication,
  channelIds,
} from '../../bigcommerce/customer-fields.ts';
import { FORCED, PASSWORD_RESET } from '../../bigcommerce/customer-rungs.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { StoreAddress } from './address.ts';
import type { Storefront } from './config.ts';
import type { StoreFacts } from './facts.ts';

/**
 * What we may send about a customer. Store credit, marketing consent, notes and tax exemption are not here on
 * purpose: no directory says anything about them.
 */
export type CustomerFields = {
  readonly email?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly company?: string;
  readonly phone?: string;
  readonly customer_group_id?: number;
  readonly channel_ids?: ChannelIds;
  readonly authentication?: CustomerAuthentication;
};

/** Fields of an image that travel in the customer itself. */
export function customerFieldsBody(image: AccountImage, facts: StoreFacts): CustomerFields {
  const { mail, firstName, lastName, company, phone, group, channels } = image;
  return {
    ...(typeof mail === 'string' && { email: mail }),
    ...(typeof firstName === 'string' && { first_name: firstName }),
    ...(typeof lastName === 'string' && { last_name: lastName }),
    ...(typeof company === 'string' && { company }),
    ...(typeof phone === 'string' && { phone }),
    ...(typeof group === 'string' && { customer_group_id: groupId(group, facts) }),
    ...(channels !== undefined && { channel_ids: channelIds(channels) }),
    ...(image[PASSWORD_RESET] !== undefined && {
      authentication: { force_password_reset: image[PASSWORD_RESET] === FORCED },
    }),
  };
}

/** @throws TypeError for a name that the facts do not hold; the engine asks `unresolved` first. */
function groupId(name: string, facts: StoreFacts): number {
  if (name === '') return 0;
  const id = facts.groups[name];
  if (id === undefined) throw new TypeError('the customer group has no known id');
  return id;
}

/** Where the customer comes from, for good: the first storefront of the configuration that it may enter. */
export function originChannel(image: AccountImage, storefronts: readonly Storefront[]): number {
  const wanted = channelIds(image['channels'] ?? []);
  const first = storefronts.find(({ access }) => wanted.includes(access.channelId));
  return first?.access.channelId ?? wanted[0];
}

export function addressBody(address: StoreAddress, names: AccountImage): Record<string, string> {
  return {
    first_name: text(names['firstName']),
    last_name: text(names['lastName']),
    address1: address.address1,
    address2: address.address2 ?? '',
    city: address.city,
    state_or_province: address.stateOrProvince ?? '',
    postal_code: address.postalCode ?? '',
    country_code: address.countryCode,
  };
}

function text(value: AccountImage[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
