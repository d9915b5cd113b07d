import { z } from 'zod';

type SchemaNode = Record<string, unknown> & {
  properties?: Record<string, SchemaNode>;
  required?: string[];
  allOf?: SchemaNode[];
};

/**
 * JSON Schema of the configuration file, so that editors complete and check it. Each value that may come from a
 * file also appears as `…File`; one of the two satisfies "required".
 */
export function jsonSchemaOf(schema: z.ZodType, title: string): SchemaNode {
  const generated = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => offerFiles(jsonSchema as SchemaNode),
  }) as SchemaNode;
  return { ...generated, title };
}

function offerFiles(node: SchemaNode): void {
  if (!node.properties) return;
  for (const [name, property] of Object.entries(node.properties)) {
    if (property['fromFile'] !== true) continue;
    node.properties[`${name}File`] = { type: 'string', description: `File that holds ${name}` };
    if (!node.required?.includes(name)) continue;
    node.required = node.required.filter((required) => required !== name);
    node.allOf = [...(node.allOf ?? []), { anyOf: [{ required: [name] }, { required: [`${name}File`] }] }];
  }
}
