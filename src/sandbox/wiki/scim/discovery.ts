import { GROUPS, type ResourceType, USERS } from './resource-type.ts';
import { schemaView } from './schema-view.ts';
import type { Scim } from './scim.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
const TYPES = [USERS, GROUPS];

/** RFC 7643 5, and `pagination` of RFC 9865. It says what the switches make true. */
export function serviceProviderConfig(scim: Scim): object {
  const { scimPatch, scimEtags, scimFilters, scimPageCap, scimPaging } = scim.positions();
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: scimPatch === 'supported' },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: scimFilters !== 'none' && scimFilters !== 'ignored', maxResults: scimPageCap },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: scimEtags === 'present' },
    pagination: {
      cursor: scimPaging === 'cursor' || scimPaging === 'both',
      index: scimPaging !== 'cursor',
      defaultPaginationMethod: scimPaging === 'cursor' ? 'cursor' : 'index',
      defaultPageSize: scimPageCap,
      maxPageSize: scimPageCap,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token that an administrator copied, or one of /oauth/token by client_credentials.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${scim.base()}/ServiceProviderConfig` },
  };
}

/** `/ResourceTypes` or one of them. @returns undefined when there is no such type. */
export function resourceTypes(scim: Scim, id?: string): object | undefined {
  const shown = TYPES.map((type) => typeView(scim, type));
  return id === undefined ? list(shown) : shown[TYPES.findIndex((type) => type.id === id)];
}

export function schemas(scim: Scim, id?: string): object | undefined {
  const all = TYPES.flatMap(({ schema, extensions }) => [schema, ...extensions]);
  if (id === undefined) return list(all.map((schema) => schemaView(scim.base(), schema)));
  const schema = all.find((each) => each.id.toLowerCase() === id.toLowerCase());
  return schema && schemaView(scim.base(), schema);
}

function typeView(scim: Scim, { id, endpoint, description, schema, extensions }: ResourceType): object {
  return {
    schemas: [`${CORE}:ResourceType`],
    id,
    name: id,
    description,
    endpoint,
    schema: schema.id,
    schemaExtensions: extensions.map((extension) => ({ schema: extension.id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${scim.base()}/ResourceTypes/${id}` },
  };
}

function list(resources: readonly object[]): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: resources.length,
    startIndex: 1,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
