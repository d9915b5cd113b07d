import { z } from 'zod';

export const KnownRole = z.object({ id: z.int(), name: z.string(), isCustom: z.boolean() });
export type KnownRole = z.infer<typeof KnownRole>;

/** In the order of the numbers that `role` takes. */
const PREDEFINED: readonly string[] = ['admin', 'senior-buyer', 'junior-buyer'];
const PREDEFINED_NAMES = ['Admin', 'Senior Buyer', 'Junior Buyer'];
/** What a role of the store counts as beside its own id. */
const JUNIOR = 2;

/** What a company user's role is sent as. */
export type RoleBody = { readonly role: number; readonly companyRoleId?: number };

/** Roles of company users under the names of images: `admin`, `senior-buyer`, `junior-buyer`, or a store's own. */
export class BuyerRoles {
  readonly #known: readonly KnownRole[];

  constructor(known: readonly KnownRole[]) {
    this.#known = known;
  }

  /** undefined for a name that the store does not know. */
  bodyOf(name: string): RoleBody | undefined {
    const number = PREDEFINED.indexOf(name);
    if (number !== -1) {
      const own = this.#known.find(
        (role) => !role.isCustom && role.name.toLowerCase() === PREDEFINED_NAMES[number]?.toLowerCase(),
      );
      // The id overrides the number, so it is sent too: a role of the store's own must not stay.
      return { role: number, ...(own && { companyRoleId: own.id }) };
    }
    const custom = this.#known.find((role) => role.isCustom && role.name === name);
    return custom && { role: JUNIOR, companyRoleId: custom.id };
  }

  nameOf(user: {
    readonly role?: number | null | undefined;
    readonly companyRoleId?: number | null | undefined;
    readonly companyRoleName: string;
  }): string {
    const { role, companyRoleId, companyRoleName } = user;
    const known = this.#known.find(({ id }) => id === companyRoleId);
    if (known?.isCustom) return PREDEFINED.includes(known.name) ? `${known.name} #${known.id}` : known.name;
    const predefined = PREDEFINED[role ?? JUNIOR];
    const isTheirs = PREDEFINED_NAMES.includes(companyRoleName) || companyRoleName === '';
    if (known || companyRoleId === undefined || companyRoleId === null || isTheirs) {
      return predefined ?? `#${role}`;
    }
    return `#${companyRoleId}`;
  }
}
