import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import type { Store } from '../store.ts';
import { assign } from './assignments.ts';
import { companyHappened, superAdminHappened, userHappened } from './events.ts';
import { applyGroup } from './groups.ts';
import { beginMasquerade, endMasquerade } from './masquerade.ts';
import type { Company, SuperAdmin } from './model.ts';
import { factsOf, personByEmail } from './people.ts';
import { loseGroup } from './users.ts';

const OfStore = z.object({ store: z.string() });
const OfPerson = z.strictObject({ store: z.string(), email: z.string() });
const OfAssignment = z.strictObject({
  store: z.string(),
  email: z.string(),
  company: z.int(),
  isAssigned: z.boolean().default(true),
});
const Masquerade = z.strictObject({ store: z.string(), email: z.string(), company: z.int().optional() });
const EditCompany = z.strictObject({
  store: z.string(),
  company: z.int(),
  status: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).optional(),
  customerGroupId: z.int().optional(),
});

/** What people do in the control panel of B2B Edition and in the buyer portal, past its API. */
export function b2bActions(find: (id: string) => Store | undefined): Readonly<Record<string, Action>> {
  const on = (explains: string, run: (store: Store, body: unknown) => unknown): Action => ({
    explains,
    run: (body) => {
      const { store: id } = OfStore.parse(body);
      const store = find(id);
      if (!store) throw new ActionRefused(`There is no store "${id}".`);
      return run(store, body);
    },
  });
  return {
    'b2b-remove-person': on('Deletes a company user or super admin by hand: { store, email }.', removePerson),
    'b2b-assign': on(
      'Assigns a company to a super admin by hand: { store, email, company, isAssigned? }.',
      assignByHand,
    ),
    'b2b-masquerade': on(
      'A super admin acts for a company, or stops without one: { store, email, company? }.',
      masquerade,
    ),
    'b2b-edit-company': on(
      'Edits a company by hand: { store, company, status?, customerGroupId? }.',
      editCompany,
    ),
  };
}

function removePerson(store: Store, body: unknown): unknown {
  const { email } = OfPerson.parse(body);
  const person = personByEmail(store, email);
  if (!person) throw new ActionRefused(`Nobody in B2B Edition has the address "${email}".`);
  if (person.kind === 'super-admin') {
    store.superAdmins.delete(person.id);
    superAdminHappened(store, 'deleted', person.id);
  } else {
    store.companyUsers.delete(person.id);
    loseGroup(store, person);
    userHappened(store, 'deleted', person);
  }
  return { id: person.id };
}

function assignByHand(store: Store, body: unknown): unknown {
  const { email, company, isAssigned } = OfAssignment.parse(body);
  const admin = superAdminOf(store, email);
  assign(store, admin, companyOf(store, company).id, isAssigned);
  return { companies: admin.companies };
}

function masquerade(store: Store, body: unknown): unknown {
  const { email, company } = Masquerade.parse(body);
  const admin = superAdminOf(store, email);
  if (company === undefined) endMasquerade(store, admin);
  else if (admin.companies.includes(company)) beginMasquerade(store, admin, company);
  else throw new ActionRefused(`The company ${company} is not assigned to "${factsOf(store, admin).email}".`);
  return { group: store.customers.get(admin.customerId)?.customer_group_id };
}

function editCompany(store: Store, body: unknown): unknown {
  const { company: id, status, customerGroupId } = EditCompany.parse(body);
  const company = companyOf(store, id);
  company.status = status ?? company.status;
  company.customerGroupId = customerGroupId ?? company.customerGroupId;
  company.updated_at = store.now();
  for (const user of store.companyUsers.values()) if (user.companyId === id) applyGroup(store, user);
  companyHappened(store, 'updated', id);
  if (status !== undefined) companyHappened(store, 'statusUpdated', id);
  return { id };
}

function superAdminOf(store: Store, email: string): SuperAdmin {
  const person = personByEmail(store, email);
  if (person?.kind === 'super-admin') return person;
  throw new ActionRefused(`There is no super admin with the address "${email}".`);
}

function companyOf(store: Store, id: number): Company {
  const company = store.companies.get(id);
  if (!company) throw new ActionRefused(`There is no company ${id}.`);
  return company;
}
