import type { Route } from './call.ts';
import {
  createCustomers,
  deleteCustomers,
  listCustomers,
  updateCustomers,
  validateCredentials,
} from './customers.ts';
import { showStore, showTime } from './store-information.ts';

const READ = ['store_v2_customers', 'store_v2_customers_read_only'];
const WRITE = ['store_v2_customers'];
const INFORMATION = ['store_v2_information', 'store_v2_information_read_only'];

/** Every call that the API host knows, below `/stores/{hash}`. Nothing here deletes a whole collection. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v2/time', scopes: INFORMATION, handler: showTime },
  { method: 'GET', path: '/v2/store', scopes: INFORMATION, handler: showStore },
  { method: 'GET', path: '/v3/customers', scopes: READ, handler: listCustomers },
  { method: 'POST', path: '/v3/customers', scopes: WRITE, handler: createCustomers },
  { method: 'PUT', path: '/v3/customers', scopes: WRITE, handler: updateCustomers, concurrent: 3 },
  { method: 'DELETE', path: '/v3/customers', scopes: WRITE, handler: deleteCustomers },
  { method: 'POST', path: '/v3/customers/validate-credentials', scopes: WRITE, handler: validateCredentials },
];
