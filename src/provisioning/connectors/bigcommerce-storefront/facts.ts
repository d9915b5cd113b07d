import { z } from 'zod';
import { type Clock, type Problem, SECOND } from '../../../base/index.ts';
import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed, PrepareAnswer } from '../../connector.ts';
import { MARKER_ATTRIBUTE, type Storefront, type StorefrontTarget } from './config.ts';
import { AttributeDefinitions, ChannelSite, CustomerGroup, CustomerGroups, StoreTime } from './schema.ts';
import type { StoreAnswer, StoreApi } from './store-api.ts';

/** What is known about a store: ids of names, and where its channels are entered. */
export const StoreFacts = z.object({
  groups: z.record(z.string(), z.int()),
  attributes: z.record(z.string(), z.int()),
  sites: z.record(z.string(), z.string()),
});
export type StoreFacts = z.infer<typeof StoreFacts>;

export const NO_FACTS: StoreFacts = { groups: {}, attributes: {}, sites: {} };

const PAGE = 250;
const MOST_PAGES = 20;

type Needs = {
  readonly api: StoreApi;
  readonly clock: Clock;
  readonly settings: StorefrontTarget;
  readonly storefronts: readonly Storefront[];
};

/** Reads the store's clock, groups, attribute definitions and sites; makes the definitions that are missing. */
export async function prepareStore(
  needs: Needs,
  budget: CallBudget,
): Promise<(Exclude<PrepareAnswer, CallFailed> & { facts: StoreFacts }) | CallFailed> {
  const problems: Problem[] = [];
  const clock = await measureClock(needs, budget, problems);
  const attributes = await readAttributes(needs, budget, problems);
  if ('outcome' in attributes) return attributes;
  const groups = await readGroups(needs, budget, problems);
  if ('outcome' in groups) return groups;
  const sites = await readSites(needs, budget, problems);
  const facts = {
    groups: Object.fromEntries(groups.ids),
    attributes: Object.fromEntries(attributes.ids),
    sites,
  };
  return { outcome: 'prepared', facts, problems, ...(clock && { clock }) };
}

type Ids = { readonly ids: ReadonlyMap<string, number> };

const LONGEST_MEASURE_MS = 10 * SECOND;

/** The store tells whole seconds, so the offset is up to one second low; tokens are dated into the past anyway. */
async function measureClock(
  { api, clock }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<{ offsetMs: number; measuredAt: Date } | undefined> {
  const before = clock.now().getTime();
  const answer = await api.send({ verb: 'GET', path: '/v2/time' }, StoreTime, budget);
  const after = clock.now();
  if (answer.outcome !== 'ok') {
    problems.push({
      path: 'api',
      message: `the clock could not be read (${reason(answer)}); allow the scope Information & settings: read-only`,
    });
    return undefined;
  }
  const tookMs = after.getTime() - before;
  // Our own clock was set meanwhile, or nobody knows when the store looked at its own: that measures nothing.
  if (tookMs < 0 || tookMs > LONGEST_MEASURE_MS) return undefined;
  const middle = before + tookMs / 2;
  return { offsetMs: Math.round(answer.body.time * 1000 - middle), measuredAt: after };
}

async function readAttributes(
  { api, settings }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<Ids | CallFailed> {
  const ids = new Map<string, number>();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { limit: PAGE, page };
    const answer = await api.send(
      { verb: 'GET', path: '/v3/customers/attributes', query },
      AttributeDefinitions,
      budget,
    );
    if (answer.outcome !== 'ok') return failed(answer);
    for (const { name, id } of answer.body.data) ids.set(name, id);
    if (page >= (answer.body.meta?.pagination?.total_pages ?? 1)) break;
  }
  const missing = Object.keys({ ...settings.attributes, [MARKER_ATTRIBUTE]: '' }).filter(
    (name) => !ids.has(name),
  );
  if (missing.length === 0) return { ids };
  const items = missing.map((name) => ({ name, type: 'string' }));
  const made = await api.send(
    { verb: 'POST', path: '/v3/customers/attributes', items },
    AttributeDefinitions,
    budget,
  );
  if (made.outcome === 'ok') for (const { name, id } of made.body.data) ids.set(name, id);
  else if (made.outcome === 'unavailable') return made;
  else
    problems.push({
      path: 'attributes',
      message: `the store did not take new customer attributes (${reason(made)}); make ${missing.join(', ')} of type text there, at most 50 exist in a store`,
    });
  return { ids };
}

async function readGroups(needs: Needs, budget: CallBudget, problems: Problem[]): Promise<Ids | CallFailed> {
  const wanted = groupNames(needs.storefronts);
  const ids = new Map<string, number>();
  if (wanted.length === 0) return { ids };
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { limit: PAGE, page };
    const answer = await needs.api.send(
      { verb: 'GET', path: '/v2/customer_groups', query },
      CustomerGroups,
      budget,
    );
    if (answer.outcome !== 'ok') return failed(answer);
    for (const { name, id } of answer.body) ids.set(name, id);
    if (answer.body.length < PAGE) break;
  }
  for (const name of wanted.filter((group) => !ids.has(group))) {
    const id = needs.settings.createGroups ? await makeGroup(needs.api, name, budget) : undefined;
    if (id !== undefined) ids.set(name, id);
    else
      problems.push({
        path: 'roles',
        message: `the store has no customer group "${name}"; make it there or set createGroups: true`,
      });
  }
  return { ids };
}

async function makeGroup(api: StoreApi, name: string, budget: CallBudget): Promise<number | undefined> {
  const answer = await api.send(
    { verb: 'POST', path: '/v2/customer_groups', item: { name } },
    CustomerGroup,
    budget,
  );
  return answer.outcome === 'ok' ? answer.body.id : undefined;
}

/** Every group that a role of these storefronts stands for. */
export function groupNames(storefronts: readonly Storefront[]): readonly string[] {
  const names = storefronts.flatMap(({ access }) =>
    access.roles.flatMap(({ customerGroup }) => customerGroup ?? []),
  );
  return [...new Set(names)];
}

async function readSites(
  { api, storefronts }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<Record<string, string>> {
  const unknown = storefronts.filter(({ access }) => access.storefrontUrl === undefined);
  const sites: Record<string, string> = {};
  for (const { id, access } of unknown) {
    const path = `/v3/channels/${access.channelId}/site` as const;
    const answer = await api.send({ verb: 'GET', path }, ChannelSite, budget);
    if (answer.outcome === 'ok') {
      const { url, urls = [] } = answer.body.data;
      sites[String(access.channelId)] = urls.find(({ type }) => type === 'primary')?.url ?? url;
    } else {
      problems.push({
        path: `relyingParties.${id}.storefrontUrl`,
        message: `the store did not tell the URL of channel ${access.channelId} (${reason(answer)}); set storefrontUrl or allow the scope Sites & routes: read-only`,
      });
    }
  }
  return sites;
}

function failed(answer: Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>): CallFailed {
  if (answer.outcome === 'unavailable') return answer;
  return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false };
}

function reason(answer: Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>): string {
  return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
}
