import { z } from 'zod';
import { BuyerRoles, KnownRole } from './buyer-roles.ts';
import { Companies, KnownCompany } from './companies.ts';

/** What is known about a store, as kept for other processes. */
export const B2bFacts = z.object({
  /** Id of the attribute that carries our marker. */
  markerAttribute: z.int().optional(),
  /** Channel → where it is entered. */
  sites: z.record(z.string(), z.string()),
  companies: z.array(KnownCompany),
  roles: z.array(KnownRole),
});
export type B2bFacts = z.infer<typeof B2bFacts>;

/** Facts with what is looked up in them. */
export type Known = {
  readonly markerAttribute: number | undefined;
  readonly sites: Readonly<Record<string, string>>;
  readonly companies: Companies;
  readonly roles: BuyerRoles;
  /** False until the store was asked. */
  readonly isRead: boolean;
};

export const NOTHING_KNOWN: Known = {
  ...{ markerAttribute: undefined, sites: {}, isRead: false },
  ...{ companies: new Companies([]), roles: new BuyerRoles([]) },
};

export function knownFrom(facts: B2bFacts): Known {
  return {
    markerAttribute: facts.markerAttribute,
    sites: facts.sites,
    companies: new Companies(facts.companies),
    roles: new BuyerRoles(facts.roles),
    isRead: true,
  };
}
