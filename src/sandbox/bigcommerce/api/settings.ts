import type { Channel } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { type Answer, invalidJson, NOT_FOUND, ok, timestamp } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { checkObject, type Item, isObject } from './fields.ts';
import { setDefaultGroup, setGuestGroup } from './group-defaults.ts';

const SECTIONS = ['privacy_settings', 'customer_group_settings'] as const;

const STORE_SETTINGS = {
  privacy_settings: { type: 'object' },
  customer_group_settings: { type: 'object' },
} as const;

function groupSettings(body: Item): Item {
  const given = body['customer_group_settings'];
  return isObject(given) ? given : {};
}

/** 0 is no group, null inherits; any other id must be one of the store. */
function unknownGroup(store: Store, body: Item): Answer | undefined {
  for (const name of ['default_customer_group_id', 'guest_customer_group_id']) {
    const id = groupSettings(body)[name];
    if (id === undefined || id === null || id === 0 || store.groups.has(Number(id))) continue;
    return invalidJson({ [`customer_group_settings.${name}`]: 'error.invalid' });
  }
  return undefined;
}

export const showSettings: Handler = ({ store }) => ok(store.settings);

export const updateSettings: Handler = ({ store, body }) => {
  const errors = checkObject(body, STORE_SETTINGS, [], '');
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  const unknown = unknownGroup(store, body);
  if (unknown) return unknown;
  for (const section of SECTIONS) {
    const given = body[section];
    if (isObject(given)) store.settings[section] = { ...store.settings[section], ...given };
  }
  const { default_customer_group_id: members, guest_customer_group_id: guests } = groupSettings(body);
  if (typeof members === 'number') setDefaultGroup(store, members);
  if (typeof guests === 'number') setGuestGroup(store, guests);
  return ok(store.settings);
};

export const showChannelSettings: Handler = (call) =>
  withChannel(call, (channel) => view(call.store, channel));

/** null removes an override, so that the store's setting holds again. */
export const updateChannelSettings: Handler = (call) =>
  withChannel(call, (channel) => {
    const { body } = call;
    const errors = checkObject(body, { allow_global_logins: { type: 'boolean' } }, [], '');
    if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
    const unknown = unknownGroup(call.store, body);
    if (unknown) return unknown;
    for (const section of SECTIONS) channel[section] = sectionOf(body, section, channel[section]);
    if (typeof body['allow_global_logins'] === 'boolean') {
      channel.allow_global_logins = body['allow_global_logins'];
    }
    return view(call.store, channel);
  });

function sectionOf(body: Item, section: string, current: Record<string, unknown> | null) {
  const given = body[section];
  if (given === undefined) return current;
  return isObject(given) ? { ...current, ...given } : null;
}

function withChannel({ store, params }: ApiCall, answer: (channel: Channel) => Answer): Answer {
  const channel = channelById(store, Number(params['channelId']));
  return channel ? answer(channel) : NOT_FOUND;
}

function view(store: Store, channel: Channel): Answer {
  const isNested = store.turned().allowGlobalLoginsPlace === 'nested';
  const allow = { allow_global_logins: channel.allow_global_logins };
  return ok({
    privacy_settings: {
      ask_shopper_for_tracking_consent: null,
      policy_url: null,
      ask_shopper_for_tracking_consent_on_checkout: null,
      ...channel.privacy_settings,
    },
    customer_group_settings: {
      guest_customer_group_id: null,
      default_customer_group_id: null,
      ...channel.customer_group_settings,
      ...(isNested && allow),
    },
    ...(!isNested && allow),
  });
}

const CONSENTS = ['essential', 'functional', 'analytics', 'targeting'];

export const showConsent: Handler = ({ store, params }) => {
  const id = Number(params['customerId']);
  return store.customers.has(id) ? consentOf(store, id) : NOT_FOUND;
};

export const updateConsent: Handler = ({ store, params, body }) => {
  const id = Number(params['customerId']);
  if (!store.customers.has(id)) return NOT_FOUND;
  if (!isObject(body)) return invalidJson({ '': 'error.expected.jsobject' });
  const lists = { allow: body['allow'] ?? [], deny: body['deny'] ?? [] };
  for (const [name, value] of Object.entries(lists)) {
    const isRight = Array.isArray(value) && value.every((each) => CONSENTS.includes(String(each)));
    if (!isRight) return invalidJson({ [name]: 'error.invalid' });
  }
  store.consents.set(id, lists as { allow: string[]; deny: string[] });
  return consentOf(store, id);
};

function consentOf(store: Store, id: number): Answer {
  const { allow, deny } = store.consents.get(id) ?? { allow: [], deny: [] };
  // The platform tells the time of the call, not that of the last change.
  return { status: 200, body: { allow, deny, updated_at: timestamp(store.now()) } };
}
