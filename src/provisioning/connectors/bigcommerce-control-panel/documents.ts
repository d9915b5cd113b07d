/** What a request carries; the whole vocabulary that this product has towards an account. */
export type Operation = {
  readonly writes: boolean;
  readonly query: string;
  readonly variables: Readonly<Record<string, string | number>>;
};

const PAGE = 'pageInfo { hasNextPage endCursor }';
const USERS = `edges { node { id email } } ${PAGE}`;
const MEMBERS = `edges { node { id email lastLoginAt permissions status } } ${PAGE}`;
const STORES = `edges { node { id name storeHash users(first: $size) { ${MEMBERS} } } } ${PAGE}`;

/** Where reading goes on: lists that have more pages. */
export type Cursors = {
  readonly users?: string;
  readonly stores?: string;
  /** Of users of one store, by the store's id. */
  readonly members: readonly { readonly storeId: string; readonly after: string }[];
};

/** The account with its users and the users of each store: one request, as long as each list fits its page. */
export function readAccount(size: number): Operation {
  return {
    writes: false,
    query: `query ($size: Int!) {
      account { users(first: $size) { ${USERS} } stores(first: $size) { ${STORES} } }
    }`,
    variables: { size },
  };
}

/** The next page of every list that has one, in one request. */
export function readOn(size: number, { users, stores, members }: Cursors): Operation {
  const lists = [
    ...(users === undefined ? [] : [`users(first: $size, after: $users) { ${USERS} }`]),
    ...(stores === undefined ? [] : [`stores(first: $size, after: $stores) { ${STORES} }`]),
  ];
  const nodes = members.map(
    (_, i) =>
      `s${i}: node(id: $s${i}) { ... on Store { id users(first: $size, after: $c${i}) { ${MEMBERS} } } }`,
  );
  const variables = {
    ...(users !== undefined && { users }),
    ...(stores !== undefined && { stores }),
    ...Object.fromEntries(members.map(({ after }, i) => [`c${i}`, after])),
  };
  const ids = Object.fromEntries(members.map(({ storeId }, i) => [`s${i}`, storeId]));
  const declared = [
    '$size: Int!',
    ...Object.keys(variables).map((name) => `$${name}: String`),
    ...Object.keys(ids).map((name) => `$${name}: ID!`),
  ];
  const account = lists.length > 0 ? `account { ${lists.join(' ')} }` : '';
  return {
    writes: false,
    query: `query (${declared.join(', ')}) { ${account} ${nodes.join(' ')} }`,
    variables: { size, ...variables, ...ids },
  };
}

/** Invites by mail address. The answer shows the account, so that the new user's id needs no second request. */
export function addToAccount(mail: string, size: number): Operation {
  return {
    writes: true,
    query: `mutation ($mail: String!, $size: Int!) {
      account { addUserToAccount(input: { email: $mail }) {
        account { users(first: $size) { ${USERS} } stores(first: $size) { ${STORES} } }
      } }
    }`,
    variables: { mail, size },
  };
}

export function removeFromAccount(mail: string): Operation {
  return {
    writes: true,
    query: `mutation ($mail: String!) {
      account { removeUserFromAccount(input: { email: $mail }) { userId } }
    }`,
    variables: { mail },
  };
}

/** One request for several stores; each has its own answer or its own error. */
export function addToStores(userId: string, storeIds: readonly string[]): Operation {
  return perStore(userId, storeIds, (i) => `addUserToStore(input: { user: { id: $user }, storeId: $s${i} })`);
}

export function removeFromStores(userId: string, storeIds: readonly string[]): Operation {
  return perStore(userId, storeIds, (i) => `removeUserFromStore(input: { userId: $user, storeId: $s${i} })`);
}

function perStore(userId: string, storeIds: readonly string[], field: (index: number) => string): Operation {
  const declared = ['$user: ID!', ...storeIds.map((_, i) => `$s${i}: ID!`)];
  const fields = storeIds.map((_, i) => `s${i}: ${field(i)} { storeId }`);
  return {
    writes: true,
    query: `mutation (${declared.join(', ')}) { user { ${fields.join(' ')} } }`,
    variables: { user: userId, ...Object.fromEntries(storeIds.map((id, i) => [`s${i}`, id])) },
  };
}
