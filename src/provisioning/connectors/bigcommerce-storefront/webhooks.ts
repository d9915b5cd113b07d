import type { Problem } from '../../../base/index.ts';
import { isLoopbackHost } from '../../../platform/http/index.ts';
import { failedRead } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed, TargetDeps } from '../../connector/connector.ts';
import type { Provoked, TargetWebhooks } from '../../connector/target-webhooks.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { StorefrontTarget } from './config.ts';
import { CustomerList, NOTHING } from './schema.ts';
import { StoreApi } from './store-api.ts';
import { wantedEvents } from './webhook-events.ts';
import { listHooks, registerHooks, removeHooks } from './webhook-hooks.ts';
import { readWebhook } from './webhook-message.ts';

/** What the store tells us of, over /v3/hooks. Source: BigCommerce docs, webhooks overview. */
export function storeWebhooks(settings: StorefrontTarget, deps: TargetDeps, api: StoreApi): TargetWebhooks {
  const { id, http, clock, log } = deps;
  const { storeHash, apiUrl } = settings;
  const hooks = {
    accounts: settings.api.map(
      ({ accessToken }) => new StoreApi({ id, http, clock, log, storeHash, apiUrl, tokens: [accessToken] }),
    ),
    events: wantedEvents(settings),
  };
  return {
    system: 'bigcommerce',
    refusal: (destination) => placeProblem(destination, apiUrl) ?? unprovenProblem(settings)?.message,
    list: (wanted, budget) => listHooks(hooks, wanted, budget),
    register: (wanted, budget) => registerHooks(hooks, wanted, budget),
    remove: (wanted, budget) => removeHooks(hooks, wanted, budget),
    provoke: (externalId, budget) => provoke(api, settings.testCustomer ?? Number(externalId), budget),
    read: (message, known) => readWebhook(settings, message, known),
  };
}

/** BigCommerce docs: a destination is https on port 443. The sandbox on this machine takes any (R2.7). */
function placeProblem(destination: URL, apiUrl: URL): string | undefined {
  if (destination.protocol === 'https:' && destination.port === '') return undefined;
  const isSandbox = isLoopbackHost(destination.hostname) && isLoopbackHost(apiUrl.hostname);
  if (isSandbox) return undefined;
  return `BigCommerce sends webhooks to https on port 443 only, and publicUrl is ${destination.origin}; set a publicUrl that can be reached from outside`;
}

/** Deliveries of an account whose client secret is not known cannot be told from anybody's. */
export function unprovenProblem({ api, webhooks }: StorefrontTarget): Problem | undefined {
  const index = api.findIndex(({ clientSecret }) => clientSecret === undefined);
  if (index < 0 || webhooks.unsigned === 'with-secret') return undefined;
  return {
    path: `api[${index}].clientSecret`,
    message: `api[${index}] has no clientSecret, with which the store signs its webhooks; add it, or set webhooks.unsigned: with-secret`,
  };
}

/** The first name, as it was read a moment before: a field that the directory decides anyway. */
async function provoke(api: StoreApi, customer: number, budget: CallBudget): Promise<Provoked | CallFailed> {
  if (!Number.isSafeInteger(customer)) {
    return {
      outcome: 'refused',
      detail:
        'there is no account of ours that could be touched; let somebody enter first, or set testCustomer',
    };
  }
  const query = { 'id:in': customer, limit: 1 } as const;
  const read = await api.send({ verb: 'GET', path: '/v3/customers', query }, CustomerList, budget);
  if (read.outcome !== 'ok') return failedRead(read);
  const found = read.body.data.find(({ id }) => id === customer);
  if (!found) return { outcome: 'refused', detail: `the store has no customer ${customer}` };
  const items = [{ id: customer, first_name: found.first_name }];
  const written = await api.send({ verb: 'PUT', path: '/v3/customers', items }, NOTHING, budget);
  if (written.outcome === 'unavailable') return written;
  if (written.outcome !== 'ok')
    return { outcome: 'refused', detail: `the store refused to write customer ${customer}` };
  return { outcome: 'provoked', externalId: String(customer) };
}
