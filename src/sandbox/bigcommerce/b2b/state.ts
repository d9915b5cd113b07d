import type {
  B2bCall,
  Company,
  CompanyRole,
  CompanyUser,
  LegacyToken,
  SalesStaff,
  SuperAdmin,
} from './model.ts';
import { predefinedRoles } from './predefined-roles.ts';
import type { B2bSeed } from './seeds.ts';

/** B2B Edition's part of a store. */
export type B2bState = {
  readonly companies: Map<number, Company>;
  readonly companyUsers: Map<number, CompanyUser>;
  readonly superAdmins: Map<number, SuperAdmin>;
  readonly companyRoles: Map<number, CompanyRole>;
  readonly salesStaff: Map<number, SalesStaff>;
  /** What is not kept over restarts. */
  readonly b2b: {
    /** Whether the store has B2B Edition at all. */
    readonly isEnabled: boolean;
    readonly tokens: LegacyToken[];
    readonly calls: B2bCall[];
    /** Welcome mails, by mail address. */
    readonly welcomed: string[];
    window: { endsAt: number; used: number; hierarchies: number };
  };
};

export function createB2bState(seed: B2bSeed | undefined, began: Date): B2bState {
  const dated = { created_at: began, updated_at: began };
  const rest = { uuid: '', extraFields: [] };
  const people = <T extends { readonly id: number }>(items: readonly T[]): Map<number, T> =>
    new Map(items.map((item) => [item.id, item]));
  return {
    companies: people(
      (seed?.companies ?? []).map((company): Company => ({ ...NO_ADDRESS, ...rest, ...dated, ...company })),
    ),
    companyUsers: people(
      (seed?.users ?? []).map((user): CompanyUser => ({ ...rest, ...dated, kind: 'user', ...user })),
    ),
    superAdmins: people(
      (seed?.superAdmins ?? []).map(
        (admin): SuperAdmin => ({ ...rest, ...dated, kind: 'super-admin', masquerade: null, ...admin }),
      ),
    ),
    companyRoles: people([...predefinedRoles(), ...(seed?.roles ?? [])]),
    salesStaff: people((seed?.salesStaff ?? []).map((staff) => ({ ...staff, updated_at: began }))),
    b2b: {
      isEnabled: seed !== undefined,
      tokens: [],
      calls: [],
      welcomed: [],
      window: { endsAt: 0, used: 0, hierarchies: 0 },
    },
  };
}

const NO_ADDRESS = { addressLine1: '', addressLine2: '', city: '', state: '', zipCode: '' };
