import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed } from '../../connector.ts';
import { failedRead, reasonOf } from './answers.ts';
import { MARKER_ATTRIBUTE } from './config.ts';
import type { FactNeeds, StoreFacts } from './facts.ts';
import { AttributeDefinitions } from './schema.ts';
import { MAX_ITEMS } from './store-api.ts';

const PAGE = 250;
const MOST_PAGES = 20;

type Attributes = Pick<StoreFacts, 'attributes' | 'attributeTypes'>;

/** Ids and types by name. Definitions that the mapping names and the store lacks are made, as text. */
export async function readAttributes(needs: FactNeeds, budget: CallBudget): Promise<Attributes | CallFailed> {
  const attributes: Record<string, number> = {};
  const attributeTypes: Record<string, string> = {};
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { limit: PAGE, page };
    const answer = await needs.api.send(
      { verb: 'GET', path: '/v3/customers/attributes', query },
      AttributeDefinitions,
      budget,
    );
    if (answer.outcome !== 'ok') return failedRead(answer);
    for (const { name, id, type } of answer.body.data) {
      attributes[name] = id;
      attributeTypes[name] = type ?? 'string';
    }
    if (page >= (answer.body.meta?.pagination?.total_pages ?? 1)) break;
  }
  const wanted = Object.keys({ ...needs.settings.attributes, [MARKER_ATTRIBUTE]: '' });
  const missing = wanted.filter((name) => attributes[name] === undefined);
  const made = await makeAttributes(needs, missing, budget);
  if (!(made instanceof Map)) return made;
  if ((attributeTypes[MARKER_ATTRIBUTE] ?? 'string') !== 'string') {
    needs.problems.push({
      path: `attributes.${MARKER_ATTRIBUTE}`,
      message: `the store's attribute ${MARKER_ATTRIBUTE} is no text; delete it there, it is made anew as text`,
    });
  }
  return { attributes: { ...attributes, ...Object.fromEntries(made) }, attributeTypes };
}

async function makeAttributes(
  { api, problems }: FactNeeds,
  names: readonly string[],
  budget: CallBudget,
): Promise<Map<string, number> | CallFailed> {
  const ids = new Map<string, number>();
  for (let at = 0; at < names.length; at += MAX_ITEMS) {
    const missing = names.slice(at, at + MAX_ITEMS);
    const items = missing.map((name) => ({ name, type: 'string' }));
    const made = await api.send(
      { verb: 'POST', path: '/v3/customers/attributes', items },
      AttributeDefinitions,
      budget,
    );
    if (made.outcome === 'unavailable') return made;
    if (made.outcome === 'ok') for (const { name, id } of made.body.data) ids.set(name, id);
    else
      problems.push({
        path: 'attributes',
        message: `the store did not take new customer attributes (${reasonOf(made)}); make ${missing.join(', ')} of type text there, at most 50 exist in a store`,
      });
  }
  return ids;
}
