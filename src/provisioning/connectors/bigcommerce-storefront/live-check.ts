import type { Problem, Secret } from '../../../base/index.ts';
import { reasonOf } from '../../bigcommerce/customers-answers.ts';
import type { TargetDeps } from '../../connector/connector.ts';
import { unavailableAdvice } from '../../errors.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import type { StoreFacts } from './facts.ts';
import { probeLogin } from './login-probe.ts';
import { originOf } from './origins.ts';
import { NOTHING } from './schema.ts';
import { StoreApi } from './store-api.ts';
import { openStorefront, type StorefrontAccessToken } from './storefront-graphql.ts';

export type Checking = {
  readonly settings: StorefrontTarget;
  readonly storefronts: readonly Storefront[];
  readonly facts: StoreFacts;
  readonly deps: TargetDeps;
  readonly api: StoreApi;
  readonly offsetMs: number;
};

/** Tries every API token for writing, and every login credential with the test customer. */
export async function checkStore(checking: Checking, budget: CallBudget): Promise<readonly Problem[]> {
  const tokens: Problem[] = [];
  for (const [index, { accessToken }] of checking.settings.api.entries()) {
    const message = await tryToken(checking, accessToken, budget);
    if (message !== undefined) tokens.push({ path: `api[${index}].accessToken`, message });
  }
  return [...tokens, ...(await tryLogins(checking, budget))];
}

/** Nobody has this number; and there is nothing in the request that could change anybody. */
const NOBODY = 2_147_483_647;

/** An update of nobody is refused for its content by whoever may write, and for its scope by all others. */
async function tryToken(
  { settings, deps }: Checking,
  token: Secret,
  budget: CallBudget,
): Promise<string | undefined> {
  const { storeHash, apiUrl } = settings;
  const { id, http, clock, log } = deps;
  const api = new StoreApi({ id, http, clock, log, storeHash, apiUrl, tokens: [token] });
  const items = [{ id: NOBODY }];
  const answer = await api.send({ verb: 'PUT', path: '/v3/customers', items }, NOTHING, budget);
  if (answer.outcome !== 'unavailable') return undefined;
  if (answer.code === 'provisioning.forbidden') {
    return 'may not write customers, or the owner of the store changed, which voids tokens; allow the scope Customers: modify';
  }
  return unavailableAdvice(answer.code);
}

/** Without a test customer nothing can be tried: a token for anybody else would sign that person out elsewhere. */
async function tryLogins(checking: Checking, budget: CallBudget): Promise<readonly Problem[]> {
  const { settings, deps, offsetMs } = checking;
  const { testCustomer, storeHash, login } = settings;
  const [storefront] = checking.storefronts;
  if (testCustomer === undefined || !storefront) return [];
  const open = await openFirst(checking, storefront, budget);
  if (typeof open === 'string') return [{ path: 'testCustomer', message: open }];
  const problems: Problem[] = [];
  for (const [index, credential] of login.entries()) {
    const channel = storefront.access.channelId;
    const probe = { storeHash, credential, customer: testCustomer, channel, offsetMs };
    const answer = await probeLogin(deps, open, probe, budget);
    if (answer.outcome === 'signed-in') continue;
    const message =
      answer.outcome === 'unavailable'
        ? unavailableAdvice(answer.code)
        : `the store refused a login token for customer ${testCustomer} on channel ${channel}; check client id and secret, the scope Customers Login, and that this customer covers the channel`;
    problems.push({ path: `login[${index}]`, message });
  }
  return problems;
}

async function openFirst(
  { api, facts, deps, offsetMs }: Checking,
  storefront: Storefront,
  budget: CallBudget,
): Promise<StorefrontAccessToken | string> {
  const origin = originOf(storefront, facts.sites);
  if (!origin) return `login tokens could not be tried: the URL of ${storefront.id} is not known`;
  const channel = { id: storefront.access.channelId, origin };
  const needs = { api, clock: deps.clock };
  const open = await openStorefront(needs, channel, { scopes: ['Customer'], offsetMs }, budget);
  if (open.outcome === 'ok') return open.body;
  return `login tokens could not be tried (${reasonOf(open)}); allow the scope Storefront API tokens: manage`;
}
