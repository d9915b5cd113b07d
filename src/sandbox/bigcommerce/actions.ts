import { z } from 'zod';
import { type Action, ActionRefused } from '../frame/system.ts';
import { CHANGED_CUSTOMER } from './api/customer-input.ts';
import { refuseCustomer } from './api/customer-rules.ts';
import { changeCustomer, createCustomer, removeCustomer } from './api/customer-writing.ts';
import { checkObject } from './api/fields.ts';
import { defaultGroup } from './api/group-defaults.ts';
import { coversChannel } from './coverage.ts';
import { addImported } from './imports.ts';
import { channelById, type Store } from './store.ts';
import { endSessionsAfter, endSessionsOf } from './storefront/sessions.ts';
import { attempt } from './webhooks/deliver.ts';
import { customerHappened } from './webhooks/events.ts';

const OfStore = z.object({ store: z.string() });
const OfCustomer = z.strictObject({ store: z.string(), id: z.int() });

const EditCustomer = z.strictObject({
  store: z.string(),
  id: z.int(),
  /** Fields as in a PUT of the API. */
  change: z.record(z.string(), z.unknown()),
});
const SignUp = z.strictObject({
  store: z.string(),
  channel: z.int().default(1),
  email: z.string(),
  firstName: z.string().default('Sam'),
  lastName: z.string().default('Shopper'),
  password: z.string().default('shopper-1'),
  orders: z.int().min(0).default(0),
});
const ResetPassword = z.strictObject({
  store: z.string(),
  id: z.int(),
  password: z.string(),
  channel: z.int().default(1),
});
const OfAccount = z.strictObject({ store: z.string(), account: z.string() });
const TurnStore = z.strictObject({ store: z.string(), switches: z.record(z.string(), z.unknown()) });
const DisableWebhooks = z.strictObject({ store: z.string(), scope: z.string().optional() });
const DeliverWebhooks = z.strictObject({
  store: z.string(),
  order: z.enum(['sent', 'reversed']).default('sent'),
});
const AddCustomers = z.strictObject({
  store: z.string(),
  count: z.int().min(0).max(200_000).default(300),
  /** Mail addresses that two customers share, each on a channel of its own. */
  pairs: z.int().min(0).max(1_000).default(10),
});
const SetFormField = z.strictObject({
  store: z.string(),
  name: z.string().min(1),
  of: z.enum(['customer', 'address']).default('customer'),
  type: z
    .enum(['text', 'multiline', 'numbers', 'date', 'checkboxes', 'radiobuttons', 'picklist', 'password'])
    .default('text'),
  required: z.boolean().default(false),
  options: z.array(z.string()).default([]),
});
const SetChannel = z.strictObject({
  store: z.string(),
  channel: z.int(),
  status: z.enum(['active', 'prelaunch', 'inactive']).optional(),
  allowGlobalLogins: z.boolean().optional(),
});

/** What people do in the control panel and in the shop, past the API. */
export function createActions(find: (id: string) => Store | undefined): Readonly<Record<string, Action>> {
  const storeOf = (body: unknown): Store => {
    const { store: id } = OfStore.parse(body);
    const store = find(id);
    if (!store) throw new ActionRefused(`There is no store "${id}".`);
    return store;
  };
  const on = (explains: string, run: (store: Store, body: unknown) => unknown): Action => ({
    explains,
    run: (body) => run(storeOf(body), body),
  });
  return {
    'turn-store': on('Turns switches of one store: { store, switches: { quota: 3 } }.', turnStore),
    'edit-customer': on('Somebody edits a customer by hand: { store, id, change: { … } }.', editCustomer),
    'delete-customer': on('Somebody deletes a customer by hand: { store, id }.', deleteCustomer),
    'sign-up': on('A shopper registers in the shop: { store, channel?, email, … }.', signUp),
    'end-sessions': on('Ends the sessions of a customer: { store, id }.', endSessions),
    'reset-password': on(
      'A shopper resets the password by mail: { store, id, password, channel? }.',
      resetPassword,
    ),
    'revoke-account': on('Deletes an API account: { store, account: "api" }.', revokeAccount),
    'disable-webhooks': on(
      'The platform switches off webhooks that nobody took for two days: { store, scope? }.',
      disableWebhooks,
    ),
    'deliver-webhooks': on('Sends waiting webhooks now: { store, order?: "reversed" }.', deliverWebhooks),
    'add-customers': on('Makes customers for an import: { store, count?: 300, pairs?: 10 }.', addCustomers),
    'set-form-field': on(
      'Adds or changes a form field: { store, name, of?, type?, required?, options? }.',
      setFormField,
    ),
    'set-channel': on('Changes a channel: { store, channel, status?, allowGlobalLogins? }.', setChannel),
  };
}

function turnStore(store: Store, body: unknown): unknown {
  const result = store.switches.set(TurnStore.parse(body).switches);
  if (result.outcome === 'refused') throw new ActionRefused(result.problem);
  return store.switches.overridden();
}

