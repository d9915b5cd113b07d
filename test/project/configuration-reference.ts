/** As much of JSON Schema as the configuration uses. */
export type SchemaNode = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly fromFile?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly { readonly anyOf?: readonly { readonly required?: readonly string[] }[] }[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
};

const HEAD = '| setting | type | default | meaning |\n|---|---|---|---|';

/** The text of docs/configuration.md for the schema of the configuration file. */
export function configurationReference(schema: SchemaNode): string {
  const sections = Object.entries(schema.properties ?? {});
  const plain = sections.filter(([, node]) => variantsOf(node).length === 0);
  const lists = sections.filter(([, node]) => variantsOf(node).length > 0);
  return [
    INTRODUCTION,
    '## Settings of the broker\n',
    table(plain.flatMap(([name, node]) => rows(name, node, isRequired(schema, name)))),
    ...lists.flatMap(([name, node]) => ['', `## ${name}\n`, ...section(name, node)]),
    '',
  ].join('\n');
}

const INTRODUCTION = `# Configuration

One YAML file, \`config/vestibule.yaml\` or the one that \`VESTIBULE_CONFIG\` names. \`vestibule check\` reads it and then
talks to every connection and target; all problems are shown together, each with its path and what to do.
\`config/schema.json\` lets editors complete and check the file; begin it with
\`# yaml-language-server: $schema=./schema.json\`.

A text that may come from a file is given as \`name\` or as \`nameFile\`: a path that starts at the folder of the
configuration file. Durations are written \`30s\`, \`15m\`, \`8h\`, \`7d\`. An unknown setting is an error.

This page is generated from the schema by \`npm run docs\`; a test keeps the two equal. A default that is not shown here
stands in the meaning, or there is none. Settings of the process (ports, database, master key) are
[environment variables](../README.md#environment).
`;

function section(name: string, node: SchemaNode): string[] {
  const variants = variantsOf(node);
  const [first] = variants;
  const about = node.description ? [`${node.description}\n`] : [];
  if (!first || variants.length === 1) return [...about, table(members('', first ?? {}))];
  const common = Object.keys(first.properties ?? {}).filter((key) => isCommon(key, variants));
  const titles = titlesOf(variants);
  return [
    ...about,
    `Every one of \`${name}\`:\n`,
    table(members('', first, common)),
    ...variants.flatMap((variant, index) => {
      const own = Object.keys(variant.properties ?? {}).filter((key) => !common.includes(key));
      return ['', `### ${titles[index]}\n`, table(members('', variant, own))];
    }),
  ];
}

/** Objects that an entry of a list may be. */
function variantsOf({ items }: SchemaNode): SchemaNode[] {
  return items?.type === 'array' ? [] : flat(items).filter(({ properties }) => properties !== undefined);
}

function flat(node: SchemaNode | undefined): SchemaNode[] {
  if (!node) return [];
  const branches = node.oneOf ?? node.anyOf;
  return branches ? branches.flatMap(flat) : [node];
}

function isCommon(key: string, variants: readonly SchemaNode[]): boolean {
  const texts = variants.map((each) =>
    JSON.stringify([each.properties?.[key] ?? null, isRequired(each, key)]),
  );
  return new Set(texts).size === 1;
}

/** By what tells them apart: \`preset: otds\`, and where that is not enough by a setting that only one has. */
function titlesOf(variants: readonly SchemaNode[]): string[] {
  const names = variants.map(({ properties = {} }) =>
    Object.entries(properties)
      .filter(([, node]) => node.const !== undefined)
      .map(([key, node]) => `${key}: ${String(node.const)}`)
      .join(', '),
  );
  return names.map((name, index) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return `\`${name}\``;
    const twins = variants.filter((_, at) => at !== index && names[at] === name);
    const own = Object.keys(variants[index]?.properties ?? {}).filter(
      (key) => isRequired(variants[index] ?? {}, key) && !twins.some((twin) => twin.properties?.[key]),
    );
    return `\`${name}\`, with ${own.map((key) => `\`${key}\``).join(', ')}`;
  });
}

function members(prefix: string, node: SchemaNode, only?: readonly string[]): string[] {
  const properties = Object.entries(node.properties ?? {});
  return properties
    .filter(([key]) => only?.includes(key) ?? true)
    .filter(([key]) => !node.properties?.[key.replace(/File$/, '')]?.fromFile || !key.endsWith('File'))
    .flatMap(([key, member]) => rows(`${prefix}${key}`, member, isRequired(node, key)));
}

/** The row of a setting, and below it those of the settings that it holds. */
function rows(path: string, node: SchemaNode, required: boolean): string[] {
  const standard = required
    ? '**required**'
    : node.default === undefined
      ? ''
      : `\`${JSON.stringify(node.default)}\``;
  const own = `| \`${path}\` | ${typeOf(node)} | ${standard} | ${cell(node.description ?? '')} |`;
  const inner = node.properties ? members(`${path}.`, node) : [];
  const entries = node.items?.properties ? members(`${path}[].`, node.items) : [];
  return [own, ...inner, ...entries];
}

function isRequired(node: SchemaNode, key: string): boolean {
  const alternatives = (node.allOf ?? []).flatMap(({ anyOf = [] }) => anyOf);
  return [node, ...alternatives].some(({ required }) => required?.includes(key));
}

function typeOf(node: SchemaNode): string {
  const branches = node.oneOf ?? node.anyOf;
  if (branches) return [...new Set(branches.map(typeOf))].join(' or ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array')
    return `list of ${node.items?.properties ? 'objects' : typeOf(node.items ?? {})}`;
  if (node.type === 'object') {
    const values = node.additionalProperties;
    if (node.properties && Object.keys(node.properties).length === 1)
      return `object with \`${Object.keys(node.properties)[0]}\``;
    return typeof values === 'object' ? `name → ${typeOf(values)}` : 'object';
  }
  if (node.type === 'integer' || node.type === 'number') return range(node);
  if (node.fromFile) return 'text, or `…File`';
  if (node.pattern?.includes('ms|s|m|h|d')) return 'duration';
  if (node.format === 'uri') return 'URL';
  return node.type === 'boolean' ? 'true or false' : 'text';
}

function range({ minimum, maximum }: SchemaNode): string {
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && isBounded) return `number, ${minimum} to ${maximum}`;
  return minimum === undefined || minimum < 0 ? 'number' : `number from ${minimum}`;
}

function table(lines: readonly string[]): string {
  return [HEAD, ...lines].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
