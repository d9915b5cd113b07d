import { channelIds } from '../../bigcommerce/customer-fields.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, Refs, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bApi, B2bInvalid } from './b2b-api.ts';
import { covers, customersWithMail } from './customer.ts';
import type { CustomersApi } from './customers-api.ts';
import type { Known } from './facts.ts';

/** What requests that make people of customers need. */
export type StandingNeeds = {
  readonly customers: CustomersApi;
  readonly b2b: B2bApi;
  readonly known: Known;
};

/** What stands there is not what was read: look again. */
export const NOT_APPLIED: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.not_applied', maybeApplied: false },
};
export const STAYS_SUPER_ADMIN =
  'the person is a super admin, which no API can take away, and cannot be a company user beside it: delete the super admin in B2B Edition, then the company user is made';
export const MAIL_TAKEN =
  'somebody else in B2B Edition has this mail address, which must be unique there: delete that user or super admin, or change its mail address';

/** Names and mail as they stand in the store: what changes them is a step of its own. */
export function personBody(request: UpdateRequest, phoneField: 'phone' | 'phoneNumber'): object {
  const { current, desired } = request;
  const [first, ...others] = channelsOf(request);
  const phone = text(current['phone']);
  return {
    firstName: text(current['firstName']) || text(desired['firstName']),
    lastName: text(current['lastName']) || text(desired['lastName']),
    email: whoIs(request).mail,
    ...(phone !== '' && { [phoneField]: phone }),
    channelIds: [first, ...others],
    originChannelId: first,
  };
}

/**
 * B2B Edition finds the customer by mail, which several customers may share on different channels. Another one who
 * could be meant must not be taken (R1.3).
 */
export async function othersInTheWay(
  { customers }: StandingNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer | undefined> {
  const found = await customersWithMail(customers, whoIs(request).mail, budget);
  if ('outcome' in found) return found;
  const wanted: readonly number[] = channelsOf(request);
  const others = found.filter(({ id }) => String(id) !== request.externalId);
  // The mail address was changed since: B2B Edition would make somebody new.
  if (others.length === found.length) return NOT_APPLIED;
  const inTheWay = others.filter((customer) => covers(customer, wanted)).map(({ id }) => id);
  if (inTheWay.length === 0) return undefined;
  return blocked(
    `customer ${inTheWay.join(', ')} has the same mail address on the same channel, and B2B Edition tells people apart by mail alone: give one of them another mail address`,
  );
}

function channelsOf({ current, desired }: UpdateRequest): ReturnType<typeof channelIds> {
  return channelIds(desired['channels'] ?? current['channels'] ?? []);
}

export function whoIs({ externalId, current, desired }: UpdateRequest): {
  readonly customerId: number;
  readonly mail: string;
} {
  return { customerId: Number(externalId), mail: text(current['mail']) || text(desired['mail']) };
}

export function written({ externalId }: UpdateRequest, image: AccountImage, refs: Refs): WriteAnswer {
  return { outcome: 'written', account: { externalId, image, refs } };
}

export function blocked(reason: string): WriteAnswer {
  return { outcome: 'blocked', reasons: [reason] };
}

export function objected({ objection, status, fields }: B2bInvalid, company: string): WriteAnswer {
  if (objection === 'channel') {
    return blocked('B2B Edition is not switched on for the channels of the person: switch it on there');
  }
  if (objection === 'company') {
    return blocked(`B2B Edition takes no user in the company ${company}: look at it there`);
  }
  return { outcome: 'invalid', detail: `status ${status}: ${objection} ${fields.join(', ')}`.trim() };
}

export function text(value: AccountImage[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
