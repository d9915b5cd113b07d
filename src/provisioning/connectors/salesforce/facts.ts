import { z } from 'zod';

const Licence = z.object({ name: z.string(), total: z.int(), used: z.int() });

/** Nobody from outside may have what is privileged, and nobody at all gets from us what administers. */
const Reach = { isPrivileged: z.boolean(), administers: z.boolean() };

/** What is known about an organization: ids of the names that roles use, capacity, and the fields of User. */
export const OrgFacts = z.object({
  /** The user whom the integration runs as; empty when the organization does not say. */
  self: z.string(),
  /** Fields of User that we write, as describe tells them. */
  fields: z.record(
    z.string(),
    z.object({ length: z.int(), writable: z.boolean(), values: z.array(z.string()).optional() }),
  ),
  profiles: z.record(
    z.string(),
    z.object({ id: z.string(), licence: z.string(), userType: z.string(), administers: z.boolean() }),
  ),
  roles: z.record(z.string(), z.string()),
  permissionSets: z.record(
    z.string(),
    z.object({ id: z.string(), licence: z.string().optional(), ...Reach }),
  ),
  permissionSetGroups: z.record(
    z.string(),
    z.object({ id: z.string(), licences: z.array(z.string()), ...Reach }),
  ),
  permissionSetLicenses: z.record(z.string(), Licence.extend({ id: z.string() })),
  groups: z.record(z.string(), z.string()),
  queues: z.record(z.string(), z.string()),
  territories: z.record(z.string(), z.string()),
  hasTerritories: z.boolean(),
  /** User licences by id. */
  licences: z.record(z.string(), Licence),
});
export type OrgFacts = z.infer<typeof OrgFacts>;

export const NO_FACTS: OrgFacts = {
  self: '',
  ...{ fields: {}, profiles: {}, roles: {}, permissionSets: {}, permissionSetGroups: {} },
  ...{ permissionSetLicenses: {}, groups: {}, queues: {}, territories: {}, hasTerritories: false },
  licences: {},
};

/** Profiles of Chatter alone are for both; all others but the standard type are for people from outside. */
export function fitsBoundary(userType: string, isExternal: boolean): boolean {
  return userType === 'CsnOnly' || (userType !== 'Standard') === isExternal;
}
