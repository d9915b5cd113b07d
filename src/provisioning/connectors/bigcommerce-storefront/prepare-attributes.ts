import { MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import { failedRead, reasonOf } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { FactNeeds, StoreFacts } from './facts.ts';
import { type AttributeDefinition, AttributeDefinitions } from './schema.ts';
import { MAX_ITEMS } from './store-api.ts';

const DEFINITIONS = '/v3/customers/attributes';
const PAGE = 250;
const MOST_PAGES = 20;

type Attributes = Pick<StoreFacts, 'attributes' | 'attributeTypes'>;

type Definitions = Map<string, AttributeDefinition>;

/** Ids and types by name. Definitions that the mapping names and the store lacks are made, as text. */
export async function readAttributes(needs: FactNeeds, budget: CallBudget): Promise<Attributes | CallFailed> {
  const found = await listDefinitions(needs, budget);
  const whole = found instanceof Map ? await makeMissing(needs, found, budget) : found;
  if (!(whole instanceof Map)) return whole;
  if ((whole.get(MARKER_ATTRIBUTE)?.type ?? 'string') !== 'string') {
    needs.problems.push({
      path: `attributes.${MARKER_ATTRIBUTE}`,
      message: `the store's attribute ${MARKER_ATTRIBUTE} is no text; delete it there, it is made anew as text`,
    });
  }
  const all = [...whole.values()];
  return {
    attributes: Object.fromEntries(all.map(({ name, id }) => [name, id])),
    attributeTypes: Object.fromEntries(all.map(({ name, type }) => [name, type ?? 'string'])),
  };
}

async function listDefinitions({ api }: FactNeeds, budget: CallBudget): Promise<Definitions | CallFailed> {
  const found: AttributeDefinition[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { limit: PAGE, page };
    const answer = await api.send({ verb: 'GET', path: DEFINITIONS, query }, AttributeDefinitions, budget);
    if (answer.outcome !== 'ok') return failedRead(answer);
    found.push(...answer.body.data);
    if (page >= (answer.body.meta?.pagination?.total_pages ?? 1)) break;
  }
  return byName(found);
}

/** The store refuses all of a batch when one of it is there by now: what then is still missing is sent again. */
async function makeMissing(
  needs: FactNeeds,
  found: Definitions,
  budget: CallBudget,
): Promise<Definitions | CallFailed> {
  const missing = missingIn(needs, found);
  if (missing.length === 0) return found;
  const items = missing.slice(0, MAX_ITEMS).map((name) => ({ name, type: 'string' }));
  const made = await needs.api.send({ verb: 'POST', path: DEFINITIONS, items }, AttributeDefinitions, budget);
  if (made.outcome === 'unavailable') return made;
  const now =
    made.outcome === 'ok'
      ? byName([...found.values(), ...made.body.data])
      : await listDefinitions(needs, budget);
  if (!(now instanceof Map)) return now;
  if (missingIn(needs, now).length < missing.length) return makeMissing(needs, now, budget);
  const reason = made.outcome === 'ok' ? 'it named none of them' : reasonOf(made);
  needs.problems.push({
    path: 'attributes',
    message: `the store did not take new customer attributes (${reason}); make ${missing.join(', ')} of type text there, at most 50 exist in a store`,
  });
  return now;
}

function missingIn({ settings }: FactNeeds, found: Definitions): readonly string[] {
  const wanted = { ...settings.attributes, [MARKER_ATTRIBUTE]: '' };
  return Object.keys(wanted).filter((name) => !found.has(name));
}

function byName(definitions: readonly AttributeDefinition[]): Definitions {
  return new Map(definitions.map((each) => [each.name, each]));
}
