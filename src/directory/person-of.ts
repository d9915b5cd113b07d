import { DAY, type PersonId } from '../base/index.ts';
import type { Address, AttributeType, AttributeValue, Person } from '../model/index.ts';
import type { LastingFacts } from './sealed-facts.ts';

/** Attributes that an operator declared for rules: `{ region: 'string', contractEnd: 'timestamp' }` (R4.1). */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

/** How groups of one connection are told from those of others (R1.2). */
export type GroupNames = {
  /** Groups of the primary connection carry their own names, all others read `connection:group`. */
  readonly primary: boolean;
  /** Ids of the other connections. */
  readonly others: readonly string[];
};

/**
 * The person as policy and provisioning see them, from the facts of the identity they signed in with. A declared
 * attribute that is missing or malformed is absent, so that a rule that asks for it fails safe (R4.1).
 */
export function personOf(
  row: { readonly id: PersonId; readonly status: Person['status'] },
  identity: LastingFacts,
  types: AttributeTypes,
  names: GroupNames,
): Person {
  const { login, mail, givenName, familyName, displayName } = identity;
  return {
    id: row.id,
    status: row.status,
    ...compact({ login, mail, givenName, familyName, displayName }),
    ...(identity.mailVerified === false && { isMailUnverified: true as const }),
    ...compact({
      department: first(identity, 'department'),
      company: first(identity, 'company'),
      phone: first(identity, 'phone'),
    }),
    ...addressOf(identity),
    groups: identity.groups.map((group) => groupKey(group, identity.connection, names)),
    attributes: typedAttributes(identity, types),
  };
}

/** `x@staff` from another source never matches, nor does a plain group that is called like one of theirs (R1.2). */
function groupKey(group: string, connection: string, { primary, others }: GroupNames): string {
  const isPlain = primary && !others.some((other) => group.startsWith(`${other}:`));
  return isPlain ? group : `${connection}:${group}`;
}

const ADDRESS_PARTS = [
  'address1',
  'address2',
  'city',
  'stateOrProvince',
  'postalCode',
  'countryCode',
] as const;

function addressOf(identity: LastingFacts): { address?: Address } {
  const address = compact(Object.fromEntries(ADDRESS_PARTS.map((part) => [part, first(identity, part)])));
  return Object.keys(address).length > 0 ? { address } : {};
}

function typedAttributes(identity: LastingFacts, types: AttributeTypes): Record<string, AttributeValue> {
  const typed: Record<string, AttributeValue> = {};
  for (const [name, type] of Object.entries(types)) {
    const value = typedValue(identity.attributes[name], type);
    if (value !== undefined) typed[name] = value;
  }
  return typed;
}

function typedValue(values: readonly string[] | undefined, type: AttributeType): AttributeValue | undefined {
  if (values === undefined || values.length === 0) return undefined;
  if (type === 'list') return values;
  // Several values where one is declared: which one counts would be a guess.
  const [value, ...others] = values;
  if (value === undefined || others.length > 0) return undefined;
  return parseValue(value, type);
}

function parseValue(value: string, type: Exclude<AttributeType, 'list'>): AttributeValue | undefined {
  switch (type) {
    case 'string':
      return value;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
    case 'boolean':
      return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined;
    case 'timestamp':
      return parseInstant(value);
    default:
      return type satisfies never;
  }
}

/**
 * RFC 3339 instants, LDAP generalized time in UTC (`20261231230000Z`), and plain dates, which last to the midnight
 * after that day in UTC (R3.6); a directory that means another zone sends an instant.
 */
function parseInstant(value: string): Date | undefined {
  const ldap = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(value);
  const text = ldap ? `${ldap[1]}-${ldap[2]}-${ldap[3]}T${ldap[4]}:${ldap[5]}:${ldap[6]}Z` : value;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isDate && !isInstant) return undefined;
  const midnight = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const instant = isDate ? new Date(midnight.getTime() + DAY) : new Date(text);
  if (Number.isNaN(midnight.getTime()) || Number.isNaN(instant.getTime())) return undefined;
  // The engine rolls 31 February over to March; a day that does not exist is malformed.
  return midnight.toISOString().startsWith(text.slice(0, 10)) ? instant : undefined;
}

function first(identity: LastingFacts, name: string): string | undefined {
  const value = identity.attributes[name]?.[0]?.trim();
  return value === '' ? undefined : value;
}

function compact<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
