import type { Json } from '../../../base/index.ts';
import type { Person } from '../../../model/index.ts';
import { MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import { customerNames } from '../../bigcommerce/customer-names.ts';
import { FORCED, PASSWORD_RESET } from '../../bigcommerce/customer-rungs.ts';
import { type AccountImage, EVERYTHING, type Field } from '../../connector/account-image.ts';
import type { Access, Desired, DetailProblem } from '../../connector/connector.ts';
import { personValue, tidy } from '../../connector/person-values.ts';
import { customerAddress, type StoreAddress } from './address.ts';
import { refuseAttributeText } from './attribute-values.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import { customerMail } from './customer-mail.ts';
import { desiredAccess } from './desired-access.ts';
import type { StoreFacts } from './facts.ts';
import { formField, formFieldsOf, refuseFormFieldText } from './form-fields.ts';
import type { Customer, CustomerAddress } from './schema.ts';

/** The fields of a customer that we manage, in the engine's terms. */
export function customerFields(settings: StorefrontTarget): Readonly<Record<string, Field>> {
  const customer = { kind: 'detail', call: 'customer', atCreation: true } as const;
  const fields: Record<string, Field> = {
    group: { ...customer, kind: 'exclusive', title: 'customer group' },
    channels: { ...customer, kind: 'set', title: 'channels' },
    mail: { ...customer, title: 'mail address', caseless: true },
    firstName: { ...customer, title: 'first name' },
    lastName: { ...customer, title: 'last name' },
    company: { ...customer, title: 'company' },
    phone: { ...customer, title: 'phone' },
    address: { kind: 'detail', call: 'address', title: 'address' },
  };
  for (const name of mappedAttributes(settings)) {
    fields[attributeField(name)] = { kind: 'detail', call: 'attributes', title: `attribute ${name}` };
  }
  for (const name of Object.keys(settings.formFields)) {
    const title = `form field ${name}`;
    // Creation carries those that the store requires; the others follow.
    fields[formField(name)] = { kind: 'detail', call: 'formFields', title, atCreation: true };
  }
  if (settings.liftPasswordReset) {
    fields[PASSWORD_RESET] = { kind: 'exclusive', call: 'customer', title: 'forced password reset' };
  }
  return fields;
}

export function mappedAttributes(settings: StorefrontTarget): readonly string[] {
  return Object.keys(settings.attributes).filter((name) => name !== MARKER_ATTRIBUTE);
}

export function attributeField(name: string): string {
  return `attributes.${name}`;
}

/** What the customer of this person should look like when these storefronts may be entered. */
export function desiredCustomer(
  store: {
    readonly settings: StorefrontTarget;
    readonly storefronts: readonly Storefront[];
    readonly facts: StoreFacts;
  },
  person: Person,
  accesses: readonly Access[],
): Desired {
  const { settings, facts } = store;
  const access = desiredAccess(settings, store.storefronts, accesses);
  if (access.outcome === 'refused') return access;
  if (tidy(person.mail) === '') {
    return {
      outcome: 'refused',
      code: 'provisioning.mail_missing',
      detail: 'the person has no mail address',
    };
  }
  const mail = customerMail(person);
  if (mail === undefined) {
    return {
      outcome: 'refused',
      code: 'provisioning.mail_invalid',
      detail: 'the store takes no such mail address',
    };
  }
  const problems: DetailProblem[] = [];
  const image: Record<string, Json> = {
    ...access.image,
    ...(settings.liftPasswordReset && { [PASSWORD_RESET]: '' }),
    ...{ mail, ...customerNames(person) },
    ...companyAndPhone(person),
    ...desiredAttributes(settings, facts, person, problems),
    ...desiredFormFields(settings, facts, person, problems),
  };
  if (settings.addresses) {
    const answer = customerAddress(person.address);
    if (answer.outcome === 'address') image['address'] = { ...answer.address };
    if (answer.outcome === 'invalid') problems.push({ field: 'address', message: answer.message });
  }
  return { outcome: 'desired', image, problems };
}

/** What the directory does not give is left as it is in the store. */
function companyAndPhone(person: Person): AccountImage {
  const company = tidy(person.company).slice(0, 255);
  const phone = tidy(person.phone).slice(0, 50);
  return { ...(company !== '' && { company }), ...(phone !== '' && { phone }) };
}

/** Mapped attributes follow the directory even when it has no value any more: then they are emptied. */
function desiredAttributes(
  settings: StorefrontTarget,
  facts: StoreFacts,
  person: Person,
  problems: DetailProblem[],
): AccountImage {
  const image: Record<string, Json> = {};
  for (const name of mappedAttributes(settings)) {
    const value = personValue(person, settings.attributes[name] ?? '');
    const message = refuseAttributeText(value, facts.attributeTypes[name]);
    if (message === undefined) image[attributeField(name)] = value;
    else problems.push({ field: attributeField(name), message });
  }
  return image;
}

/** The same for form fields; their types are those of the store's form, once it was read. */
function desiredFormFields(
  { formFields }: StorefrontTarget,
  facts: StoreFacts,
  person: Person,
  problems: DetailProblem[],
): AccountImage {
  const image: Record<string, Json> = {};
  for (const [name, source] of Object.entries(formFields)) {
    const value = personValue(person, source);
    const message = refuseFormFieldText(value, facts.formFields[name]);
    if (message === undefined) image[formField(name)] = value;
    else problems.push({ field: formField(name), message });
  }
  return image;
}

/** A customer as the store shows it. Parts that the answer does not hold are absent. */
export function imageOf(
  customer: Customer,
  facts: StoreFacts,
  address: CustomerAddress | undefined,
  mappedFormFields: ReadonlySet<string>,
): AccountImage {
  const isForced = customer.authentication?.force_password_reset;
  return {
    mail: customer.email,
    firstName: customer.first_name,
    lastName: customer.last_name,
    company: customer.company,
    phone: customer.phone,
    group: groupName(customer.customer_group_id, facts),
    channels: customer.channel_ids ? customer.channel_ids.map(String).sort() : [EVERYTHING],
    ...(typeof isForced === 'boolean' && { [PASSWORD_RESET]: isForced ? FORCED : '' }),
    ...(customer.attributes && attributesOf(customer.attributes, facts)),
    ...(customer.form_fields && formFieldsOf(customer.form_fields, mappedFormFields)),
    ...(address && { address: { ...addressOf(address) } }),
  };
}

/** A group that we do not know is still a group: leaving it is a reduction. */
function groupName(id: number, facts: StoreFacts): string {
  if (id === 0) return '';
  return Object.entries(facts.groups).find(([, known]) => known === id)?.[0] ?? `#${id}`;
}

export function attributesOf(
  values: readonly { readonly attributeId: number; readonly value: string }[],
  facts: StoreFacts,
): AccountImage {
  const names = new Map(Object.entries(facts.attributes).map(([name, id]) => [id, name]));
  return Object.fromEntries(
    values.flatMap(({ attributeId, value }) => {
      const name = names.get(attributeId);
      return name === undefined || name === MARKER_ATTRIBUTE ? [] : [[attributeField(name), value]];
    }),
  );
}

export function markerOf(customer: Customer, facts: StoreFacts): string | undefined {
  const id = facts.attributes[MARKER_ATTRIBUTE];
  if (id === undefined) return undefined;
  return customer.attributes?.find(({ attributeId }) => attributeId === id)?.value || undefined;
}

export function addressOf(address: CustomerAddress): Partial<StoreAddress> {
  const members = {
    address1: address.address1,
    address2: address.address2,
    city: address.city,
    stateOrProvince: address.state_or_province,
    postalCode: address.postal_code,
    countryCode: address.country_code,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ''));
}
