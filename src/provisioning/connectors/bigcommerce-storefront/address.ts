import type { Address } from '../../../model/index.ts';
import { tidy } from '../../connector/person-values.ts';
import { spelledOutState } from './states.ts';

/** The address as the store keeps it. Empty members are absent. */
export type StoreAddress = {
  readonly address1: string;
  readonly address2?: string;
  readonly city: string;
  readonly stateOrProvince?: string;
  readonly postalCode?: string;
  readonly countryCode: string;
};

export type AddressAnswer =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'address'; readonly address: StoreAddress }
  | { readonly outcome: 'invalid'; readonly message: string };

/** Only countries where anything else is certainly wrong; others are left to the store. */
const POSTAL_CODES: Readonly<Record<string, RegExp>> = {
  AT: /^\d{4}$/,
  AU: /^\d{4}$/,
  BE: /^\d{4}$/,
  CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i,
  CH: /^\d{4}$/,
  DE: /^\d{5}$/,
  DK: /^\d{4}$/,
  ES: /^\d{5}$/,
  FI: /^\d{5}$/,
  FR: /^\d{5}$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  IT: /^\d{5}$/,
  NL: /^\d{4} ?[A-Z]{2}$/i,
  NO: /^\d{4}$/,
  PL: /^\d{2}-\d{3}$/,
  SE: /^\d{3} ?\d{2}$/,
  US: /^\d{5}(-\d{4})?$/,
};

/** Codes with a name that are unions, organisations or reserved for private use. */
const NOT_COUNTRIES = /^(EU|EZ|UN|QO|ZZ|X[A-JL-Z])$/;
const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** Checks what the directory gives before the store does, so that the report names person and field (S19). */
export function customerAddress(address: Address | undefined): AddressAnswer {
  const countryCode = tidy(address?.countryCode).toUpperCase();
  const value = {
    address1: tidy(address?.address1),
    address2: tidy(address?.address2),
    city: tidy(address?.city),
    stateOrProvince: spelledOutState(countryCode, tidy(address?.stateOrProvince)),
    postalCode: tidy(address?.postalCode),
    countryCode,
  };
  if (Object.values(value).every((member) => member === '')) return { outcome: 'none' };
  const message = problemOf(value);
  if (message !== undefined) return { outcome: 'invalid', message };
  const present = Object.entries(value).filter(([, member]) => member !== '');
  // The three mandatory members were just checked.
  return { outcome: 'address', address: Object.fromEntries(present) as StoreAddress };
}

function problemOf(value: Readonly<Record<keyof StoreAddress, string>>): string | undefined {
  if (value.address1 === '') return 'the address has no street (address1)';
  if (value.city === '' || value.city.length > 100)
    return 'the address has no city of at most 100 characters';
  if (value.stateOrProvince.length > 100) return 'the state or province is longer than 100 characters';
  if (!isCountry(value.countryCode)) return 'the country is not a two-letter code of ISO 3166-1';
  const postalCode = POSTAL_CODES[value.countryCode];
  if (value.postalCode.length > 30 || (postalCode && !postalCode.test(value.postalCode))) {
    return `the postal code is not one of ${value.countryCode}`;
  }
  return undefined;
}

const known = new Map<string, boolean>();

/** Asking the language data costs more than the rest of the check, and people live in few countries. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false;
  const answer = known.get(code) ?? (regions.of(code) !== undefined && !NOT_COUNTRIES.test(code));
  known.set(code, answer);
  return answer;
}
