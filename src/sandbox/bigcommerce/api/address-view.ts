import type { Address } from '../model.ts';

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** English name of an ISO 3166-1 alpha-2 code; undefined when there is no such country. */
export function countryName(code: string): string | undefined {
  return /^[A-Z]{2}$/.test(code) ? countryNames.of(code) : undefined;
}

export function addressView(
  { form_fields: formFields, ...address }: Address,
  withFormFields: boolean,
): object {
  return {
    ...address,
    country: countryName(address.country_code) ?? '',
    ...(withFormFields && { form_fields: formFields.map((field) => ({ ...field, address_id: address.id })) }),
  };
}
