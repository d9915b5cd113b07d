import { channelById, type Store } from '../store.ts';

/** The group of whoever signs up: that of the channel, else that of the store; 0 is none. */
export function defaultGroup(store: Store, channelId: number): number {
  const ofChannel = channelById(store, channelId)?.customer_group_settings?.['default_customer_group_id'];
  const id = Number(ofChannel ?? store.settings.customer_group_settings['default_customer_group_id'] ?? 0);
  return store.groups.has(id) ? id : 0;
}

/** The settings and the flags of the groups say the same. */
export function setDefaultGroup(store: Store, id: number): void {
  store.settings.customer_group_settings['default_customer_group_id'] = id;
  for (const group of store.groups.values()) group.is_default = group.id === id;
}

export function setGuestGroup(store: Store, id: number): void {
  store.settings.customer_group_settings['guest_customer_group_id'] = id;
  for (const group of store.groups.values()) group.is_group_for_guests = group.id === id;
}

/** Takes a deleted group out of all settings. */
export function forgetGroup(store: Store, id: number): void {
  const { customer_group_settings: settings } = store.settings;
  for (const name of ['default_customer_group_id', 'guest_customer_group_id']) {
    if (settings[name] === id) settings[name] = 0;
    for (const { customer_group_settings: own } of store.channels) if (own?.[name] === id) own[name] = null;
  }
}
