import type { Channel } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { NOT_FOUND, ok, timestamp } from './answers.ts';
import type { Handler } from './call.ts';
import { numberedPage, PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

export const listChannels: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, {
    ...PAGE_FILTERS,
    available: 'text',
    'status:in': 'texts',
    'type:in': 'texts',
    'platform:in': 'texts',
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const found = store.channels.filter(
    (channel) =>
      (query.texts('status:in')?.includes(channel.status) ?? true) &&
      (query.texts('type:in')?.includes('storefront') ?? true) &&
      (query.texts('platform:in')?.includes(platformOf(channel)) ?? true) &&
      (query.text('available') !== 'true' || channel.status !== 'inactive'),
  );
  return numberedPage(found, query, view);
};

export const showChannel: Handler = ({ store, params }) => {
  const channel = channelById(store, Number(params['channelId']));
  return channel ? ok(view(channel)) : NOT_FOUND;
};

/** The addresses of a channel, exactly as the merchant entered them: with `www` or without. */
export const showSite: Handler = ({ store, params, origin }) => {
  const channel = channelById(store, Number(params['channelId']));
  const host = channel && siteHost(store, channel);
  if (!channel || host === undefined) return NOT_FOUND;
  const at = timestamp(channel.date_created);
  const url = origin(host);
  const types = ['primary', 'canonical', 'checkout'];
  return ok({
    id: 999 + channel.id,
    channel_id: channel.id,
    url,
    ssl_status: 'dedicated',
    is_checkout_url_customized: false,
    urls: types.map((type) => ({ url, type, created_at: at, updated_at: at })),
    created_at: at,
    updated_at: at,
  });
};

function siteHost(store: Store, channel: Channel): string | undefined {
  const isWww = store.turned().www !== 'off' && channel.wwwHost !== null;
  return (isWww ? channel.wwwHost : channel.host) ?? undefined;
}

function platformOf(channel: Channel): string {
  return channel.kind === 'catalyst' ? 'catalyst' : 'bigcommerce';
}

function view(channel: Channel): object {
  return {
    id: channel.id,
    icon_url: '',
    is_listable_from_ui: true,
    is_visible: true,
    date_created: timestamp(channel.date_created),
    date_modified: timestamp(channel.date_created),
    external_id: '',
    type: 'storefront',
    platform: platformOf(channel),
    name: channel.name,
    status: channel.status,
  };
}
