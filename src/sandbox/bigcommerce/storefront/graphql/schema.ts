import { timestamp } from '../../api/answers.ts';
import { attributeViews } from '../../api/customer-view.ts';
import { customerByEmail } from '../../coverage.ts';
import { type FieldDefinition, Refused, type Schema } from '../../graphql/index.ts';
import type { Channel, Customer } from '../../model.ts';
import { remember, type Store } from '../../store.ts';
import { judgeToken } from '../login-token.ts';
import { customerOfToken, endCustomerTokens, openCustomerToken } from './customer-token.ts';
import { signUpForm } from './sign-up-form.ts';
import type { StorefrontToken } from './storefront-token.ts';

export type StorefrontContext = {
  readonly store: Store;
  readonly channel: Channel;
  readonly token: StorefrontToken;
  readonly host: string;
  readonly address: string;
  /** `X-Bc-Customer-Access-Token`. */
  readonly customerToken: string | undefined;
  /** `X-Bc-Error-On-Invalid-Customer-Access-Token`. */
  readonly isStrict: boolean;
};
type Field = FieldDefinition<StorefrontContext>;
type Context = StorefrontContext;
type Args = Readonly<Record<string, unknown>>;

const CUSTOMER = ['Customer'];

const customerFields: Readonly<Record<string, Field>> = {
  entityId: { type: 'Int!', resolve: ({ id }: Customer) => id },
  company: { type: 'String!' },
  customerGroupId: { type: 'Int!', resolve: ({ customer_group_id: id }: Customer) => id },
  customerGroupName: {
    type: 'String',
    resolve: ({ customer_group_id: id }: Customer, _, { store }) => store.groups.get(id)?.name ?? null,
  },
  email: { type: 'String!' },
  firstName: { type: 'String!', resolve: ({ first_name: name }: Customer) => name },
  lastName: { type: 'String!', resolve: ({ last_name: name }: Customer) => name },
  phone: { type: 'String!' },
  taxExemptCategory: { type: 'String!', resolve: ({ tax_exempt_category: code }: Customer) => code },
  attributeCount: {
    type: 'Int!',
    resolve: (customer: Customer, _, { store }) => attributeViews(store, customer).length,
  },
};

/** As much of the Storefront API as signing in and the sign-up form need. */
export const storefrontSchema: Schema<StorefrontContext> = {
  query: 'Query',
  mutation: 'Mutation',
  objects: {
    Query: {
      site: { type: 'Site!', scopes: ['Unauthenticated'], resolve: () => ({}) },
      channel: { type: 'Channel!', resolve: (_, __, { channel }) => ({ entityId: channel.id }) },
      customer: { type: 'Customer', scopes: CUSTOMER, resolve: (_, __, context) => currentCustomer(context) },
    },
    Mutation: {
      login: {
        type: 'LoginResult!',
        args: { email: 'String!', password: 'String!', guestCartEntityId: 'String' },
        scopes: CUSTOMER,
        resolve: (_, args, context) => login(context, args),
      },
      loginWithCustomerLoginJwt: {
        type: 'LoginWithCustomerLoginJwtResult!',
        args: { jwt: 'String!', guestCartEntityId: 'String' },
        scopes: CUSTOMER,
        resolve: (_, args, context) => loginByJwt(context, args),
      },
      logout: {
        type: 'LogoutResult!',
        args: { cartEntityId: 'String' },
        scopes: CUSTOMER,
        resolve: (_, __, context) => logout(context),
      },
    },
    Channel: { entityId: { type: 'Long!' } },
    Customer: customerFields,
    Cart: { entityId: { type: 'String!' } },
    CustomerAccessToken: { value: { type: 'String!' }, expiresAt: { type: 'DateTime!' } },
    LoginResult: { result: { type: 'String!' }, ...resultFields() },
    LoginWithCustomerLoginJwtResult: { redirectTo: { type: 'String!' }, ...resultFields() },
    LogoutResult: { result: { type: 'String!' }, cartUnassignResult: { type: 'CartUnassignResult!' } },
    CartUnassignResult: { cart: { type: 'Cart' } },
    ...signUpForm.objects,
  },
  interfaces: signUpForm.interfaces,
  inputs: {},
  mayRead: ({ token }, scopes) => token.scopes.some((scope) => scopes.includes(scope)),
};

function resultFields(): Readonly<Record<string, Field>> {
  return {
    customer: { type: 'Customer' },
    cart: { type: 'Cart' },
    customerAccessToken: { type: 'CustomerAccessToken' },
  };
}

/** A token that is wrong makes a guest, unless the request asks for errors. */
function currentCustomer({ store, channel, customerToken, isStrict }: Context): Customer | null {
  const customer = customerOfToken(store, channel, customerToken);
  if (customer || !isStrict) return customer ?? null;
  const code =
    customerToken === undefined ? 'MISSING_CUSTOMER_ACCESS_TOKEN' : 'INVALID_CUSTOMER_ACCESS_TOKEN';
  throw new Refused('The customer access token is missing or not valid.', { code });
}

function login(context: Context, { email, password }: Args): object {
  const { store, channel } = context;
  const customer = customerByEmail(store, String(email), channel.id);
  const isRight = customer?.password !== null && customer?.password === password;
  if (!customer || !isRight) throw new Refused('Invalid credentials');
  if (customer.force_password_reset) throw new Refused('Reset password');
  return { result: 'success', ...signedIn(context, customer) };
}

/** The same checks as `/login/token/{jwt}`, and the token is used up; here the caller learns that it worked. */
function loginByJwt(context: Context, { jwt }: Args): object {
  const { store, channel, host, address } = context;
  const verdict = judgeToken({ store, channel, token: String(jwt), address });
  const isIn = verdict.outcome === 'signed-in';
  const target = isIn ? verdict.target : '';
  remember(store.logins, {
    at: store.now(),
    host,
    channelId: channel.id,
    outcome: verdict.outcome,
    ...(!isIn && { reason: verdict.reason }),
    ...verdict.facts,
    target,
    via: 'graphql',
  });
  if (!isIn) throw new Refused('Invalid login');
  return { redirectTo: target, ...signedIn(context, verdict.customer) };
}

function signedIn({ store, channel }: Context, customer: Customer): object {
  const { value, expiresAt } = openCustomerToken(store, channel, customer);
  return { customer, cart: null, customerAccessToken: { value, expiresAt: timestamp(expiresAt) } };
}

/** Ends the customer's tokens on all devices. */
function logout({ store, channel, customerToken }: Context): object {
  const customer = customerOfToken(store, channel, customerToken);
  if (customer) endCustomerTokens(store, customer.id);
  return { result: 'success', cartUnassignResult: { cart: null } };
}
