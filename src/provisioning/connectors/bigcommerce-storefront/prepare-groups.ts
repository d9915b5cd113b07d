import { failedRead } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import type { FactNeeds, StoreFacts } from './facts.ts';
import { CustomerGroup, CustomerGroups } from './schema.ts';

const PAGE = 250;
const MOST_PAGES = 20;

type Groups = Pick<StoreFacts, 'groups' | 'defaultGroups'>;

/** Every group that a role of these storefronts stands for. */
export function groupNames(storefronts: readonly Storefront[]): readonly string[] {
  const names = storefronts.flatMap(({ access }) =>
    access.roles.flatMap(({ customerGroup }) => customerGroup ?? []),
  );
  return [...new Set(names)];
}

/** Every group that we ever put a customer into; none: groups are left alone. */
export function managedGroups(
  { ladder }: StorefrontTarget,
  storefronts: readonly Storefront[],
): readonly string[] {
  return [...new Set([...groupNames(storefronts), ...(ladder.group ? [ladder.group.name] : [])])];
}

export async function readGroups(needs: FactNeeds, budget: CallBudget): Promise<Groups | CallFailed> {
  const wanted = managedGroups(needs.settings, needs.storefronts);
  if (wanted.length === 0) return { groups: {}, defaultGroups: [] };
  const found = await listGroups(needs, budget);
  if (!Array.isArray(found)) return found;
  const groups = Object.fromEntries(found.map(({ name, id }) => [name, id]));
  for (const name of wanted.filter((group) => groups[group] === undefined)) {
    const made = needs.settings.createGroups ? await makeGroup(needs, name, budget) : undefined;
    if (made) groups[name] = made.id;
    else
      needs.problems.push({
        path: isShut(needs, name) ? 'ladder.group.name' : 'roles',
        message: `the store has no customer group "${name}"; make it there or set createGroups: true`,
      });
  }
  checkShutGroup(needs, found);
  const defaultGroups = found.filter((group) => group.is_default === true).map(({ id }) => id);
  return { groups, defaultGroups };
}

async function listGroups({ api }: FactNeeds, budget: CallBudget): Promise<CustomerGroup[] | CallFailed> {
  const found: CustomerGroup[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { limit: PAGE, page };
    const answer = await api.send(
      { verb: 'GET', path: '/v2/customer_groups', query },
      CustomerGroups,
      budget,
    );
    if (answer.outcome !== 'ok') return failedRead(answer);
    found.push(...answer.body);
    if (answer.body.length < PAGE) break;
  }
  return found;
}

async function makeGroup(
  needs: FactNeeds,
  name: string,
  budget: CallBudget,
): Promise<CustomerGroup | undefined> {
  const item = { name, ...(isShut(needs, name) && { category_access: { type: 'none' } as const }) };
  const answer = await needs.api.send(
    { verb: 'POST', path: '/v2/customer_groups', item },
    CustomerGroup,
    budget,
  );
  return answer.outcome === 'ok' ? answer.body : undefined;
}

function isShut({ settings }: FactNeeds, name: string): boolean {
  return settings.ladder.group?.name === name;
}

/** A group that somebody opened again would not take anything away. */
function checkShutGroup(needs: FactNeeds, found: readonly CustomerGroup[]): void {
  const group = found.find(({ name }) => isShut(needs, name));
  const access = group?.category_access?.type;
  if (!group || access === undefined || access === 'none') return;
  needs.problems.push({
    path: 'ladder.group.name',
    message: `the customer group "${group.name}" sees ${access} categories; set its category access to none in the store`,
  });
}
