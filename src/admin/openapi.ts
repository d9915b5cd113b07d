import { z } from 'zod';
import { SCOPES } from './authorize.ts';

type Json = Record<string, unknown>;

const described = new WeakMap<z.ZodType, Json>();

/** The API in OpenAPI 3.1, generated from the schemas that it holds requests to. */
export function describeApi(schema: z.ZodType, publicUrl: URL): Json {
  const known = described.get(schema);
  if (known) return known;
  const description = {
    openapi: '3.1.0',
    info: {
      title: 'Vestibule admin API',
      version: '1',
      description:
        'Relying parties that live in the database. Those of the configuration file are shown in outline, and are changed there.',
    },
    servers: [{ url: new URL('/api/v1', publicUrl).href }],
    security: [{ machine: [SCOPES.read] }],
    paths: pathsOf(),
    components: {
      securitySchemes: {
        machine: {
          type: 'oauth2',
          description: 'Machines of the configuration file; the token is sent as Bearer.',
          flows: {
            clientCredentials: {
              tokenUrl: new URL('/oidc/token', publicUrl).href,
              scopes: { [SCOPES.read]: 'See relying parties.', [SCOPES.write]: 'Change them.' },
            },
          },
        },
      },
      parameters: PARAMETERS,
      responses: { Problem: PROBLEM_RESPONSE },
      schemas: { ...schemasOf(schema), Status: STATUS, Problem: PROBLEM },
    },
  };
  described.set(schema, description);
  return description;
}

/** As it is sent. Where a secret stands, the reference from an answer keeps the one that is stored. */
function schemasOf(schema: z.ZodType): Json {
  const generated = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const node = jsonSchema as Json;
      // Meant for the configuration file, where a value may stand in a file of its own.
      delete node['fromFile'];
      if (node['secret'] !== true) return;
      const { secret: _, ...text } = node;
      for (const key of Object.keys(node)) delete node[key];
      node['anyOf'] = [{ ...text, writeOnly: true }, REFERENCE];
    },
  }) as Json;
  // Parts that are used more than once stand at the root of a schema; here they become schemas beside it.
  const text = JSON.stringify(generated).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs = {}, ...settings } = JSON.parse(text) as Json;
  return { RelyingParty: settings, ...($defs as Json) };
}

const REFERENCE = {
  type: 'object',
  description: 'A secret that is stored. It is never shown.',
  required: ['set'],
  properties: { set: { const: true }, ref: { type: 'string' } },
};

const STATUS = {
  type: 'object',
  description: 'What the broker says about it; ignored when it is sent.',
  required: ['origin', 'inForce', 'problems'],
  properties: {
    origin: { enum: ['api', 'file'] },
    inForce: { type: 'boolean', description: 'Whether people can enter.' },
    problems: { type: 'array', items: { $ref: '#/components/schemas/Problem/properties/problems/items' } },
    createdAt: { type: 'string', format: 'date-time' },
    updatedAt: { type: 'string', format: 'date-time' },
  },
};

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457, with a stable code and everything that is wrong at once.',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Reference for the operator.' },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const PROBLEM_RESPONSE = {
  description: 'Refused, and why.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const PARAMETERS = {
  Id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'The ETag of what was read.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same request again gets the same answer, for a day.',
    schema: { type: 'string', maxLength: 255 },
  },
  Limit: { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
  Cursor: {
    name: 'cursor',
    in: 'query',
    description: '`next` of the page before.',
    schema: { type: 'string' },
  },
};

function pathsOf(): Json {
  const refused = { default: { $ref: '#/components/responses/Problem' } };
  const write = { security: [{ machine: [SCOPES.write] }] };
  const shown = {
    description: 'The relying party.',
    headers: { ETag: { schema: { type: 'string' } } },
    content: { 'application/json': { schema: SHOWN } },
  };
  const versioned = [{ $ref: '#/components/parameters/IfMatch' }];
  return {
    '/relying-parties': {
      get: {
        ...{ operationId: 'listRelyingParties', summary: 'All of them, by id.' },
        parameters: ['Limit', 'Cursor'].map((name) => ({ $ref: `#/components/parameters/${name}` })),
        responses: { 200: LISTED, ...refused },
      },
      post: {
        ...{ operationId: 'createRelyingParty', summary: 'Makes one; it can be entered at once.' },
        ...{ ...write, parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }] },
        ...{ requestBody: sent('application/json', SETTINGS), responses: { 201: shown, ...refused } },
      },
    },
    '/relying-parties/{id}': {
      parameters: [{ $ref: '#/components/parameters/Id' }],
      get: {
        ...{ operationId: 'readRelyingParty', summary: 'One of them.' },
        responses: { 200: shown, ...refused },
      },
      put: {
        ...{ operationId: 'replaceRelyingParty', summary: 'Replaces all of its settings.' },
        ...{ ...write, parameters: versioned },
        ...{ requestBody: sent('application/json', SETTINGS), responses: { 200: shown, ...refused } },
      },
      patch: {
        ...{ operationId: 'changeRelyingParty', summary: 'Changes some of its settings (RFC 7396).' },
        ...{ ...write, parameters: versioned },
        requestBody: sent('application/merge-patch+json', { type: 'object' }),
        responses: { 200: shown, ...refused },
      },
      delete: {
        ...{ operationId: 'deleteRelyingParty', summary: 'Deletes it; what hangs on it ends.' },
        ...{ ...write, parameters: versioned },
        responses: { 204: { description: 'It is gone.' }, ...refused },
      },
    },
  };
}

const SETTINGS = { $ref: '#/components/schemas/RelyingParty' };

/** An answer shows one of the file in outline, so of the settings only these are certain. */
const SHOWN = {
  type: 'object',
  required: ['id', 'status'],
  properties: {
    id: { type: 'string' },
    kind: { type: 'string' },
    status: { $ref: '#/components/schemas/Status' },
  },
};

const LISTED = {
  description: 'A page.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['items', 'next'],
        properties: { items: { type: 'array', items: SHOWN }, next: { type: ['string', 'null'] } },
      },
    },
  },
};

function sent(type: string, schema: Json): Json {
  return { required: true, content: { [type]: { schema } } };
}
