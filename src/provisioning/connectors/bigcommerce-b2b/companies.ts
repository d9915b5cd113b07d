import { z } from 'zod';

export const KnownCompany = z.object({
  id: z.int(),
  name: z.string(),
  /** External id that the merchant gave it; empty when none. */
  uuid: z.string(),
  /** 0 pending, 1 approved, 2 rejected, 3 inactive. */
  status: z.int(),
});
export type KnownCompany = z.infer<typeof KnownCompany>;

/** How a role or an attribute names a company. */
export type CompanyRef = { readonly by: 'name' | 'id' | 'uuid'; readonly value: string };

const APPROVED = 1;
const STATUS: Readonly<Record<number, string>> = {
  0: 'which waits for approval',
  2: 'which was rejected',
  3: 'which is inactive',
};

/**
 * Companies of a store under the labels that images use: the name, and with ` #id` where the name alone would not tell
 * or holds a `#` itself. Shoppers may register companies under any name, so a name means the approved one, and no
 * name can look like the label of another company.
 */
export class Companies {
  readonly #byLabel = new Map<string, KnownCompany>();
  readonly #labels = new Map<number, string>();
  readonly #all: readonly KnownCompany[];

  constructor(all: readonly KnownCompany[]) {
    this.#all = all;
    for (const [name, namesakes] of Map.groupBy(all, (company) => company.name)) {
      const approved = namesakes.filter(isApproved);
      const [first, ...others] = approved.length > 0 ? approved : namesakes;
      const isPlain = name !== '' && !name.includes('#') && others.length === 0;
      for (const company of namesakes) {
        const label = isPlain && company === first ? name : `${name} #${company.id}`;
        this.#byLabel.set(label, company);
        this.#labels.set(company.id, label);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  labelOf(id: number): string {
    return this.#labels.get(id) ?? `#${id}`;
  }

  /** The label of what is meant; else a text that is nobody's label, for `unresolved`. */
  labelOfRef({ by, value }: CompanyRef): string {
    if (by === 'name') return value.includes('#') ? `${value}#` : value;
    const found = this.#all.filter((company) => String(company[by]) === value);
    const [only, ...others] = found;
    return only && others.length === 0 ? this.labelOf(only.id) : `${by} ${value}#`;
  }

  idOf(label: string): number | undefined {
    return this.#byLabel.get(label)?.id;
  }

  /** For what is taken away: companies that we do not know have a label too. */
  idOfAny(label: string): number | undefined {
    const unknown = /^#(\d{1,15})$/.exec(label)?.[1];
    return this.idOf(label) ?? (unknown === undefined ? undefined : Number(unknown));
  }

  approved(): readonly string[] {
    return this.#all
      .filter(isApproved)
      .map(({ id }) => this.labelOf(id))
      .sort();
  }

  isActive(id: number): boolean {
    return this.#all.find((company) => company.id === id)?.status === APPROVED;
  }

  /** Why nobody can be put there, for people; undefined when they can. */
  problemOf(label: string, needsApproval: boolean): string | undefined {
    const company = this.#byLabel.get(label);
    if (!company) return `company ${label.replace(/#$/, '')}`;
    if (!needsApproval || isApproved(company)) return undefined;
    return `company ${label}, ${STATUS[company.status] ?? 'which takes no users'}`;
  }
}

function isApproved({ status }: KnownCompany): boolean {
  return status === APPROVED;
}
