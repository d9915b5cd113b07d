import { panelHost } from '../control-panel/entries.ts';
import { accountCredentials } from '../credentials.ts';
import { bare } from './answers.ts';
import type { Handler } from './call.ts';

/** The clock that login tokens are judged by. */
export const showTime: Handler = ({ store }) => bare({ time: Math.floor(store.now().getTime() / 1000) });

export const showStore: Handler = ({ store, origin }) => {
  const { seed } = store;
  const host = store.channels.find((channel) => channel.id === 1)?.host ?? '';
  const symbol = (0)
    .toLocaleString(seed.locale, { style: 'currency', currency: seed.currency, maximumFractionDigits: 0 })
    .replace(/[\d\s]/g, '');
  return bare({
    id: seed.hash,
    account_uuid: accountCredentials.accountUuid,
    domain: host,
    secure_url: origin(host),
    control_panel_base_url: origin(panelHost(seed.hash)),
    status: store.turned().maintenance ? 'maintenance' : 'live',
    name: seed.name,
    first_name: 'Ada',
    last_name: 'Brandt',
    country: seed.country,
    country_code: seed.countryCode,
    infrastructure_region: 'europe-west1',
    admin_email: 'ada@halden.example',
    order_email: 'orders@halden.example',
    timezone: { name: seed.timezone },
    language: seed.locale.slice(0, 2),
    currency: seed.currency,
    currency_symbol: symbol,
    plan_name: 'Pro',
    plan_level: 'Pro',
    plan_is_trial: false,
    default_channel_id: 1,
    default_site_id: 1000,
    features: {
      stencil_enabled: true,
      sitewidehttps_enabled: true,
      graphql_storefront_api_enabled: true,
      multi_storefront_enabled: store.channels.length > 1,
    },
  });
};
