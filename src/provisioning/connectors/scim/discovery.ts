import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { NO_FACTS, type ScimFacts } from './facts.ts';
import { GROUP_SCHEMA, isRaw, member, type Raw, textOf, truthOf, USER_SCHEMA, valuesOf } from './resource.ts';
import type { ScimApi } from './scim-api.ts';

type Told =
  | ('patch' | 'filter' | 'maxResults' | 'etag' | 'sort' | 'bulk' | 'changePassword' | 'cursorOnly')
  | ('users' | 'groups' | 'attributes' | 'readOnly');
/** What the server says about itself (RFC 7644 4). */
export type Discovered = Pick<ScimFacts, Told>;

export type DiscoveryAnswer =
  | { readonly outcome: 'discovered'; readonly told: Discovered; readonly problems: readonly string[] }
  | CallFailed;

type Read = { readonly outcome: 'read'; readonly body: unknown } | CallFailed;

/** What is missing or unreadable leaves the careful defaults; only a server that cannot be asked at all fails. */
export async function discover(api: ScimApi, baseUrl: URL, budget: CallBudget): Promise<DiscoveryAnswer> {
  const config = await read(api, '/ServiceProviderConfig', budget);
  if (config.outcome !== 'read') return config;
  const types = await read(api, '/ResourceTypes', budget);
  if (types.outcome !== 'read') return types;
  const schemas = await read(api, '/Schemas', budget);
  if (schemas.outcome !== 'read') return schemas;
  const resourceTypes = listOf(types.body);
  const told = {
    ...readConfig(config.body),
    ...readTypes(resourceTypes, baseUrl),
    ...readSchemas(listOf(schemas.body), resourceTypes),
  };
  const problems =
    config.body === undefined ? ['the server does not say what it can do; careful guesses are used'] : [];
  return { outcome: 'discovered', told, problems };
}

async function read(api: ScimApi, path: string, budget: CallBudget): Promise<Read> {
  const answer = await api.send({ method: 'GET', path }, budget);
  if (answer.outcome === 'ok') return { outcome: 'read', body: answer.body };
  if (answer.outcome === 'objection') return { outcome: 'read', body: undefined };
  // Some servers guard or lack discovery, and answer with a page or a refusal.
  const isTolerable = answer.code === 'provisioning.forbidden' || answer.code === 'provisioning.bad_answer';
  return isTolerable ? { outcome: 'read', body: undefined } : answer;
}

function listOf(body: unknown): readonly Raw[] {
  const listed = Array.isArray(body) ? body : valuesOf(body, 'Resources');
  return listed.filter((each): each is Raw => isRaw(each));
}

function readConfig(body: unknown): Omit<Discovered, 'users' | 'groups' | 'attributes' | 'readOnly'> {
  const supports = (name: string): boolean | null => {
    const told = member(body, name);
    return truthOf(isRaw(told) ? member(told, 'supported') : told) ?? null;
  };
  const most = Number(textOf(member(member(body, 'filter'), 'maxResults')));
  const pagination = member(body, 'pagination');
  return {
    patch: supports('patch'),
    filter: supports('filter'),
    maxResults: Number.isInteger(most) && most > 0 ? most : null,
    etag: supports('etag'),
    sort: supports('sort'),
    bulk: supports('bulk'),
    changePassword: supports('changePassword'),
    cursorOnly:
      truthOf(member(pagination, 'cursor')) === true && truthOf(member(pagination, 'index')) === false,
  };
}

function readTypes(types: readonly Raw[], baseUrl: URL): Pick<Discovered, 'users' | 'groups'> {
  const user = typeFor(types, 'User', USER_SCHEMA);
  const group = typeFor(types, 'Group', GROUP_SCHEMA);
  return {
    users: endpointOf(user, baseUrl) ?? NO_FACTS.users,
    // A server that lists its types and has none for groups has no groups.
    groups: user && !group ? null : (endpointOf(group, baseUrl) ?? NO_FACTS.groups),
  };
}

function typeFor(types: readonly Raw[], name: string, schema: string): Raw | undefined {
  const says = (type: Raw, key: string, value: string): boolean =>
    textOf(member(type, key)).toLowerCase() === value.toLowerCase();
  return (
    types.find((type) => says(type, 'schema', schema)) ??
    types.find((type) => says(type, 'id', name) || says(type, 'name', name))
  );
}

/** A path below the base URL; an address of another host is not followed. */
function endpointOf(type: Raw | undefined, baseUrl: URL): string | undefined {
  const told = textOf(member(type, 'endpoint'));
  const root = baseUrl.href.replace(/\/+$/, '');
  const path = told.startsWith(`${root}/`) ? told.slice(root.length) : `/${told.replace(/^\/+/, '')}`;
  const plain = path.replace(/\/+$/, '');
  const below = baseUrl.pathname.replace(/\/+$/, '');
  // Some name the path from the root of the host.
  const relative = below !== '' && plain.startsWith(`${below}/`) ? plain.slice(below.length) : plain;
  return /^(?:\/[A-Za-z0-9_-]+)+$/.test(relative) ? relative : undefined;
}

/** Every writable attribute of a User, its extensions included; null when no schema was told. */
function readSchemas(
  schemas: readonly Raw[],
  types: readonly Raw[],
): Pick<Discovered, 'attributes' | 'readOnly'> {
  const type = typeFor(types, 'User', USER_SCHEMA);
  const coreId = textOf(member(type, 'schema')) || USER_SCHEMA;
  const core = schemas.find((schema) => isNamed(schema, coreId));
  if (!core || valuesOf(core, 'attributes').length === 0) return { attributes: null, readOnly: [] };
  const extensions = schemas.filter((schema) => schema !== core && isExtension(schema, type));
  const attributes = [
    ...writable(valuesOf(core, 'attributes'), ''),
    ...extensions.flatMap((schema) =>
      writable(valuesOf(schema, 'attributes'), `${textOf(member(schema, 'id')).toLowerCase()}:`),
    ),
  ];
  const readOnly = valuesOf(core, 'attributes').filter((each) => isReadOnly(each));
  return { attributes, readOnly: readOnly.map((each) => textOf(member(each, 'name')).toLowerCase()) };
}

function isNamed(schema: Raw, id: string): boolean {
  return textOf(member(schema, 'id')).toLowerCase() === id.toLowerCase();
}

/** Where the types are not told, every schema but that of groups may extend a User. */
function isExtension(schema: Raw, type: Raw | undefined): boolean {
  if (!type) return !isNamed(schema, GROUP_SCHEMA);
  return valuesOf(type, 'schemaExtensions').some((each) =>
    isNamed(schema, textOf(isRaw(each) ? member(each, 'schema') : each)),
  );
}

function isReadOnly(attribute: unknown): boolean {
  return textOf(member(attribute, 'mutability')).toLowerCase() === 'readonly';
}

function writable(attributes: readonly unknown[], prefix: string): readonly string[] {
  return attributes.flatMap((attribute) => {
    const name = textOf(member(attribute, 'name')).toLowerCase();
    if (name === '' || isReadOnly(attribute)) return [];
    const path = `${prefix}${name}`;
    return [path, ...writable(valuesOf(attribute, 'subAttributes'), `${path}.`)];
  });
}
