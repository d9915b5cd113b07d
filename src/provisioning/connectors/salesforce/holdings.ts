import type { Holding, HoldingsAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import { unavailable } from './failures.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { IdPage } from './schema.ts';
import { quoted } from './soql.ts';

const EXAMPLES = 5;

/** What a user owns and somebody else should take over: deactivating moves no record (S44). */
export async function holdingsOf(
  api: SalesforceApi,
  settings: SalesforceTarget,
  externalId: string,
  budget: CallBudget,
): Promise<HoldingsAnswer> {
  const holdings: Holding[] = [];
  for (const { object, name, onlyOpen } of settings.holdings) {
    const open = onlyOpen ? ' AND IsClosed = false' : '';
    const soql = `SELECT Id, ${name} FROM ${object} WHERE OwnerId = ${quoted(externalId)}${open}`;
    const answer = await api.page({ soql }, IdPage, budget);
    if (answer.outcome === 'unavailable') return answer;
    // The organization lacks the object, or the integration may not see it: that is no "nothing".
    if (answer.outcome === 'error') return unavailable('provisioning.forbidden');
    const { totalSize, records } = answer.body;
    if (totalSize === 0) continue;
    const examples = records.slice(0, EXAMPLES).map((record) => String(record[name] ?? record.Id));
    holdings.push({ what: onlyOpen ? `open ${object}` : object, count: totalSize, examples });
  }
  return { outcome: 'holdings', holdings };
}
