import { SECOND } from '../../../base/index.ts';
import { reasonOf } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed, PrepareAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { FactNeeds, StoreFacts } from './facts.ts';
import { readAttributes } from './prepare-attributes.ts';
import { checkParking, readGlobalLogins, readSites } from './prepare-channels.ts';
import { readFormFields } from './prepare-form-fields.ts';
import { readGroups } from './prepare-groups.ts';
import { StoreTime } from './schema.ts';

type Prepared = Exclude<PrepareAnswer, CallFailed> & { readonly facts: StoreFacts };

/** Reads the store's clock, definitions, groups and channels; makes the definitions that are missing. */
export async function prepareStore(
  given: Omit<FactNeeds, 'problems'>,
  budget: CallBudget,
): Promise<Prepared | CallFailed> {
  const needs: FactNeeds = { ...given, problems: [] };
  const clock = await measureClock(needs, budget);
  const attributes = await readAttributes(needs, budget);
  if ('outcome' in attributes) return attributes;
  const groups = await readGroups(needs, budget);
  if ('outcome' in groups) return groups;
  const sites = await readSites(needs, budget);
  const globalLogins = await readGlobalLogins(needs, budget);
  await checkParking(needs, budget);
  const formFields = await readFormFields(needs, sites, clock?.offsetMs ?? 0, budget);
  const facts: StoreFacts = { ...groups, ...attributes, sites, globalLogins, formFields };
  return { outcome: 'prepared', facts, problems: needs.problems, ...(clock && { clock }) };
}

const LONGEST_MEASURE_MS = 10 * SECOND;

/** The store tells whole seconds, so the offset is up to one second low; tokens are dated into the past anyway. */
async function measureClock(
  { api, clock, problems }: FactNeeds,
  budget: CallBudget,
): Promise<{ offsetMs: number; measuredAt: Date } | undefined> {
  const before = clock.now().getTime();
  const answer = await api.send({ verb: 'GET', path: '/v2/time' }, StoreTime, budget);
  const after = clock.now();
  if (answer.outcome !== 'ok') {
    problems.push({
      path: 'api',
      message: `the clock could not be read (${reasonOf(answer)}); allow the scope Information & settings: read-only`,
    });
    return undefined;
  }
  const tookMs = after.getTime() - before;
  // Our own clock was set meanwhile, or nobody knows when the store looked at its own: that measures nothing.
  if (tookMs < 0 || tookMs > LONGEST_MEASURE_MS) return undefined;
  const middle = before + tookMs / 2;
  return { offsetMs: Math.round(answer.body.time * 1000 - middle), measuredAt: after };
}
