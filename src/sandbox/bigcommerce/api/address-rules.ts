import type { Address } from '../model.ts';
import type { Store } from '../store.ts';
import { countryName } from './address-view.ts';
import { type Item, text } from './fields.ts';

/** Countries whose addresses need a postal code of this form. */
const POSTAL_CODES: Readonly<Record<string, RegExp>> = {
  US: /^\d{5}(-\d{4})?$/,
  CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i,
  DE: /^\d{5}$/,
  FR: /^\d{5}$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  AU: /^\d{4}$/,
};
/** Countries that need a state, its name spelled out. */
const NEED_STATE = new Set(['US', 'CA', 'AU']);

/** @returns why the store refuses the address. The country is always checked, the rest by switch. */
export function checkAddress(store: Store, address: Item): string | undefined {
  const code = text(address, 'country_code');
  if (countryName(code) === undefined) return `country_code ${code} is not a valid ISO 3166-1 code`;
  if (store.turned().addressValidation === 'lenient') return undefined;
  const postalCode = text(address, 'postal_code');
  const form = POSTAL_CODES[code];
  if (form && !form.test(postalCode)) return `postal_code ${postalCode} is not valid for ${code}`;
  const state = text(address, 'state_or_province');
  // Codes such as MA are not accepted, only names.
  const isStateWrong = NEED_STATE.has(code) && (state === '' || /^[A-Z]{2,3}$/.test(state));
  return isStateWrong ? `state_or_province ${state} is not valid for ${code}` : undefined;
}

const CORE = [
  'customer_id',
  'first_name',
  'last_name',
  'company',
  'phone',
  'address_type',
  'address1',
  'address2',
  'city',
  'country_code',
  'state_or_province',
  'postal_code',
] as const;

/** Two addresses of a customer that agree in all core fields are one. */
export function isSameAddress(left: Address, right: Address): boolean {
  return left.id !== right.id && CORE.every((name) => left[name] === right[name]);
}

export function buildAddress(id: number, customerId: number, item: Item, current?: Address): Address {
  const value = (name: (typeof CORE)[number]): string =>
    text(item, name, current ? String(current[name]) : '');
  return {
    id,
    customer_id: customerId,
    first_name: value('first_name'),
    last_name: value('last_name'),
    company: value('company'),
    address1: value('address1'),
    address2: value('address2'),
    city: value('city'),
    state_or_province: value('state_or_province'),
    postal_code: value('postal_code'),
    country_code: value('country_code'),
    phone: value('phone'),
    address_type: text(
      item,
      'address_type',
      current?.address_type ?? 'residential',
    ) as Address['address_type'],
    form_fields: (item['form_fields'] as Address['form_fields'] | undefined) ?? current?.form_fields ?? [],
  };
}
