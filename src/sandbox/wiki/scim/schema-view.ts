import type { Attribute, Schema } from './attribute.ts';

/** One schema as `/Schemas` shows it (RFC 7643 7). */
export function schemaView(base: string, { id, name, description, attributes }: Schema): object {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    description,
    attributes: attributes.map(attributeView),
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  };
}

/** Case and uniqueness say nothing about booleans and complex attributes. */
function attributeView({
  caseExact,
  uniqueness,
  subAttributes,
  canonicalValues,
  ...rest
}: Attribute): object {
  const isText = rest.type === 'string' || rest.type === 'reference' || rest.type === 'binary';
  return {
    ...rest,
    ...(isText && { caseExact, uniqueness }),
    ...(canonicalValues && canonicalValues.length > 0 && { canonicalValues }),
    ...(subAttributes && { subAttributes: subAttributes.map(attributeView) }),
  };
}
