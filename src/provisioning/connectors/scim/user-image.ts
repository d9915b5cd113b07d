import type { Json } from '../../../base/index.ts';
import type { Address, Person } from '../../../model/index.ts';
import type { AccountImage, Field } from '../../connector/account-image.ts';
import type { Access, Desired, DetailProblem, TargetParty } from '../../connector/connector.ts';
import { tidy } from '../../connector/person-values.ts';
import { indexOfType, mailIndex, placeOf, readPlace, schemaPath } from './attributes.ts';
import { ScimRole, type ScimTarget } from './config.ts';
import type { Traits } from './facts.ts';
import { mappedText } from './person-source.ts';
import { member, type Raw, textOf, truthOf, valuesOf, valueText } from './resource.ts';

/** The mapped attribute whose text stands for another account. */
export const MANAGER = 'manager';

const LONGEST_VALUE = 1_000;
const ADDRESS_PARTS = ['streetAddress', 'locality', 'region', 'postalCode', 'country'] as const;

/** What each role of each relying party stands for: its groups. */
export type RoleGroups = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export function roleGroups(parties: readonly TargetParty[]): RoleGroups {
  return new Map(
    parties.map(({ id, roles }) => [
      id,
      new Map(roles.map((role) => [role.id, ScimRole.parse(role.account ?? {}).groups])),
    ]),
  );
}

export function groupsOfRoles(roles: RoleGroups): readonly string[] {
  const all = [...roles.values()].flatMap((party) => [...party.values()].flat());
  return [...new Set(all)].sort();
}

/** The fields of an account that we manage, in the engine's terms. */
export function userFields(settings: ScimTarget): Readonly<Record<string, Field>> {
  const user = { kind: 'detail', call: 'user', atCreation: true } as const;
  const fields: Record<string, Field> = {
    groups: { kind: 'set', call: 'groups', title: 'groups', members: 'given', splits: true },
    active: { ...user, kind: 'exclusive', title: 'active', isLock: true },
    externalId: { ...user, title: 'external id' },
    userName: { ...user, title: 'user name', caseless: true },
  };
  if (settings.mail) fields['mail'] = { ...user, title: 'mail address', caseless: true };
  for (const key of Object.keys(settings.attributes)) {
    // The manager may have no account yet, which must hold up nothing else.
    const own = key === MANAGER ? ({ kind: 'detail', call: MANAGER } as const) : user;
    fields[key] = { ...own, title: key };
  }
  if (settings.addresses) fields['address'] = { ...user, title: 'address' };
  return fields;
}

/** What the account of this person should look like. */
export function desiredUser(
  settings: ScimTarget,
  roles: RoleGroups,
  person: Person,
  accesses: readonly Access[],
): Desired {
  const groups = new Set<string>();
  for (const { relyingParty, role } of accesses) {
    const meant = roles.get(relyingParty)?.get(role);
    if (!meant)
      return refused('provisioning.role_unmapped', `role ${role} of ${relyingParty} is not declared`);
    for (const name of meant) groups.add(name);
  }
  if (accesses.length === 0) return refused('provisioning.no_access', 'no relying party may be entered');
  const mail = tidy(person.mail);
  const userName = mappedText(person, settings.userName);
  if (userName === '') {
    return mail === '' && settings.userName.includes('mail')
      ? refused('provisioning.mail_missing', 'the person has no mail address, which userName is made of')
      : refused('provisioning.detail_invalid', `the person has no value for userName (${settings.userName})`);
  }
  if (mail !== '' && !isMail(mail))
    return refused('provisioning.mail_invalid', 'the mail address is no such address');
  const problems: DetailProblem[] = [];
  const image: Record<string, Json> = {
    ...{ groups: [...groups].sort(), active: 'yes', externalId: person.id, userName },
    ...(settings.mail && mail !== '' && { mail }),
    ...mappedAttributes(settings, person, problems),
    ...(settings.addresses && addressOf(person.address)),
  };
  return { outcome: 'desired', image, problems };
}

