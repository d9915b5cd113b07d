import {
  type ChannelIds,
  type CustomerAuthentication,
  channelIds,
  lockedOut,
} from '../../bigcommerce/customer-fields.ts';
import { FORCED, PASSWORD_RESET } from '../../bigcommerce/customer-rungs.ts';
import { BAD_ANSWER, failedRead, failedWrite } from '../../bigcommerce/customers-answers.ts';
import { type AccountImage, EVERYTHING } from '../../connector/account-image.ts';
import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { CustomersApi } from './customers-api.ts';
import type { Known } from './facts.ts';

import { Anything, type Customer, CustomerList } from './schema.ts';

/** What we may send about a customer. The group is not here on purpose: companies decide about it (R5.5). */
type CustomerFields = {
  readonly email?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly phone?: string;
  readonly channel_ids?: ChannelIds;
  readonly authentication?: CustomerAuthentication;
};

export function customerFieldsBody(image: AccountImage): CustomerFields {
  const { mail, firstName, lastName, phone, channels } = image;
  return {
    ...(typeof mail === 'string' && { email: mail }),
    ...(typeof firstName === 'string' && { first_name: firstName }),
    ...(typeof lastName === 'string' && { last_name: lastName }),
    ...(typeof phone === 'string' && { phone }),
    ...(channels !== undefined && { channel_ids: channelIds(channels) }),
    ...(image[PASSWORD_RESET] !== undefined && {
      authentication: { force_password_reset: image[PASSWORD_RESET] === FORCED },
    }),
  };
}

/** With the former password locked out; what the fields themselves say about it counts more. */
export function withLockOut(fields: CustomerFields, isForced: boolean): CustomerFields {
  return { ...fields, authentication: { ...lockedOut({ isForced }), ...fields.authentication } };
}

export function customerImage(customer: Customer): AccountImage {
  const isForced = customer.authentication?.force_password_reset;
  return {
    mail: customer.email,
    firstName: customer.first_name,
    lastName: customer.last_name,
    phone: customer.phone,
    channels: customer.channel_ids ? customer.channel_ids.map(String).sort() : [EVERYTHING],
    ...(typeof isForced === 'boolean' && { [PASSWORD_RESET]: isForced ? FORCED : '' }),
  };
}

export function markerOf(customer: Customer, known: Known): string | undefined {
  const id = known.markerAttribute;
  if (id === undefined) return undefined;
  return customer.attributes?.find(({ attributeId }) => attributeId === id)?.value || undefined;
}

/** Null stands for every channel that allows global logins. */
export function covers({ channel_ids }: Customer, wanted: readonly number[]): boolean {
  return !channel_ids || channel_ids.some((channel) => wanted.includes(channel));
}

export async function findCustomers(
  api: CustomersApi,
  filter: { readonly 'id:in': number } | { readonly 'email:in': string },
  budget: CallBudget,
): Promise<readonly Customer[] | CallFailed> {
  const query = { ...filter, include: 'attributes', limit: 50 } as const;
  const answer = await api.send({ verb: 'GET', path: '/v3/customers', query }, CustomerList, budget);
  return answer.outcome === 'ok' ? answer.body.data : failedRead(answer);
}

/** Customers with this very mail address, wherever they may enter. */
export async function customersWithMail(
  api: CustomersApi,
  mail: string,
  budget: CallBudget,
): Promise<readonly Customer[] | CallFailed> {
  const found = await findCustomers(api, { 'email:in': mail }, budget);
  if ('outcome' in found) return found;
  return found.filter(({ email }) => email.toLowerCase() === mail.toLowerCase());
}

/** Mail addresses are unique per channel: on one of these somebody else has it. Nobody's account is merged. */
export function occupied({ channels }: AccountImage): string {
  const names = channelIds(channels ?? []).join(', ');
  return `another customer with the same mail address is on channel ${names} already: change the mail address of one of them, or delete one that is not needed`;
}

/** For good; the store answers the same whatever happened, so it is asked. */
export async function deleteCustomer(
  api: CustomersApi,
  id: number,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const answer = await api.send({ verb: 'DELETE', path: '/v3/customers', id }, Anything, budget);
  if (answer.outcome !== 'ok') return failedWrite(answer);
  const left = await findCustomers(api, { 'id:in': id }, budget);
  if ('outcome' in left) return { ...left, maybeApplied: true };
  return left.length > 0 ? { ...BAD_ANSWER, code: 'provisioning.not_applied' } : { outcome: 'gone' };
}
