import { channelIds, lockedOut, MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import { DELETE, LOCK_OUT } from '../../bigcommerce/customer-rungs.ts';
import { failedWrite, NOT_PREPARED, type NotOk } from '../../bigcommerce/customers-answers.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { ActRequest, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { StoreAddress } from './address.ts';
import { addressBody, customerFieldsBody, originChannel } from './customer-body.ts';
import { addressOf, attributeField, attributesOf, mappedAttributes } from './customer-image.ts';
import { type Reading, readCustomer } from './customer-reader.ts';
import { formField, formFieldsBody } from './form-fields.ts';
import { AddressList, AttributeValueList, ChannelSettings, CustomerList, NOTHING } from './schema.ts';
import { MAX_ITEMS, type StoreApi } from './store-api.ts';

/** What the writes lean on at the moment they are made. */
export type Writing = Reading & { readonly api: StoreApi };

export async function createCustomer(
  writing: Writing,
  desired: AccountImage,
  marker: string,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { facts, storefronts } = writing;
  const attributeId = facts.attributes[MARKER_ATTRIBUTE];
  if (attributeId === undefined) return NOT_PREPARED;
  const required = requiredFormFields(writing, desired);
  const fields = formFieldsBody(required, {}, facts);
  const item = {
    ...customerFieldsBody(desired, facts),
    origin_channel_id: originChannel(desired, storefronts),
    attributes: [{ attribute_id: attributeId, attribute_value: marker }],
    ...(fields.length > 0 && { form_fields: fields }),
    // The person signs in through us; a welcome mail would invite them to set a password.
    trigger_account_created_notification: false,
  };
  const request = { verb: 'POST', path: '/v3/customers', items: [item] } as const;
  const answer = await writing.api.send(request, CustomerList, budget);
  if (answer.outcome !== 'ok') return refusedFields(writing, answer, desired, budget);
  const [customer] = answer.body.data;
  // Another customer than the one that was sent: whoever looks again goes by the marker.
  if (customer?.email.toLowerCase() !== String(desired['mail']).toLowerCase()) return BAD_ANSWER;
  const account = readCustomer(writing, customer, desired, {});
  return { outcome: 'written', account: { ...account, image: { ...account.image, ...required } } };
}

/** The others follow in a call of their own: a value that the store refuses must not cost the account. */
function requiredFormFields({ facts }: Writing, desired: AccountImage): AccountImage {
  const names = Object.entries(facts.formFields).filter(([, { isRequired }]) => isRequired);
  return Object.fromEntries(
    names.flatMap(([name]) => {
      const value = desired[formField(name)];
      return value === undefined ? [] : [[formField(name), value]];
    }),
  );
}

export function updateCustomer(
  writing: Writing,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  switch (request.call) {
    case 'customer':
      return updateFields(writing, request, budget);
    case 'formFields':
      return updateFormFields(writing, request, budget);
    case 'attributes':
      return updateAttributes(writing, request, budget);
    case 'address':
      return updateAddress(writing, request, budget);
    default:
      throw new TypeError(`a store has no call ${request.call}`);
  }
}

async function updateFields(
  writing: Writing,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { changes, desired, refs, externalId, takeOver } = request;
  const { group } = changes;
  if (typeof group === 'string' && group !== '' && writing.facts.groups[group] === undefined) {
    return blocked(`the store has no customer group "${group}"; make it there or set createGroups: true`);
  }
  const { authentication, ...fields } = customerFieldsBody(changes, writing.facts);
  // R1.3: whoever knew the former password is out before anything else is true of the account.
  const locked = takeOver ? lockedOut({ isForced: !writing.settings.liftPasswordReset }) : {};
  const own = { ...authentication, ...locked };
  const item = {
    ...{ id: Number(externalId), ...fields },
    ...(Object.keys(own).length > 0 && { authentication: own }),
  };
  const put = { verb: 'PUT', path: '/v3/customers', items: [item] } as const;
  const answer = await writing.api.send(put, CustomerList, budget);
  if (answer.outcome === 'invalid' && answer.isDuplicate && changes['channels'] !== undefined) {
    return blocked(occupied(changes));
  }
  if (answer.outcome !== 'ok') return refusedFields(writing, answer, changes, budget);
  const [customer] = answer.body.data;
  if (!customer) return BAD_ANSWER;
  return { outcome: 'written', account: readCustomer(writing, customer, desired, refs) };
}

/** A channel that somebody removed is nobody's wrong data: the store says only that it does not want the request. */
async function refusedFields(
  { api }: Writing,
  answer: NotOk,
  { channels = [] }: AccountImage,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const refused = failedWrite(answer);
  if (refused.outcome !== 'invalid') return refused;
  for (const channel of Array.isArray(channels) ? channels.map(Number) : []) {
    const path = `/v3/customers/settings/channels/${channel}` as const;
    const found = await api.send({ verb: 'GET', path }, ChannelSettings, budget);
    if (found.outcome !== 'missing') continue;
    return blocked(
      `the store has no channel ${channel}; correct channelId in the configuration, or make the channel again`,
    );
  }
  return refused;
}

/** Mail addresses are unique per channel: on one of these somebody else has it. Nobody's account is merged. */
function occupied(changes: AccountImage): string {
  const channels = channelIds(changes['channels'] ?? []).join(', ');
  return `another customer with the same mail address is on channel ${channels} already; change the mail address of one of them, or delete one that is not needed`;
}

async function updateFormFields(
  writing: Writing,
  { externalId, changes, current }: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const fields = formFieldsBody(changes, current, writing.facts);
  const items = [{ id: Number(externalId), form_fields: fields }];
  const answer = await writing.api.send({ verb: 'PUT', path: '/v3/customers', items }, CustomerList, budget);
  if (answer.outcome !== 'ok') return failedWrite(answer);
  // Answers of a write do not show form fields: they are believed until the next look.
  return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
}

/** All attributes in one request, ten at a time where there are more; a repetition from the start does no harm. */
async function updateAttributes(
  writing: Writing,
  { externalId, changes }: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { settings, facts, api } = writing;
  const names = mappedAttributes(settings).filter((name) => attributeField(name) in changes);
  if (names.some((name) => facts.attributes[name] === undefined)) return NOT_PREPARED;
  const values = names.map((name) => ({
    attribute_id: facts.attributes[name],
    customer_id: Number(externalId),
    value: String(changes[attributeField(name)]),
  }));
  let image: AccountImage = {};
  for (let at = 0; at < values.length; at += MAX_ITEMS) {
    const items = values.slice(at, at + MAX_ITEMS);
    const path = '/v3/customers/attribute-values';
    const answer = await api.send({ verb: 'PUT', path, items }, AttributeValueList, budget);
    if (answer.outcome === 'invalid' && answer.paths.some((path) => /^\d+(\.customer_id)?$/.test(path))) {
      const gone = await isGone(writing, externalId, budget);
      if (gone) return { outcome: 'gone' };
    }
    if (answer.outcome !== 'ok') return failedWrite(answer);
    const { data } = answer.body;
    const isWhole = items.every(({ attribute_id: id }) => data.some(({ attributeId }) => attributeId === id));
    // Some were written and some not: whoever looks again sends what is missing.
    if (data.length > 0 && !isWhole) return BAD_ANSWER;
    image = { ...image, ...attributesOf(data, facts) };
  }
  return { outcome: 'written', account: { externalId, image, refs: {} } };
}

async function updateAddress(
  { api }: Writing,
  { externalId, changes, desired, refs }: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const own = Number(refs['address']);
  // The engine sends only what `desire` built.
  const body = addressBody(changes['address'] as StoreAddress, desired);
  const path = '/v3/customers/addresses';
  const answer = Number.isSafeInteger(own)
    ? await api.send({ verb: 'PUT', path, items: [{ id: own, ...body }] }, AddressList, budget)
    : await api.send(
        { verb: 'POST', path, items: [{ customer_id: Number(externalId), ...body }] },
        AddressList,
        budget,
      );
  if (answer.outcome !== 'ok') return failedWrite(answer);
  // An address equal to one that exists is not repeated and missing in the answer: it is there.
  const [written] = answer.body.data;
  if (!written) return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
  const image = { address: { ...addressOf(written) } };
  return { outcome: 'written', account: { externalId, image, refs: { address: String(written.id) } } };
}

/** Rungs that leave no trace in the image. Both may be repeated: another random password, a customer who is gone. */
export async function actOnCustomer(
  writing: Writing,
  { externalId, act, refs }: ActRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const id = Number(externalId);
  if (act === LOCK_OUT) {
    const items = [{ id, authentication: lockedOut({ isForced: true }) }];
    const answer = await writing.api.send(
      { verb: 'PUT', path: '/v3/customers', items },
      CustomerList,
      budget,
    );
    if (answer.outcome !== 'ok') return failedWrite(answer);
    return { outcome: 'written', account: { externalId, image: {}, refs } };
  }
  if (act !== DELETE) throw new TypeError(`a store has no act ${act}`);
  const answer = await writing.api.send({ verb: 'DELETE', path: '/v3/customers', id }, NOTHING, budget);
  if (answer.outcome !== 'ok') return failedWrite(answer);
  // The store answers the same whatever happened, so it is asked.
  const gone = await isGone(writing, externalId, budget);
  if (gone === undefined) return { ...BAD_ANSWER, code: 'provisioning.reply_lost' };
  return gone ? { outcome: 'gone' } : { ...BAD_ANSWER, code: 'provisioning.not_applied' };
}

/** @returns undefined when the store did not tell. */
async function isGone(
  { api }: Writing,
  externalId: string,
  budget: CallBudget,
): Promise<boolean | undefined> {
  const query = { 'id:in': Number(externalId), limit: 1 } as const;
  const answer = await api.send({ verb: 'GET', path: '/v3/customers', query }, CustomerList, budget);
  // Only other people's records: the filter was passed over, and nothing was told.
  if (answer.outcome !== 'ok') return undefined;
  const isThere = answer.body.data.some(({ id }) => String(id) === externalId);
  return answer.body.data.length > 0 && !isThere ? undefined : !isThere;
}

function blocked(reason: string): WriteAnswer {
  return { outcome: 'blocked', reasons: [reason] };
}

const BAD_ANSWER = {
  outcome: 'unavailable',
  code: 'provisioning.bad_answer',
  maybeApplied: true,
} as const;
