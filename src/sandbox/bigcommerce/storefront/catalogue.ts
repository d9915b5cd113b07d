import type { Customer, Group } from '../model.ts';
import type { Store } from '../store.ts';

/** The level of whoever is in no customer group. */
export const LIST_PRICE = 'List price';

export type Product = {
  readonly slug: string;
  readonly name: string;
  readonly line: string;
  readonly category: string;
  /** List price in the store's currency. */
  readonly price: number;
  readonly shape: 'blanket' | 'kettle' | 'stool' | 'lamp' | 'broom' | 'bowl' | 'apron' | 'clock';
};

export const CATEGORIES: Readonly<Record<string, string>> = {
  kitchen: 'Kitchen',
  textiles: 'Textiles',
  workshop: 'Workshop',
};

export const PRODUCTS: readonly Product[] = [
  {
    slug: 'fell-blanket',
    name: 'Fell blanket',
    line: 'Lambswool, woven in one piece',
    category: 'textiles',
    price: 129,
    shape: 'blanket',
  },
  {
    slug: 'harbour-kettle',
    name: 'Harbour kettle',
    line: 'Enamelled steel, 1.6 litres',
    category: 'kitchen',
    price: 74,
    shape: 'kettle',
  },
  {
    slug: 'ash-stool',
    name: 'Ash stool',
    line: 'Three legs, no screws',
    category: 'workshop',
    price: 148,
    shape: 'stool',
  },
  {
    slug: 'pier-lamp',
    name: 'Pier lamp',
    line: 'Brass with a linen shade',
    category: 'workshop',
    price: 210,
    shape: 'lamp',
  },
  {
    slug: 'yard-broom',
    name: 'Yard broom',
    line: 'Ash handle, arenga bristle',
    category: 'workshop',
    price: 36,
    shape: 'broom',
  },
  {
    slug: 'salt-bowl',
    name: 'Salt bowl',
    line: 'Stoneware, thrown by hand',
    category: 'kitchen',
    price: 42,
    shape: 'bowl',
  },
  {
    slug: 'baker-apron',
    name: 'Baker apron',
    line: 'Washed linen, two pockets',
    category: 'textiles',
    price: 58,
    shape: 'apron',
  },
  {
    slug: 'slow-clock',
    name: 'Slow clock',
    line: 'One hand, quarter hours',
    category: 'kitchen',
    price: 96,
    shape: 'clock',
  },
];

/** What a shopper's customer group changes: the price level, and whether the catalogue is visible at all. */
export type PriceLevel = { readonly name: string; readonly percent: number; readonly seesCatalogue: boolean };

export function groupOf(store: Store, customer: Customer): Group | undefined {
  return store.groups.get(customer.customer_group_id);
}

export function priceLevel(store: Store, customer: Customer | undefined): PriceLevel {
  const group = customer && groupOf(store, customer);
  if (!group) return { name: LIST_PRICE, percent: 0, seesCatalogue: true };
  const rule = group.discount_rules.find(({ type, method }) => type === 'all' && method === 'percent');
  return {
    name: group.name,
    percent: rule ? Number(rule.amount) : 0,
    seesCatalogue: group.category_access.type !== 'none',
  };
}

export function money(store: Store, amount: number): string {
  const { locale, currency } = store.seed;
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount);
}
