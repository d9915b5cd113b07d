import { accountCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { type Reply, send } from '../client/request.ts';

export type GraphqlBody = {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  data: any;
  errors?: {
    message: string;
    path?: (string | number)[];
    locations?: object[];
    extensions?: Record<string, unknown>;
  }[];
};
type Options = {
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly token?: string;
  readonly uuid?: string;
};

/** One call of the Account API, with the token that may write. */
export function callAccount(sandbox: Sandbox, query: string, options: Options = {}): Promise<Reply> {
  const {
    token = accountCredentials.api.accessToken,
    uuid = accountCredentials.accountUuid,
    ...rest
  } = options;
  return send(sandbox.url('api.bigcommerce', `/accounts/${uuid}/graphql`), {
    method: 'POST',
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    body: JSON.stringify({ query, ...rest }),
  });
}

/** The same, parsed. */
export async function account(sandbox: Sandbox, query: string, options?: Options): Promise<GraphqlBody> {
  return (await callAccount(sandbox, query, options)).json() as GraphqlBody;
}

export const add = (email: string) =>
  `mutation { account { addUserToAccount(input: {email: "${email}"}) { account { accountInfo { name } } } } }`;
export const removeFromAccount = (email: string) =>
  `mutation { account { removeUserFromAccount(input: {email: "${email}"}) { accountId userId } } }`;
export const addToStore = (user: string, hash: string) =>
  `mutation { user { addUserToStore(input: {user: {${user}}, storeId: "bc/account/store/${hash}"}) { storeId } } }`;
export const removeFromStore = (id: string, hash: string) =>
  `mutation { user { removeUserFromStore(input: {userId: "${id}", storeId: "bc/account/store/${hash}"}) { storeId user { email } } } }`;

export const SNAPSHOT = `query Snapshot($first: Int, $after: String) {
  account {
    users { edges { node { id email firstName } } }
    stores { edges { node { storeHash users(first: $first, after: $after) {
      collectionInfo { totalItems }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { id email firstName lastLoginAt permissions status updatedAt } }
    } } } }
  }
}`;

export type StoreUser = {
  id: string;
  email: string;
  firstName: string | null;
  lastLoginAt: string | null;
  permissions: string[];
  status: string;
  updatedAt: string;
};

/** Users of one store, on one page. */
export async function usersOf(sandbox: Sandbox, hash: string): Promise<readonly StoreUser[]> {
  const { data } = await account(sandbox, SNAPSHOT);
  const edges = data.account.stores.edges as {
    node: { storeHash: string; users: { edges: { node: StoreUser }[] } };
  }[];
  const store = edges.find(({ node }) => node.storeHash === hash);
  return (store?.node.users.edges ?? []).map(({ node }) => node);
}