function refused(code: Extract<Desired, { outcome: 'refused' }>['code'], detail: string): Desired {
  return { outcome: 'refused', code, detail };
}

function isMail(mail: string): boolean {
  return mail.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+$/.test(mail);
}

/** Mapped attributes follow the directory even to nothing; a name that it does not give is left as it is. */
function mappedAttributes(settings: ScimTarget, person: Person, problems: DetailProblem[]): AccountImage {
  const image: Record<string, Json> = {};
  for (const [key, mapping] of Object.entries(settings.attributes)) {
    const text = mappedText(person, mapping);
    if (text.length > LONGEST_VALUE) {
      problems.push({ field: key, message: `longer than ${LONGEST_VALUE} characters` });
    } else if (text !== '' || !/^(?:displayName$|name\.)/.test(key)) image[key] = text;
  }
  return image;
}

function addressOf(address: Address | undefined): AccountImage {
  const { address1, address2, city, stateOrProvince, postalCode, countryCode } = address ?? {};
  const lines = [tidy(address1), tidy(address2)].filter((line) => line !== '').join('\n');
  const parts = [lines, tidy(city), tidy(stateOrProvince), tidy(postalCode), tidy(countryCode)];
  const given = ADDRESS_PARTS.flatMap((name, index) => (parts[index] ? [[name, parts[index]] as const] : []));
  return given.length > 0 ? { address: Object.fromEntries(given) } : {};
}

/** How discovery names the attribute behind a field; undefined for fields that stand in no schema. */
export function pathOfField(field: string): string | undefined {
  switch (field) {
    case 'externalId':
    case 'groups':
      return undefined;
    case 'mail':
      return 'emails';
    case 'address':
      return 'addresses';
    default: {
      const place = placeOf(field);
      return place ? schemaPath(place) : field.toLowerCase();
    }
  }
}

/** Whether a write may name the field: the schema has it, or nobody told the schema. */
export function isOffered(traits: Traits, field: string): boolean {
  const path = pathOfField(field);
  return path === undefined || traits.offers(path);
}

/**
 * The account as the server shows it, without groups. What it does not show is empty. A field that its schema does not
 * have is neither written nor missed: it looks as desired.
 */
export function imageOfUser(
  settings: ScimTarget,
  traits: Traits,
  raw: Raw,
  desired: AccountImage,
): AccountImage {
  const image: Record<string, Json> = {};
  for (const field of Object.keys(userFields(settings))) {
    if (field === 'groups') continue;
    if (isOffered(traits, field)) image[field] = fieldShown(raw, field);
    else if (desired[field] !== undefined) image[field] = desired[field];
  }
  return image;
}

/** Fields of an image that the resource really shows: an answer may tell only a part. */
export function isShown(raw: Raw, field: string, value: Json | undefined): boolean {
  if (field === 'active') return truthOf(member(raw, 'active')) !== undefined;
  const text = fieldShown(raw, field);
  return value === '' || text !== '';
}

/** One field as the resource shows it; empty when it does not. */
export function fieldShown(raw: Raw, field: string): Json {
  switch (field) {
    case 'active':
      // RFC 7643 4.1.1 leaves its meaning to the server, and whoever does not show it lets people in.
      return truthOf(member(raw, 'active')) === false ? 'no' : 'yes';
    case 'externalId':
    case 'userName':
      return textOf(member(raw, field));
    case 'mail':
      return valueText(valuesOf(raw, 'emails')[mailIndex(raw)]);
    case 'address':
      return addressShown(raw);
    default: {
      const place = placeOf(field);
      return place ? readPlace(raw, place) : '';
    }
  }
}

function addressShown(raw: Raw): Json {
  const shown = valuesOf(raw, 'addresses')[indexOfType(raw, { name: 'addresses', type: 'work' })];
  const parts = ADDRESS_PARTS.map(
    (name) => [name, textOf(member(shown, name)).replaceAll('\r\n', '\n')] as const,
  );
  const given = parts.filter(([, text]) => text !== '');
  return given.length > 0 ? Object.fromEntries(given) : '';
}
