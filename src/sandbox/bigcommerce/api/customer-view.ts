import type { Address, Customer } from '../model.ts';
import type { Store } from '../store.ts';
import { addressView } from './address-view.ts';
import { timestamp } from './answers.ts';

export type Include =
  | 'addresses'
  | 'storecredit'
  | 'attributes'
  | 'formfields'
  | 'shopper_profile_id'
  | 'segment_ids';

/** A customer as the API shows it. Nothing names channels of a person, attributes' names, or a last sign-in. */
export function customerView(store: Store, customer: Customer, include: ReadonlySet<string>): object {
  const addresses = [...store.addresses.values()].filter((each) => each.customer_id === customer.id);
  const values = [...store.attributeValues.values()].filter((each) => each.customer_id === customer.id);
  return {
    ...writtenView(customer),
    address_count: addresses.length,
    attribute_count: values.length,
    ...(include.has('storecredit') && storeCredit(customer)),
    ...(include.has('addresses') && { addresses: addressViews(addresses, include.has('formfields')) }),
    ...(include.has('attributes') && { attributes: attributeViews(store, customer) }),
    ...(include.has('formfields') && { form_fields: formFields(customer) }),
    ...(include.has('shopper_profile_id') && { shopper_profile_id: null }),
    ...(include.has('segment_ids') && { segment_ids: [] }),
  };
}

/** What POST and PUT answer. */
export function writtenCustomerView(customer: Customer): object {
  return { ...writtenView(customer), ...storeCredit(customer) };
}

function writtenView(customer: Customer): object {
  return {
    id: customer.id,
    authentication: { force_password_reset: customer.force_password_reset },
    company: customer.company,
    customer_group_id: customer.customer_group_id,
    email: customer.email,
    first_name: customer.first_name,
    last_name: customer.last_name,
    notes: customer.notes,
    phone: customer.phone,
    registration_ip_address: customer.registration_ip_address,
    tax_exempt_category: customer.tax_exempt_category,
    date_created: timestamp(customer.date_created),
    date_modified: timestamp(customer.date_modified),
    accepts_product_review_abandoned_cart_emails: customer.accepts_product_review_abandoned_cart_emails,
    origin_channel_id: customer.origin_channel_id,
    channel_ids: customer.channel_ids,
  };
}

function storeCredit(customer: Customer): object {
  return { store_credit_amounts: [{ amount: customer.store_credit }] };
}

function addressViews(addresses: readonly Address[], withFormFields: boolean): readonly object[] {
  // The sub-resource of a customer holds ten at most; the addresses endpoint has them all.
  return addresses.slice(0, 10).map((address) => addressView(address, withFormFields));
}

export function attributeViews(store: Store, customer: Customer): readonly object[] {
  const values = [...store.attributeValues.values()].filter((each) => each.customer_id === customer.id);
  return values.map((value) => ({
    id: value.id,
    customer_id: value.customer_id,
    attribute_id: value.attribute_id,
    attribute_value: value.value,
    date_created: timestamp(value.date_created),
    date_modified: timestamp(value.date_modified),
  }));
}

function formFields(customer: Customer): readonly object[] {
  return customer.form_fields.map((field) => ({ ...field, customer_id: customer.id }));
}