function editCustomer(store: Store, body: unknown): unknown {
  const { id, change } = EditCustomer.parse(body);
  const customer = store.customers.get(id);
  if (!customer) throw new ActionRefused(`There is no customer ${id}.`);
  const errors = checkObject(change, CHANGED_CUSTOMER, [], '');
  if (Object.keys(errors).length > 0) throw new ActionRefused(JSON.stringify(errors));
  const refusal = refuseCustomer(store, change, customer);
  if (refusal !== undefined) throw new ActionRefused(refusal);
  endSessionsAfter(store, id, changeCustomer(store, customer, change));
  customerHappened(store, 'updated', customer);
  return { id };
}

function deleteCustomer(store: Store, body: unknown): unknown {
  const { id } = OfCustomer.parse(body);
  const customer = store.customers.get(id);
  if (!customer) throw new ActionRefused(`There is no customer ${id}.`);
  removeCustomer(store, id);
  customerHappened(store, 'deleted', customer);
  return { id };
}

/** Whoever registers on a channel that allows global logins becomes global. */
function signUp(store: Store, body: unknown): unknown {
  const given = SignUp.parse(body);
  const channel = channelById(store, given.channel);
  if (!channel) throw new ActionRefused(`There is no channel ${given.channel}.`);
  const item = {
    email: given.email,
    first_name: given.firstName,
    last_name: given.lastName,
    origin_channel_id: channel.id,
    channel_ids: channel.allow_global_logins ? null : [channel.id],
    customer_group_id: defaultGroup(store, channel.id),
    authentication: { new_password: given.password },
  };
  const refusal = refuseCustomer(store, item, undefined);
  if (refusal !== undefined) throw new ActionRefused(refusal);
  const customer = createCustomer(store, item);
  const shopper = { ...customer, registration_ip_address: '203.0.113.20', orders: given.orders };
  store.customers.set(customer.id, shopper);
  customerHappened(store, 'created', shopper);
  return { id: customer.id };
}

function endSessions(store: Store, body: unknown): unknown {
  return { ended: endSessionsOf(store, OfCustomer.parse(body).id) };
}

/** The way around single sign-on: whoever reads the mail of a customer who covers an open channel can do it. */
function resetPassword(store: Store, body: unknown): unknown {
  const { id, password, channel: channelId } = ResetPassword.parse(body);
  const [customer, channel] = [store.customers.get(id), channelById(store, channelId)];
  const isOpen = channel && channel.status === 'active' && channel.host !== null;
  if (!customer || !isOpen || !coversChannel(store, customer, channelId)) {
    throw new ActionRefused(`No shop of channel ${channelId} sends a mail to customer ${id}.`);
  }
  const change = { authentication: { new_password: password, force_password_reset: false } };
  const refusal = refuseCustomer(store, change, customer);
  if (refusal !== undefined) throw new ActionRefused(refusal);
  endSessionsAfter(store, id, changeCustomer(store, customer, change));
  return { id };
}

function revokeAccount(store: Store, body: unknown): unknown {
  const { account: name } = OfAccount.parse(body);
  const account = store.accounts.find((each) => each.name === name || each.clientId === name);
  if (!account) throw new ActionRefused(`There is no API account "${name}".`);
  account.revoked = true;
  // Its webhooks go with it.
  for (const hook of store.hooks.values()) {
    if (hook.client_id === account.clientId) store.hooks.delete(hook.id);
  }
  return { clientId: account.clientId };
}

function disableWebhooks(store: Store, body: unknown): unknown {
  const { scope } = DisableWebhooks.parse(body);
  const hooks = [...store.hooks.values()].filter((hook) => scope === undefined || hook.scope === scope);
  for (const hook of hooks) hook.is_active = false;
  return { disabled: hooks.length };
}

async function deliverWebhooks(store: Store, body: unknown): Promise<unknown> {
  const { order } = DeliverWebhooks.parse(body);
  const waiting = store.deliveries.filter(({ state }) => state === 'pending');
  if (order === 'reversed') waiting.reverse();
  for (const delivery of waiting) await attempt(store, delivery);
  return waiting;
}

function setChannel(store: Store, body: unknown): unknown {
  const given = SetChannel.parse(body);
  const channel = channelById(store, given.channel);
  if (!channel) throw new ActionRefused(`There is no channel ${given.channel}.`);
  if (given.status !== undefined) channel.status = given.status;
  if (given.allowGlobalLogins !== undefined) channel.allow_global_logins = given.allowGlobalLogins;
  return { id: channel.id };
}

function addCustomers(store: Store, body: unknown): unknown {
  return { made: addImported(store, AddCustomers.parse(body)) };
}

function setFormField(store: Store, body: unknown): unknown {
  const { store: _store, ...field } = SetFormField.parse(body);
  const at = store.formFields.findIndex(({ name, of }) => name === field.name && of === field.of);
  store.formFields.splice(at === -1 ? store.formFields.length : at, at === -1 ? 0 : 1, field);
  return field;
}
