import { type Attribute, named, type Schema, text } from './attribute.ts';
import { enterpriseSchema, groupSchema, userSchema } from './schemas.ts';

export type Kind = 'User' | 'Group';

export type ResourceType = {
  readonly id: Kind;
  readonly endpoint: '/Users' | '/Groups';
  readonly description: string;
  readonly schema: Schema;
  readonly extensions: readonly Schema[];
};

export const USERS: ResourceType = {
  id: 'User',
  endpoint: '/Users',
  description: 'Accounts of the wiki.',
  schema: userSchema,
  extensions: [enterpriseSchema],
};

export const GROUPS: ResourceType = {
  id: 'Group',
  endpoint: '/Groups',
  description: 'Groups of the wiki.',
  schema: groupSchema,
  extensions: [],
};

export const typeOf = (kind: Kind): ResourceType => (kind === 'User' ? USERS : GROUPS);

const readOnly = { mutability: 'readOnly', returned: 'default' } as const;

/** What every resource has (RFC 7643 3.1). */
export const COMMON: readonly Attribute[] = [
  text('schemas', 'Schemas of the resource.', { multiValued: true, caseExact: true, returned: 'always' }),
  text('id', 'Given by the wiki.', { mutability: 'readOnly', caseExact: true, returned: 'always' }),
  text('externalId', 'Given by whoever manages the resource.', { caseExact: true }),
  {
    ...text('meta', 'What the wiki knows about the resource.', { type: 'complex', ...readOnly }),
    subAttributes: [
      text('resourceType', 'User or Group.', { caseExact: true, ...readOnly }),
      text('created', 'When it was made.', { type: 'dateTime', ...readOnly }),
      text('lastModified', 'When it was changed.', { type: 'dateTime', ...readOnly }),
      text('location', 'Its address.', { type: 'reference', caseExact: true, ...readOnly }),
      text('version', 'Its ETag.', { caseExact: true, ...readOnly }),
    ],
  },
];

/** A place in a resource. */
export type Place = {
  /** URN of the extension that holds the attribute; undefined for the core. */
  readonly extension?: string;
  /** Absent: the extension as a whole. */
  readonly attribute?: Attribute;
  readonly sub?: Attribute;
};

/**
 * Reads `userName`, `name.givenName`, `urn:…:User:userName`, `urn:…enterprise:2.0:User:manager.value`.
 * @returns undefined for what the schemas do not know.
 */
export function findPlace(type: ResourceType, path: string): Place | undefined {
  const lower = path.toLowerCase();
  for (const schema of [type.schema, ...type.extensions]) {
    const id = schema.id.toLowerCase();
    const extension = schema === type.schema ? {} : { extension: schema.id };
    if (lower === id) return schema === type.schema ? undefined : extension;
    if (lower.startsWith(`${id}:`)) return within(schema.attributes, path.slice(id.length + 1), extension);
  }
  return within([...COMMON, ...type.schema.attributes], path, {});
}

function within(attributes: readonly Attribute[], path: string, extension: Place): Place | undefined {
  const [first = '', second, ...more] = path.split('.');
  const attribute = named(attributes, first);
  if (!attribute || more.length > 0) return undefined;
  if (second === undefined) return { ...extension, attribute };
  const sub = named(attribute.subAttributes, second);
  return sub && { ...extension, attribute, sub };
}
