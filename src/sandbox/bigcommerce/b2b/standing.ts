import type { Customer } from '../model.ts';
import type { Store } from '../store.ts';
import { personByCustomer } from './people.ts';

/** What a shopper's account page says about B2B Edition; empty for everybody else. */
export function standingOf(store: Store, shopper: Customer): Readonly<Record<string, string>> {
  const person = personByCustomer(store, shopper.id);
  const nameOf = (id: number): string => store.companies.get(id)?.name ?? String(id);
  if (person?.kind === 'user') {
    const role = store.companyRoles.get(person.companyRoleId)?.name ?? '';
    return { company: `${nameOf(person.companyId)} (${role})` };
  }
  if (!person) return {};
  const companies = person.companies.map(nameOf).join(', ') || 'none';
  const acting = person.masquerade && nameOf(person.masquerade.companyId);
  return { 'looks-after': companies, ...(acting !== null && { 'acts-for': acting }) };
}
