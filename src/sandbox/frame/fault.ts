import { z } from 'zod';

const Match = z
  .strictObject({
    method: z.string().toUpperCase().optional(),
    host: z.string().optional().meta({ description: 'Exact host name without port.' }),
    path: z
      .string()
      .refine(
        isPattern,
        'must start with "/" (a prefix) or be a valid regular expression that starts with "^"',
      )
      .optional()
      .meta({ description: 'A prefix that starts with "/", or a regular expression that starts with "^".' }),
  })
  .meta({ description: 'Which requests are hit; all of them when absent. The query string does not count.' });

const common = {
  match: Match.optional(),
  times: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'How many requests are hit; until removed when absent.' }),
};

/** One way in which a simulator misbehaves. */
export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slow'), ms: z.int().min(0).max(120_000), ...common }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    body: z.json().optional().meta({ description: 'A text is sent as it is, anything else as JSON.' }),
    headers: z.record(z.string(), z.string()).optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('rate-limited'),
    headers: z.boolean().default(true).meta({ description: 'Whether the answer says when to come back.' }),
    resetMs: z.int().min(0).default(1_000),
    ...common,
  }),
  z.strictObject({ kind: z.literal('lost-reply'), ...common }),
  z.strictObject({ kind: z.literal('refuse-connection'), ...common }),
  z.strictObject({ kind: z.literal('hold'), when: z.enum(['before', 'after']).default('before'), ...common }),
  z.strictObject({ kind: z.literal('revoked-token'), ...common }),
  z.strictObject({ kind: z.literal('html-503'), ...common }),
]);
export type Fault = z.infer<typeof Fault>;
/** As it is written: with defaults left out. */
export type FaultInput = z.input<typeof Fault>;

/** What each kind does, for the control page. */
export const FAULT_KINDS: Readonly<Record<Fault['kind'], string>> = {
  slow: 'The request is answered after `ms` milliseconds.',
  status: 'Nothing is carried out; the given status, headers and body are the answer.',
  'rate-limited': 'Nothing is carried out; 429, with or without headers that name the wait.',
  'lost-reply': 'The request is carried out, then the connection is cut instead of an answer.',
  'refuse-connection': 'The connection is cut before anything is carried out.',
  hold: 'The request waits for POST /faults/{system}/release, before or after it is carried out.',
  'revoked-token': 'The credentials of the request are treated as revoked.',
  'html-503': 'Nothing is carried out; a proxy answers 503 with an HTML page.',
};

export type RequestFacts = { readonly method: string; readonly host: string; readonly path: string };

export function isHit(fault: Fault, request: RequestFacts): boolean {
  const { method, host, path } = fault.match ?? {};
  if (method !== undefined && method !== request.method) return false;
  if (host !== undefined && host !== request.host) return false;
  if (path === undefined) return true;
  return path.startsWith('^') ? new RegExp(path).test(request.path) : request.path.startsWith(path);
}

function isPattern(path: string): boolean {
  if (path.startsWith('/')) return true;
  if (!path.startsWith('^')) return false;
  try {
    new RegExp(path);
    return true;
  } catch {
    return false;
  }
}
