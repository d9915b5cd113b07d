import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { type Reply, send } from '../client/request.ts';
import type { StoreId, World } from './world.ts';

export type B2bBody = {
  code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  data: any;
  meta: { message: string; pagination?: { totalCount: number; limit: number; offset: number } };
};
type Options = {
  readonly store?: StoreId;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** In place of `/api/v3/io`. */
  readonly root?: string;
};

/** One call of B2B Edition, with the store's own token unless other headers are given. */
export function callB2b(world: World, method: string, path: string, options: Options = {}): Promise<Reply> {
  const { store = 'store-emea', body, root = '/api/v3/io' } = options;
  const { storeHash, b2b } = bigCommerceCredentials[store];
  const headers = options.headers ?? { 'x-auth-token': b2b.accessToken, 'x-store-hash': storeHash };
  return send(world.sandbox.url('api-b2b.bigcommerce', `${root}${path}`), {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** The same, parsed; the status and the code must agree. */
export async function b2b(world: World, method: string, path: string, options?: Options): Promise<B2bBody> {
  const reply = await callB2b(world, method, path, options);
  const body = reply.json() as B2bBody;
  if (body.code !== reply.status)
    throw new Error(`code ${body.code} in an answer with status ${reply.status}`);
  return body;
}
