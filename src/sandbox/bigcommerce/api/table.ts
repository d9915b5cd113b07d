import { createAddresses, deleteAddresses, listAddresses, updateAddresses } from './addresses.ts';
import {
  createAttributes,
  deleteAttributes,
  deleteAttributeValues,
  listAttributes,
  listAttributeValues,
  updateAttributes,
  upsertAttributeValues,
} from './attributes.ts';
import type { Handler, Route } from './call.ts';
import { listChannels, showChannel, showSite } from './channels.ts';
import {
  createCustomers,
  deleteCustomers,
  listCustomers,
  updateCustomers,
  validateCredentials,
} from './customers.ts';
import { listFormFieldValues, upsertFormFieldValues } from './form-field-values.ts';
import { countGroups, createGroup, deleteGroup, listGroups, showGroup, updateGroup } from './groups.ts';
import { createHook, deleteHook, listHooks, showHook, updateHook } from './hooks.ts';
import {
  createMetafield,
  deleteMetafield,
  listAllMetafields,
  listMetafields,
  showMetafield,
  updateMetafield,
} from './metafields.ts';
import { createMetafields, deleteMetafields, updateMetafields } from './metafields-batch.ts';
import { listOrders } from './orders.ts';
import {
  showChannelSettings,
  showConsent,
  showSettings,
  updateChannelSettings,
  updateConsent,
  updateSettings,
} from './settings.ts';
import { showStore, showTime } from './store-information.ts';
import { createPrivateToken, createStorefrontToken, revokeStorefrontToken } from './storefront-tokens.ts';

const READ = ['store_v2_customers', 'store_v2_customers_read_only'];
const WRITE = ['store_v2_customers'];
const CHANNELS = ['store_channel_settings', 'store_channel_settings_read_only'];
const SITES = ['store_sites', 'store_sites_read_only'];
const INFORMATION = ['store_v2_information', 'store_v2_information_read_only'];
const ORDERS = ['store_v2_orders', 'store_v2_orders_read_only'];

const STOREFRONT = ['store_storefront_api'];

const CUSTOMERS = '/v3/customers';
const METAFIELDS = `${CUSTOMERS}/:customerId/metafields`;
const GROUPS = '/v2/customer_groups';

/**
 * Every call that the API host knows, below `/stores/{hash}`, with the scopes of which one opens it and the
 * documented number of calls at the same time. Nothing here deletes a whole collection.
 */
export const ROUTES: readonly Route[] = [
  get('/v2/time', INFORMATION, showTime),
  get('/v2/store', INFORMATION, showStore),
  get('/v2/orders', ORDERS, listOrders),

  get(GROUPS, READ, listGroups, 40),
  post(GROUPS, WRITE, createGroup, 40),
  get(`${GROUPS}/count`, READ, countGroups),
  get(`${GROUPS}/:groupId`, READ, showGroup),
  put(`${GROUPS}/:groupId`, WRITE, updateGroup),
  remove(`${GROUPS}/:groupId`, WRITE, deleteGroup, 40),

  get(CUSTOMERS, READ, listCustomers),
  post(CUSTOMERS, WRITE, createCustomers),
  put(CUSTOMERS, WRITE, updateCustomers, 3),
  remove(CUSTOMERS, WRITE, deleteCustomers),
  post(`${CUSTOMERS}/validate-credentials`, WRITE, validateCredentials),

  get(`${CUSTOMERS}/addresses`, READ, listAddresses),
  post(`${CUSTOMERS}/addresses`, WRITE, createAddresses, 10),
  put(`${CUSTOMERS}/addresses`, WRITE, updateAddresses, 3),
  remove(`${CUSTOMERS}/addresses`, WRITE, deleteAddresses),

  get(`${CUSTOMERS}/attributes`, READ, listAttributes),
  post(`${CUSTOMERS}/attributes`, WRITE, createAttributes, 3),
  put(`${CUSTOMERS}/attributes`, WRITE, updateAttributes, 3),
  remove(`${CUSTOMERS}/attributes`, WRITE, deleteAttributes),
  get(`${CUSTOMERS}/attribute-values`, READ, listAttributeValues),
  put(`${CUSTOMERS}/attribute-values`, WRITE, upsertAttributeValues, 3),
  remove(`${CUSTOMERS}/attribute-values`, WRITE, deleteAttributeValues),
  get(`${CUSTOMERS}/form-field-values`, READ, listFormFieldValues),
  put(`${CUSTOMERS}/form-field-values`, WRITE, upsertFormFieldValues, 10),

  get(`${CUSTOMERS}/metafields`, READ, listAllMetafields),
  post(`${CUSTOMERS}/metafields`, WRITE, createMetafields),
  put(`${CUSTOMERS}/metafields`, WRITE, updateMetafields),
  remove(`${CUSTOMERS}/metafields`, WRITE, deleteMetafields),
  get(METAFIELDS, READ, listMetafields),
  post(METAFIELDS, WRITE, createMetafield),
  get(`${METAFIELDS}/:metafieldId`, READ, showMetafield),
  put(`${METAFIELDS}/:metafieldId`, WRITE, updateMetafield),
  remove(`${METAFIELDS}/:metafieldId`, WRITE, deleteMetafield),
  get(`${CUSTOMERS}/:customerId/consent`, READ, showConsent),
  put(`${CUSTOMERS}/:customerId/consent`, WRITE, updateConsent),

  get(`${CUSTOMERS}/settings`, READ, showSettings),
  put(`${CUSTOMERS}/settings`, WRITE, updateSettings),
  get(`${CUSTOMERS}/settings/channels/:channelId`, READ, showChannelSettings),
  put(`${CUSTOMERS}/settings/channels/:channelId`, WRITE, updateChannelSettings),

  // Webhooks need no scope of their own.
  get('/v3/hooks', [], listHooks),
  post('/v3/hooks', [], createHook),
  get('/v3/hooks/:hookId', [], showHook),
  put('/v3/hooks/:hookId', [], updateHook),
  remove('/v3/hooks/:hookId', [], deleteHook),

  post('/v3/storefront/api-token', STOREFRONT, createStorefrontToken),
  remove('/v3/storefront/api-token', STOREFRONT, revokeStorefrontToken),
  post('/v3/storefront/api-token-private', STOREFRONT, createPrivateToken),

  get('/v3/channels', CHANNELS, listChannels),
  get('/v3/channels/:channelId', CHANNELS, showChannel),
  get('/v3/channels/:channelId/site', SITES, showSite),
];

function get(path: string, scopes: readonly string[], handler: Handler, concurrent?: number): Route {
  return route('GET', path, scopes, handler, concurrent);
}

function post(path: string, scopes: readonly string[], handler: Handler, concurrent?: number): Route {
  return route('POST', path, scopes, handler, concurrent);
}

function put(path: string, scopes: readonly string[], handler: Handler, concurrent?: number): Route {
  return route('PUT', path, scopes, handler, concurrent);
}

function remove(path: string, scopes: readonly string[], handler: Handler, concurrent?: number): Route {
  return route('DELETE', path, scopes, handler, concurrent);
}

function route(
  method: Route['method'],
  path: string,
  scopes: readonly string[],
  handler: Handler,
  concurrent?: number,
): Route {
  return { method, path, scopes, handler, ...(concurrent !== undefined && { concurrent }) };
}
