import { refuseCustomer } from '../api/customer-rules.ts';
import { changeCustomer, createCustomer } from '../api/customer-writing.ts';
import { type Item, text } from '../api/fields.ts';
import { coveredChannels } from '../coverage.ts';
import type { Customer } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { channelAccessChanged, customerHappened } from '../webhooks/events.ts';
import type { CompanyUser, ExtraField, SuperAdmin } from './model.ts';

export type Person = CompanyUser | SuperAdmin;

/** Who has this mail address in B2B Edition, where it is unique. */
export function personByEmail(store: Store, email: string): Person | undefined {
  const wanted = email.toLowerCase();
  return allPeople(store).find((person) => {
    const { email: known } = store.customers.get(person.customerId) ?? person.remembered;
    return known.toLowerCase() === wanted;
  });
}

/** The first mail address that two of these new people share. */
export function sharedEmail(items: readonly Item[]): string | undefined {
  const emails = items.map((item) => text(item, 'email').toLowerCase());
  return emails.find((email, index) => emails.indexOf(email) !== index);
}

export function personByCustomer(store: Store, customerId: number): Person | undefined {
  return allPeople(store).find((person) => person.customerId === customerId);
}

export function allPeople(store: Store): readonly Person[] {
  return [...store.companyUsers.values(), ...store.superAdmins.values()];
}

/** Names, mail address and channels: those of the customer, as long as there is one. */
export function factsOf(store: Store, person: Person) {
  const customer = store.customers.get(person.customerId);
  const { email, firstName, lastName, phone } = customer
    ? {
        email: customer.email,
        firstName: customer.first_name,
        lastName: customer.last_name,
        phone: customer.phone,
      }
    : person.remembered;
  const channels = customer ? coveredChannels(store, customer.channel_ids) : [];
  return { email, firstName, lastName, phone, channels };
}

/** Channels of a person with their names, as all views show them. */
export function channelList(store: Store, ids: readonly number[]): readonly object[] {
  return ids.flatMap((id) => {
    const channel = channelById(store, id);
    return channel ? [{ channelId: id, channelName: channel.name, iconUrl: '' }] : [];
  });
}

/** Channels where B2B Edition is switched on: storefronts that are open. */
export function businessChannels(store: Store): readonly number[] {
  return store.channels.filter(({ status }) => status === 'active').map(({ id }) => id);
}

export type NewPerson = {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string;
  readonly channelIds: readonly number[];
  readonly originChannelId: number;
};

/**
 * The customer behind somebody new: one with the mail address who reaches one of the channels is converted, else one
 * is made. @returns a text when the store refuses.
 */
export function customerBehind(store: Store, given: NewPerson): Customer | string {
  const known = [...store.customers.values()].find(
    (customer) =>
      customer.email.toLowerCase() === given.email.toLowerCase() &&
      coveredChannels(store, customer.channel_ids).some((id) => given.channelIds.includes(id)),
  );
  if (known) return convert(store, known, given);
  const item = {
    email: given.email,
    ...namesOf(given),
    phone: given.phone,
    origin_channel_id: given.originChannelId,
    channel_ids: given.channelIds,
  };
  const refusal = refuseCustomer(store, item, undefined);
  if (refusal !== undefined) return refusal;
  const customer = createCustomer(store, item);
  customerHappened(store, 'created', customer);
  return customer;
}

function convert(store: Store, customer: Customer, given: NewPerson): Customer | string {
  const { b2bAdoptedNames, b2bAdoptedChannels } = store.turned();
  const before = coveredChannels(store, customer.channel_ids);
  const channels =
    b2bAdoptedChannels === 'merged' ? [...new Set([...before, ...given.channelIds])] : given.channelIds;
  const change = {
    channel_ids: channels,
    ...(b2bAdoptedNames === 'taken-over' && {
      ...namesOf(given),
      ...(given.phone !== '' && { phone: given.phone }),
    }),
  };
  return changeBehind(store, customer, change) ?? customer;
}

/** Changes the customer behind somebody; @returns why the store refuses. */
export function changeBehind(store: Store, customer: Customer, change: Item): string | undefined {
  const refusal = refuseCustomer(store, change, customer);
  if (refusal !== undefined) return refusal;
  const before = JSON.stringify(customer.channel_ids);
  changeCustomer(store, customer, change);
  customerHappened(store, 'updated', customer);
  if (JSON.stringify(customer.channel_ids) !== before) channelAccessChanged(store, customer);
  return undefined;
}

function namesOf({ firstName, lastName }: NewPerson) {
  return { first_name: firstName, last_name: lastName };
}

/** What is shown of somebody whose customer is gone. */
export function rememberPerson(store: Store, person: Person): void {
  const { channels: _channels, ...facts } = factsOf(store, person);
  person.remembered = facts;
}

export function extraFieldsOf(item: Item): readonly ExtraField[] | undefined {
  const given = item['extraFields'];
  if (!Array.isArray(given)) return undefined;
  return (given as readonly Item[]).map((field) => ({
    fieldName: text(field, 'fieldName'),
    fieldValue: text(field, 'fieldValue'),
  }));
}
