import { type AccountImage, isEmpty, sameValue } from '../../connector/account-image.ts';
import type { OpenTarget, ReadAccount, Refs } from '../../connector/connector.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import { addressOf, imageOf, markerOf } from './customer-image.ts';
import type { StoreFacts } from './facts.ts';
import { managedGroups } from './prepare-groups.ts';
import type { Customer, CustomerAddress } from './schema.ts';

export type Reading = {
  readonly settings: StorefrontTarget;
  readonly storefronts: readonly Storefront[];
  readonly facts: StoreFacts;
  readonly fields: OpenTarget['fields'];
};

/** A customer of the store in the engine's terms. */
export function readCustomer(
  reading: Reading,
  customer: Customer,
  desired: AccountImage,
  refs: Refs,
): ReadAccount {
  const address = ownAddress(reading, customer.addresses ?? [], desired, refs);
  const marker = markerOf(customer, reading.facts);
  const mapped = new Set(Object.keys(reading.settings.formFields));
  const next = { ...keptRefs(customer, refs, address), ...groupRef(reading, desired) };
  const image = imageOf(customer, reading.facts, address, mapped);
  const isLeft =
    next['group'] === LEFT || mayBeBusiness(reading, desired, next) || belongsToCompany(reading, customer);
  // Shown as it is wanted, so that nobody changes it: what the engine does not see differ, it does not write.
  const wanted = desired['group'];
  const { group: _companys, ...rest } = image;
  return {
    externalId: String(customer.id),
    image: isLeft ? { ...rest, ...(wanted !== undefined && { group: wanted }) } : image,
    refs: next,
    ...(marker !== undefined && { marker }),
  };
}

const LEFT = 'left';
const OURS = 'ours';

/**
 * Remembers whether the person's roles leave the group to B2B Edition: when access has ended, nothing but this tells
 * (R5.5). Images of the ladder have no mail and say nothing about it.
 */
function groupRef({ settings, storefronts }: Reading, desired: AccountImage): Refs {
  if (desired['mail'] === undefined || managedGroups(settings, storefronts).length === 0) return {};
  return { group: desired['group'] === undefined ? LEFT : OURS };
}

/** While access is over and nothing was remembered, somebody whom a role of B2B Edition may have named is left alone. */
function mayBeBusiness({ settings, storefronts }: Reading, desired: AccountImage, refs: Refs): boolean {
  const isRung = desired['mail'] === undefined && desired['group'] !== undefined;
  if (!isRung || refs['group'] === OURS) return false;
  const hasB2b = storefronts.some(({ access }) => access.roles.some(({ b2b }) => b2b));
  return hasB2b || settings.b2bEdition;
}

/**
 * Companies of B2B Edition decide the group of their users, and a masquerade changes that of an account manager for
 * a while. Seen by a group that is none of ours; no field of a customer tells.
 */
function belongsToCompany({ settings, storefronts, facts }: Reading, customer: Customer): boolean {
  const id = customer.customer_group_id;
  if (!settings.b2bEdition || id === 0 || facts.defaultGroups.includes(id)) return false;
  return !managedGroups(settings, storefronts).some((name) => facts.groups[name] === id);
}

/** Our address may have been deleted in the store: then its id is forgotten. */
function keptRefs(customer: Customer, refs: Refs, address: CustomerAddress | undefined): Refs {
  if (address) return { ...refs, address: String(address.id) };
  if (!customer.addresses) return refs;
  const { address: _gone, ...others } = refs;
  return others;
}

/** The address that we wrote, or one that already says the same; people keep others beside it. */
function ownAddress(
  { fields }: Reading,
  addresses: readonly CustomerAddress[],
  desired: AccountImage,
  refs: Refs,
): CustomerAddress | undefined {
  const own = addresses.find(({ id }) => String(id) === refs['address']);
  const field = fields['address'];
  const wanted = desired['address'];
  if (own || !field || isEmpty(wanted)) return own;
  return addresses.find((address) => sameValue(field, { ...addressOf(address) }, wanted));
}
