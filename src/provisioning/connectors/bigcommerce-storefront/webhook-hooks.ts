import { BAD_ANSWER, failedRead } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type {
  Hook,
  HookState,
  HooksListed,
  HooksRegistered,
  HooksRemoved,
  WantedHooks,
} from '../../connector/target-webhooks.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { HookList, type HookRecord, NOTHING } from './schema.ts';
import type { StoreAnswer, StoreApi } from './store-api.ts';
import { SECRET_HEADER } from './webhook-message.ts';

type Hooks = {
  /** One for each API account, newest first: a hook is seen by the account that made it, and by no other. */
  readonly accounts: readonly StoreApi[];
  readonly events: readonly string[];
};
type Standing = Hook & {
  readonly api: StoreApi;
  /** Absent where it is missing. */
  readonly id?: number;
};
type Seen = { readonly outcome: 'seen'; readonly standing: readonly Standing[] };

export async function listHooks(
  hooks: Hooks,
  wanted: WantedHooks,
  budget: CallBudget,
): Promise<HooksListed | CallFailed> {
  const seen = await look(hooks, wanted, budget);
  if (seen.outcome === 'unavailable') return seen;
  return { outcome: 'listed', hooks: seen.standing.map(({ event, state }) => ({ event, state })) };
}

export async function registerHooks(
  hooks: Hooks,
  wanted: WantedHooks,
  budget: CallBudget,
): Promise<HooksRegistered | CallFailed> {
  const seen = await look(hooks, wanted, budget);
  if (seen.outcome === 'unavailable') return seen;
  const changes: string[] = [];
  for (const hook of seen.standing) {
    if (hook.state === 'right') continue;
    const answer = await putRight(hook, wanted, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'invalid' && !(await isThere(hooks, wanted, hook, budget))) return refusedBy(hook);
    changes.push(DONE[hook.state](hook.event));
  }
  return { outcome: 'registered', changes };
}

const DONE: Readonly<Record<Exclude<HookState, 'right'>, (event: string) => string>> = {
  missing: (event) => `made the hook for ${event}`,
  off: (event) => `switched the hook for ${event} on again`,
  outdated: (event) => `gave the hook for ${event} the present secret and destination`,
  'left over': (event) => `removed a left-over hook for ${event}`,
};

export async function removeHooks(
  hooks: Hooks,
  wanted: WantedHooks,
  budget: CallBudget,
): Promise<HooksRemoved | CallFailed> {
  const seen = await look(hooks, wanted, budget);
  if (seen.outcome === 'unavailable') return seen;
  let count = 0;
  for (const { api, id } of seen.standing) {
    if (id === undefined) continue;
    const answer = await api.send({ verb: 'DELETE', path: `/v3/hooks/${id}` }, NOTHING, budget);
    if (answer.outcome === 'unavailable') return answer;
    count += 1;
  }
  return { outcome: 'removed', count };
}

/** Asks each account. Hooks belong to the first that the store accepts; what older ones have of ours is left over. */
async function look(
  { accounts, events }: Hooks,
  wanted: WantedHooks,
  budget: CallBudget,
): Promise<Seen | CallFailed> {
  const standing: Standing[] = [];
  let isFound = false;
  let refused: CallFailed = BAD_ANSWER;
  for (const api of accounts) {
    const own = await readHooks(api, wanted, events, budget);
    // A deleted account has no hooks any more.
    if ('outcome' in own && own.code === 'provisioning.token_revoked') refused = own;
    else if ('outcome' in own) return own;
    else {
      standing.push(...(isFound ? own.map((hook) => leftOver(api, hook)) : stand(api, own, wanted, events)));
      isFound = true;
    }
  }
  return isFound ? { outcome: 'seen', standing } : refused;
}

function stand(
  api: StoreApi,
  own: readonly HookRecord[],
  wanted: WantedHooks,
  events: readonly string[],
): readonly Standing[] {
  return events.flatMap((event): readonly Standing[] => {
    const [best, ...others] = own
      .filter(({ scope }) => scope === event)
      .sort((one, other) => Number(leadsHere(other, wanted)) - Number(leadsHere(one, wanted)));
    if (!best) return [{ api, event, state: 'missing' }];
    // The former ones go first: an event and a destination make a hook unique.
    return [
      ...others.map((hook) => leftOver(api, hook)),
      { api, id: best.id, event, state: stateOf(best, wanted) },
    ];
  });
}

function leftOver(api: StoreApi, { id, scope }: HookRecord): Standing {
  return { api, id, event: scope, state: 'left over' };
}

function stateOf(hook: HookRecord, wanted: WantedHooks): HookState {
  const secret = wanted.secret?.reveal();
  const isPresent = leadsHere(hook, wanted) && secret !== undefined && hook.headers[SECRET_HEADER] === secret;
  if (!isPresent) return 'outdated';
  return hook.is_active ? 'right' : 'off';
}

function leadsHere({ destination }: HookRecord, wanted: WantedHooks): boolean {
  return destination === wanted.destination.href;
}

async function putRight(
  { api, id, event, state }: Standing,
  { destination, secret }: WantedHooks,
  budget: CallBudget,
): Promise<StoreAnswer<unknown>> {
  if (state === 'left over' && id !== undefined) {
    return api.send({ verb: 'DELETE', path: `/v3/hooks/${id}` }, NOTHING, budget);
  }
  const item = {
    ...{ scope: event, destination: destination.href, is_active: true as const },
    headers: { [SECRET_HEADER]: secret?.reveal() ?? '' },
  };
  if (id !== undefined) {
    const changed = await api.send({ verb: 'PUT', path: `/v3/hooks/${id}`, item }, NOTHING, budget);
    // Somebody removed it a moment ago.
    if (changed.outcome !== 'missing') return changed;
  }
  return api.send({ verb: 'POST', path: '/v3/hooks', item }, NOTHING, budget);
}

/** Somebody who registers at the same moment may have made it. */
async function isThere(
  hooks: Hooks,
  wanted: WantedHooks,
  { event }: Standing,
  budget: CallBudget,
): Promise<boolean> {
  const seen = await look(hooks, wanted, budget);
  return (
    seen.outcome === 'seen' && seen.standing.some((hook) => hook.event === event && hook.state === 'right')
  );
}

function refusedBy({ event }: Standing): HooksRegistered {
  return {
    outcome: 'refused',
    detail: `the store refused the hook for ${event}: it takes https on port 443 with a valid certificate, and at most ten hooks of one API account for one event`,
  };
}

/** Of one account; more pages than a store could have hooks end the walk. */
const MOST_PAGES = 20;

async function readHooks(
  api: StoreApi,
  wanted: WantedHooks,
  events: readonly string[],
  budget: CallBudget,
): Promise<readonly HookRecord[] | CallFailed> {
  const places = [wanted.destination.href, wanted.formerDestination?.href];
  const found: HookRecord[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { page, limit: 250 };
    const answer = await api.send({ verb: 'GET', path: '/v3/hooks', query }, HookList, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    const { data, meta } = answer.body;
    found.push(
      ...data.filter(({ scope, destination }) => events.includes(scope) && places.includes(destination)),
    );
    if (page >= (meta?.pagination?.total_pages ?? 1)) break;
  }
  return found;
}
