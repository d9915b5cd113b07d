import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type Clock, randomText, SECOND, type Secret } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { askStorefront, type GraphqlAnswer, type StorefrontAccessToken } from './storefront-graphql.ts';

export type Probe = {
  readonly storeHash: string;
  readonly credential: { readonly clientId: string; readonly clientSecret: Secret };
  readonly customer: number;
  readonly channel: number;
  /** The store's clock minus ours. */
  readonly offsetMs: number;
};

type Needs = { readonly id: string; readonly http: HttpClient; readonly log: Log; readonly clock: Clock };

const LOGIN = `mutation Login($jwt: String!) {
  loginWithCustomerLoginJwt(jwt: $jwt) { customer { entityId } customerAccessToken { value } }
}`;
const LOGOUT = 'mutation Logout { logout { result } }';

const LoggedIn = z.object({
  loginWithCustomerLoginJwt: z.object({
    customer: z.object({ entityId: z.int() }).nullish(),
    customerAccessToken: z.object({ value: z.string() }).nullish(),
  }),
});

/**
 * Signs the test customer in and out again over GraphQL: the one call that tells whether client id, secret, scope and
 * clock are right together; a browser would only see its login page. Signs that customer out everywhere else.
 * BigCommerce docs: Customer Login API, loginWithCustomerLoginJwt.
 */
export async function probeLogin(
  needs: Needs,
  storefront: StorefrontAccessToken,
  probe: Probe,
  budget: CallBudget,
): Promise<Exclude<GraphqlAnswer<never>, { outcome: 'ok' }> | { readonly outcome: 'signed-in' }> {
  const variables = { jwt: loginToken(probe, needs.clock.now()) };
  const answer = await askStorefront(needs, storefront, { query: LOGIN, variables }, LoggedIn, budget);
  if (answer.outcome !== 'ok') return answer;
  const { customer, customerAccessToken } = answer.data.loginWithCustomerLoginJwt;
  if (customerAccessToken) {
    const operation = { query: LOGOUT, customerToken: customerAccessToken.value };
    await askStorefront(needs, storefront, operation, z.unknown(), budget);
  }
  return customer?.entityId === probe.customer
    ? { outcome: 'signed-in' }
    : { outcome: 'refused', status: 200 };
}

/** A token from the store's future may be refused, so it is dated a little into the past, as for people. */
const BACKDATE_MS = 2 * SECOND;

function loginToken({ storeHash, credential, customer, channel, offsetMs }: Probe, now: Date): string {
  const signed = [
    { alg: 'HS256', typ: 'JWT' },
    {
      iss: credential.clientId,
      iat: Math.floor((now.getTime() - BACKDATE_MS + offsetMs) / SECOND),
      jti: randomText(32),
      operation: 'customer_login',
      store_hash: storeHash,
      customer_id: customer,
      channel_id: channel,
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const key = Buffer.from(credential.clientSecret.reveal(), 'utf8');
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
