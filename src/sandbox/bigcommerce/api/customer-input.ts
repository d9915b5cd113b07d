import type { Fields } from './fields.ts';

const ADDRESS_LIMITS: Fields = {
  first_name: { type: 'text', min: 1, max: 255 },
  last_name: { type: 'text', min: 1, max: 255 },
  company: { type: 'text', max: 255 },
  address1: { type: 'text' },
  address2: { type: 'text' },
  city: { type: 'text', max: 100 },
  state_or_province: { type: 'text', max: 100 },
  postal_code: { type: 'text', max: 30 },
  country_code: { type: 'text', min: 2, max: 2 },
  phone: { type: 'text', max: 50 },
  address_type: { type: 'text', oneOf: ['residential', 'commercial'] },
};

export const FORM_FIELDS = {
  type: 'list',
  of: { name: { type: 'text', min: 1 }, value: { type: 'form-value' } },
  required: ['name', 'value'],
} as const;

export const ADDRESS_FIELDS: Fields = {
  ...ADDRESS_LIMITS,
  id: { type: 'integer' },
  customer_id: { type: 'integer' },
  form_fields: FORM_FIELDS,
};

const CUSTOMER_FIELDS: Fields = {
  first_name: { type: 'text', min: 1, max: 100 },
  last_name: { type: 'text', min: 1, max: 100 },
  company: { type: 'text', max: 255 },
  phone: { type: 'text', max: 50 },
  notes: { type: 'text' },
  tax_exempt_category: { type: 'text', max: 255 },
  customer_group_id: { type: 'integer' },
  accepts_product_review_abandoned_cart_emails: { type: 'boolean' },
  authentication: { type: 'object' },
  store_credit_amounts: { type: 'list', of: { amount: { type: 'number' } } },
  channel_ids: { type: 'integers-or-null' },
  form_fields: FORM_FIELDS,
};

export const NEW_CUSTOMER: Fields = {
  ...CUSTOMER_FIELDS,
  email: { type: 'text', min: 3, max: 250 },
  origin_channel_id: { type: 'integer' },
  trigger_account_created_notification: { type: 'boolean' },
  addresses: {
    type: 'list',
    max: 10,
    of: { ...ADDRESS_LIMITS, form_fields: FORM_FIELDS },
    required: ['first_name', 'last_name', 'address1', 'city', 'country_code'],
  },
  attributes: {
    type: 'list',
    max: 10,
    of: { attribute_id: { type: 'integer' }, attribute_value: { type: 'text', max: 255 } },
    required: ['attribute_id', 'attribute_value'],
  },
};
export const NEW_CUSTOMER_REQUIRED = ['email', 'first_name', 'last_name'];

/** Sub-resources are not among them: a PUT leaves addresses and attributes alone. */
export const CHANGED_CUSTOMER: Fields = {
  ...CUSTOMER_FIELDS,
  id: { type: 'integer' },
  email: { type: 'text', min: 3, max: 255 },
};

export const READ_ONLY_ON_PUT = [
  'registration_ip_address',
  'date_created',
  'date_modified',
  'origin_channel_id',
];
