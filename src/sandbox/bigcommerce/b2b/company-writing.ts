import { type Item, text } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, ok } from './answers.ts';
import { companyHappened, userHappened } from './events.ts';
import { applyGroup } from './groups.ts';
import type { Company, CompanyUser } from './model.ts';
import { businessChannels, customerBehind, extraFieldsOf, personByEmail } from './people.ts';
import { isEmail } from './user-rules.ts';

const REQUIRED: Readonly<Record<string, string>> = {
  companyName: 'company name',
  companyPhone: 'company phone',
  companyEmail: 'company email',
  country: 'country',
  adminFirstName: 'admin first name',
  adminLastName: 'admin last name',
  adminEmail: 'admin email',
};

/** Companies complain in one sentence, and only about the first thing. */
export function refuseCompany(store: Store, item: Item, current: Company | undefined): Answer | undefined {
  const missing = Object.keys(REQUIRED).find((name) =>
    current ? item[name] === '' : typeof item[name] !== 'string' || item[name] === '',
  );
  if (missing !== undefined) return refused(`The ${REQUIRED[missing]} is required.`);
  for (const name of ['companyEmail', 'adminEmail']) {
    const value = item[name];
    if (typeof value === 'string' && !isEmail(value)) return refused(`The ${REQUIRED[name]} is not correct.`);
  }
  const name = item['companyName'];
  const twin = [...store.companies.values()].find((each) => each !== current && each.name === name);
  if (twin) return refused(`The company name ${String(name)} already exists.`);
  if (!current && personByEmail(store, text(item, 'adminEmail')))
    return refused('The admin email already exists.');
  const group = item['customerGroupId'];
  const isGroup =
    group === undefined || group === 0 || (typeof group === 'number' && store.groups.has(group));
  return isGroup ? undefined : refused('The customer group does not exist.');
}

function refused(message: string): Answer {
  return { status: 422, message, data: {} };
}

export function makeCompany(store: Store, item: Item): Answer {
  const channels = channelsOf(store, item);
  const admin = {
    email: text(item, 'adminEmail'),
    firstName: text(item, 'adminFirstName'),
    lastName: text(item, 'adminLastName'),
    phone: text(item, 'adminPhoneNumber'),
  };
  const customer = customerBehind(store, {
    ...admin,
    channelIds: channels,
    originChannelId: Number(item['originChannelId'] ?? channels[0] ?? 1) || 1,
  });
  if (typeof customer === 'string') return refused(customer);
  const now = store.now();
  const company = newCompany(store, item, now);
  const user: CompanyUser = {
    kind: 'user',
    id: store.nextId(),
    customerId: customer.id,
    companyId: company.id,
    companyRoleId: 1,
    uuid: '',
    extraFields: [],
    remembered: admin,
    created_at: now,
    updated_at: now,
  };
  store.companies.set(company.id, company);
  store.companyUsers.set(user.id, user);
  applyGroup(store, user);
  companyHappened(store, 'created', company.id);
  userHappened(store, 'created', user);
  if (item['acceptCreationEmail'] === true) store.b2b.welcomed.push(admin.email);
  return ok({ companyId: company.id, customerId: customer.id, customerGroupId: company.customerGroupId });
}

function newCompany(store: Store, item: Item, now: Date): Company {
  const company: Company = {
    id: store.nextId(),
    name: '',
    email: '',
    phone: '',
    addressLine1: '',
    addressLine2: '',
    city: '',
    state: '',
    country: '',
    zipCode: '',
    status: 1,
    customerGroupId: groupOfNew(store, item),
    parentId: null,
    uuid: '',
    extraFields: [],
    created_at: now,
    updated_at: now,
  };
  changeFields(store, company, item);
  return company;
}

export function changeFields(store: Store, company: Company, item: Item): void {
  company.name = text(item, 'companyName', company.name);
  company.email = text(item, 'companyEmail', company.email);
  company.phone = text(item, 'companyPhone', company.phone);
  for (const name of [
    'addressLine1',
    'addressLine2',
    'city',
    'state',
    'country',
    'zipCode',
    'uuid',
  ] as const) {
    company[name] = text(item, name, company[name]);
  }
  company.extraFields = extraFieldsOf(item) ?? company.extraFields;
  const group = item['customerGroupId'];
  // A company that owns its group cannot be given another.
  const isFree = store.turned().b2bCompanyBehavior === 'independent';
  if (isFree && typeof group === 'number') company.customerGroupId = group;
  company.updated_at = store.now();
}

/** An own group with the name of the company, or the one that is given, or the default. */
function groupOfNew(store: Store, item: Item): number {
  const fallback = [...store.groups.values()].find((group) => group.is_default)?.id ?? 0;
  if (store.turned().b2bCompanyBehavior === 'independent') return fallback;
  const id = Math.max(0, ...store.groups.keys()) + 1;
  const now = store.now();
  store.groups.set(id, {
    id,
    name: text(item, 'companyName'),
    is_default: false,
    is_group_for_guests: false,
    category_access: { type: 'all' },
    discount_rules: [],
    date_created: now,
    date_modified: now,
  });
  return id;
}

function channelsOf(store: Store, item: Item): readonly number[] {
  const open = businessChannels(store);
  const given = Array.isArray(item['channelIds']) ? (item['channelIds'] as number[]) : [];
  const known = given.filter((id) => open.includes(id));
  return known.length > 0 ? known : open.slice(0, 1);
}
