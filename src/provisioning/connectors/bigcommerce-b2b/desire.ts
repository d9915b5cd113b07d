import type { Json } from '../../../base/index.ts';
import type { AttributeValue, Person } from '../../../model/index.ts';
import { customerNames } from '../../bigcommerce/customer-names.ts';
import { type AccountImage, EVERYTHING } from '../../connector/account-image.ts';
import type { Access, Desired } from '../../connector/connector.ts';
import { tidy } from '../../connector/person-values.ts';
import type { ProvisioningRefusal } from '../../errors.ts';
import type { CompanyRef } from './companies.ts';
import type { B2bRole, B2bStorefront, FromAttribute } from './config.ts';
import type { Known } from './facts.ts';
import { companyRef } from './prepare.ts';

const MAX_PHONE = 50;

type Refusal = Extract<Desired, { outcome: 'refused' }>;
const refuse = (code: ProvisioningRefusal, detail: string): Refusal => ({ outcome: 'refused', code, detail });

/** What the account of this person should look like when these storefronts may be entered. Pure. */
export function desiredAccount(
  known: Known,
  storefronts: readonly B2bStorefront[],
  person: Person,
  accesses: readonly Access[],
): Desired {
  const held = heldRoles(storefronts, accesses);
  if ('outcome' in held) return held;
  const standing = desiredStanding(known, held.roles, person);
  if ('outcome' in standing) return standing;
  const mail = tidy(person.mail);
  if (mail === '') return refuse('provisioning.mail_missing', 'the person has no mail address');
  if (!isMail(mail)) return refuse('provisioning.mail_invalid', 'the store takes no such mail address');
  const phone = tidy(person.phone).slice(0, MAX_PHONE);
  const image: Record<string, Json> = {
    ...{ channels: [...held.channels], ...standing.image, mail, ...customerNames(person) },
    // What the directory does not give is left as it is in the store.
    ...(phone !== '' && { phone }),
  };
  return { outcome: 'desired', image, problems: [] };
}

type Held = { readonly channels: readonly string[]; readonly roles: readonly B2bRole[] };

/** Channels of all storefronts, roles in order of precedence. Every access must mean something here (R4.5). */
function heldRoles(storefronts: readonly B2bStorefront[], accesses: readonly Access[]): Held | Refusal {
  const channels = new Set<string>();
  const roles: B2bRole[] = [];
  for (const { relyingParty, role } of accesses) {
    const storefront = storefronts.find(({ id }) => id === relyingParty);
    if (!storefront?.access.roles.some(({ id }) => id === role)) {
      return refuse('provisioning.role_unmapped', `the role ${role} of ${relyingParty} is not declared here`);
    }
    channels.add(String(storefront.access.channelId));
  }
  if (channels.size === 0) return refuse('provisioning.no_access', 'no storefront may be entered');
  for (const { id, access } of storefronts) {
    const held = accesses.filter(({ relyingParty }) => relyingParty === id).map(({ role }) => role);
    roles.push(...access.roles.filter((role) => held.includes(role.id)));
  }
  return { channels: [...channels].sort(), roles };
}

/** The first role decides what the person is; a super admin looks after the companies of all such roles. */
function desiredStanding(
  known: Known,
  roles: readonly B2bRole[],
  person: Person,
): { readonly image: AccountImage } | Refusal {
  const [first] = roles;
  if (first?.companyUser) {
    const { company, role } = first.companyUser;
    const [only, ...others] = refsOf(company, person);
    if (!only || others.length > 0) {
      const detail = only ? 'names several companies' : 'names no company';
      return refuse('provisioning.no_access', `the person's attribute for the role ${first.id} ${detail}`);
    }
    const label = known.companies.labelOfRef(only);
    return { image: { superAdmin: '', companies: [], company: label, role } };
  }
  const labels = new Set<string>();
  for (const { superAdmin } of roles) {
    if (!superAdmin) continue;
    for (const label of lookedAfter(known, superAdmin.companies, person)) labels.add(label);
  }
  return { image: { superAdmin: 'yes', companies: [...labels].sort(), company: '', role: '' } };
}

type LookedAfter = NonNullable<B2bRole['superAdmin']>['companies'];

/** Before the store was asked nobody knows what all are: `unresolved` then holds the sign-in up. */
function lookedAfter(known: Known, companies: LookedAfter, person: Person): readonly string[] {
  if (companies === 'all') return known.isRead ? known.companies.approved() : [EVERYTHING];
  const refs = Array.isArray(companies)
    ? companies.map(companyRef)
    : refsOf(companies as FromAttribute, person);
  return refs.map((ref) => known.companies.labelOfRef(ref));
}

function refsOf(company: string | number | FromAttribute, person: Person): readonly CompanyRef[] {
  if (typeof company !== 'object') return [companyRef(company)];
  const values = textsOf(person.attributes[company.attribute]);
  return values.map((value) => ({ by: company.by, value }));
}

function textsOf(value: AttributeValue | undefined): readonly string[] {
  if (value === undefined || value instanceof Date) return [];
  const texts = (typeof value === 'object' ? value : [String(value)]).map((text) => tidy(text));
  return [...new Set(texts.filter((text) => text !== ''))];
}

/** One that can also be a filter: lists of addresses are separated by commas. */
function isMail(mail: string): boolean {
  return mail.length <= 250 && /^[^\s@,;<>"]+@[^\s@,;<>".]+(?:\.[^\s@,;<>".]+)+$/.test(mail);
}
