/** How RFC 7643 7 describes an attribute; the same object is published at `/Schemas` and used to read and to filter. */
export type Attribute = {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'binary' | 'complex';
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable' | 'writeOnly';
  readonly returned: 'default' | 'always' | 'never' | 'request';
  readonly uniqueness: 'none' | 'server';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
};

export type Schema = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
};

type Over = Partial<Omit<Attribute, 'name' | 'description'>>;

export function text(name: string, description: string, over: Over = {}): Attribute {
  return {
    name,
    type: 'string',
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...over,
  };
}

export function flag(name: string, description: string): Attribute {
  return text(name, description, { type: 'boolean' });
}

export function reference(
  name: string,
  description: string,
  to: readonly string[],
  over: Over = {},
): Attribute {
  return text(name, description, { type: 'reference', caseExact: true, referenceTypes: to, ...over });
}

export function complex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  over: Over = {},
): Attribute {
  return text(name, description, { type: 'complex', subAttributes, ...over });
}

/** A multi-valued attribute with the sub-attributes of RFC 7643 2.4. */
export function labelled(
  name: string,
  description: string,
  kinds: readonly string[],
  value?: Attribute,
): Attribute {
  return complex(
    name,
    description,
    [
      value ?? text('value', 'The value itself.'),
      text('display', 'The value as people read it.'),
      text('type', 'What it is for.', { canonicalValues: kinds }),
      flag('primary', 'Whether it is the preferred one; at most one is.'),
    ],
    { multiValued: true },
  );
}

/** Names of attributes have no case (RFC 7643 2.1). */
export function named(attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  const wanted = name.toLowerCase();
  return attributes?.find((each) => each.name.toLowerCase() === wanted);
}
