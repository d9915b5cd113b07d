import type { z } from 'zod';
import { type Clock, type Problem, SECOND } from '../../../base/index.ts';
import { MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import { BAD_ANSWER } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed, PrepareAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { B2bAnswer, B2bApi, B2bRequest } from './b2b-api.ts';
import type { B2bRole, B2bStorefront } from './config.ts';
import type { CustomersAnswer, CustomersApi } from './customers-api.ts';
import { type B2bFacts, knownFrom } from './facts.ts';
import {
  AttributeDefinitions,
  ChannelList,
  ChannelSite,
  CompanyList,
  RoleList,
  StoreTime,
} from './schema.ts';

const PAGE = 250;
const MOST_PAGES = 40;
const LONGEST_MEASURE_MS = 10 * SECOND;
const CUSTOM = 2;

type Needs = {
  readonly customers: CustomersApi;
  readonly b2b: B2bApi;
  readonly clock: Clock;
  readonly storefronts: readonly B2bStorefront[];
};
type Prepared = Exclude<PrepareAnswer, CallFailed> & { readonly facts: B2bFacts };

/** Reads the store's clock, sites, companies and roles; makes the attribute of our marker when it is missing. */
export async function prepareB2b(needs: Needs, budget: CallBudget): Promise<Prepared | CallFailed> {
  const problems: Problem[] = [];
  const clock = await measureClock(needs, budget, problems);
  const marker = await readMarker(needs, budget, problems);
  if (typeof marker === 'object') return marker;
  const companies = await readAll(needs.b2b, '/companies', CompanyList, budget);
  if ('outcome' in companies) return companies;
  const roles = await readAll(needs.b2b, '/companies/roles', RoleList, budget);
  if ('outcome' in roles) return roles;
  await checkChannels(needs, budget, problems);
  const facts: B2bFacts = {
    ...(marker !== undefined && { markerAttribute: marker }),
    sites: await readSites(needs, budget, problems),
    companies: companies.map(({ companyId, companyName, companyStatus, uuid }) => ({
      ...{ id: companyId, name: companyName.trim(), uuid, status: companyStatus },
    })),
    roles: roles.map(({ id, name, roleType }) => ({ id, name, isCustom: roleType === CUSTOM })),
  };
  problems.push(...checkNames(needs.storefronts, facts));
  return { outcome: 'prepared', facts, problems, ...(clock && { clock }) };
}

/** The store tells whole seconds, so the offset is up to one second low; tokens are dated into the past anyway. */
async function measureClock(
  { customers, clock }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<{ offsetMs: number; measuredAt: Date } | undefined> {
  const before = clock.now().getTime();
  const answer = await customers.send({ verb: 'GET', path: '/v2/time' }, StoreTime, budget);
  const after = clock.now();
  if (answer.outcome !== 'ok') {
    const message = `the clock could not be read (${reason(answer)}); allow the scope Information & settings: read-only`;
    problems.push({ path: 'api', message });
    return undefined;
  }
  const tookMs = after.getTime() - before;
  // Our own clock was set meanwhile, or nobody knows when the store looked at its own: that measures nothing.
  if (tookMs < 0 || tookMs > LONGEST_MEASURE_MS) return undefined;
  return { offsetMs: Math.round(answer.body.time * 1000 - (before + tookMs / 2)), measuredAt: after };
}

async function readMarker(
  { customers }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<number | undefined | CallFailed> {
  const path = '/v3/customers/attributes';
  const query = { name: MARKER_ATTRIBUTE };
  const answer = await customers.send({ verb: 'GET', path, query }, AttributeDefinitions, budget);
  if (answer.outcome !== 'ok') return failed(answer);
  const found = answer.body.data.find(({ name }) => name === MARKER_ATTRIBUTE);
  if (found) return found.id;
  const item = { name: MARKER_ATTRIBUTE, type: 'string' };
  const made = await customers.send({ verb: 'POST', path, item }, AttributeDefinitions, budget);
  if (made.outcome === 'ok') return made.body.data[0]?.id;
  if (made.outcome === 'unavailable') return made;
  const message = `the store did not take the customer attribute ${MARKER_ATTRIBUTE}; make it there, of type text (at most 50 exist in a store)`;
  problems.push({ path: 'api', message });
  return undefined;
}

/** All pages of one list. */
async function readAll<T>(
  b2b: B2bApi,
  path: Extract<B2bRequest, { verb: 'GET' }>['path'],
  schema: z.ZodType<T[]>,
  budget: CallBudget,
): Promise<readonly T[] | CallFailed> {
  const all: T[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: PAGE, offset: all.length };
    const answer = await b2b.send({ verb: 'GET', path, query }, schema, budget);
    if (answer.outcome !== 'ok') return failed(answer);
    all.push(...answer.data);
    const isLast = answer.total === undefined ? answer.data.length < PAGE : all.length >= answer.total;
    if (isLast || answer.data.length === 0) break;
  }
  return all;
}

/** Stores with one storefront have no list of channels; then there is nothing to check. */
async function checkChannels(
  { b2b, storefronts }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<void> {
  const answer = await b2b.send({ verb: 'GET', path: '/channels' }, ChannelList, budget);
  if (answer.outcome !== 'ok') return;
  for (const { id, access } of storefronts) {
    const channel = answer.data.find(({ channelId }) => channelId === access.channelId);
    const isOn = channel && (channel.b2bEnabled ?? channel.isEnabled ?? true);
    if (isOn) continue;
    const message = `B2B Edition is not switched on for channel ${access.channelId}; switch it on there, or name another channel`;
    problems.push({ path: `relyingParties.${id}.channelId`, message });
  }
}

async function readSites(
  { customers, storefronts }: Needs,
  budget: CallBudget,
  problems: Problem[],
): Promise<Record<string, string>> {
  const sites: Record<string, string> = {};
  for (const { id, access } of storefronts) {
    if (access.storefrontUrl !== undefined) continue;
    const path = `/v3/channels/${access.channelId}/site` as const;
    const answer = await customers.send({ verb: 'GET', path }, ChannelSite, budget);
    if (answer.outcome === 'ok') {
      const { url, urls = [] } = answer.body.data;
      sites[String(access.channelId)] = urls.find(({ type }) => type === 'primary')?.url ?? url;
      continue;
    }
    const message = `the store did not tell the URL of channel ${access.channelId} (${reason(answer)}); set storefrontUrl or allow the scope Sites & routes: read-only`;
    problems.push({ path: `relyingParties.${id}.storefrontUrl`, message });
  }
  return sites;
}

/** Names that roles of the configuration use and the store does not have. */
function checkNames(storefronts: readonly B2bStorefront[], facts: B2bFacts): readonly Problem[] {
  const known = knownFrom(facts);
  return storefronts.flatMap(({ id, access }) =>
    access.roles.flatMap((role, index) => {
      const path = `relyingParties.${id}.roles[${index}]`;
      const needsApproval = role.companyUser !== undefined;
      const missing = namedCompanies(role).flatMap((company) => {
        const ref = companyRef(company);
        return known.companies.problemOf(known.companies.labelOfRef(ref), needsApproval) ?? [];
      });
      const buyer = role.companyUser?.role;
      if (buyer !== undefined && !known.roles.bodyOf(buyer)) missing.push(`role ${buyer}`);
      return missing.map((what) => ({
        path,
        message: `B2B Edition has no such ${what}; make or approve it there, or correct the role`,
      }));
    }),
  );
}

/** Companies that stand in the configuration itself. */
export function namedCompanies({ companyUser, superAdmin }: B2bRole): readonly (string | number)[] {
  const named = companyUser ? [companyUser.company] : superAdmin?.companies;
  if (!Array.isArray(named)) return [];
  return named.filter((company) => typeof company !== 'object');
}

export function companyRef(company: string | number): { by: 'name' | 'id'; value: string } {
  return { by: typeof company === 'number' ? 'id' : 'name', value: String(company) };
}

function failed(
  answer: Exclude<CustomersAnswer<unknown> | B2bAnswer<unknown>, { outcome: 'ok' }>,
): CallFailed {
  return answer.outcome === 'unavailable' ? answer : BAD_ANSWER;
}

function reason(answer: Exclude<CustomersAnswer<unknown>, { outcome: 'ok' }>): string {
  return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
}
