import type { Store } from '../store.ts';
import { factsOf } from './people.ts';

/** What tests may look at; tokens stay inside. */
export function showBusiness(store: Store): object {
  const { tokens, ...rest } = store.b2b;
  const shown = (people: Iterable<Parameters<typeof factsOf>[1]>) =>
    [...people].map((person) => ({ ...person, ...factsOf(store, person) }));
  return {
    ...rest,
    tokens: tokens.map(({ token: _secret, ...token }) => token),
    companies: [...store.companies.values()],
    users: shown(store.companyUsers.values()),
    superAdmins: shown(store.superAdmins.values()),
    salesStaff: [...store.salesStaff.values()],
    roles: [...store.companyRoles.values()],
  };
}
