import type { z } from 'zod';
import type { Problem } from '../base/index.ts';
import { mapSecrets } from '../platform/config/index.ts';
import { isObject } from './merge-patch.ts';

/**
 * A secret never leaves again. In answers stands `{ "set": true, "ref": "…" }` in its place; sent back, the reference
 * stands for the secret that is stored, so that a list can be changed without knowing all of it.
 */
export type SecretReference = { readonly set: true; readonly ref: string };

/** A keyed hash: says that two are equal, and nothing about either. */
export type RefOf = (secret: string) => string;

/** As an answer may show it. What the schema does not know might be a secret of another version. */
export function withoutSecrets(schema: z.ZodType, document: unknown, refOf: RefOf): unknown {
  const reference = (value: unknown): SecretReference => ({ set: true, ref: refOf(String(value)) });
  return mapSecrets(schema, document, {
    secret: (value) => (typeof value === 'string' ? reference(value) : { set: true }),
    unknown: () => ({ set: true }),
  });
}

export type WithSecrets = { readonly document: unknown; readonly problems: readonly Problem[] };

/** Puts the stored secrets in the place of references to them. */
export function withStoredSecrets(
  schema: z.ZodType,
  document: unknown,
  { stored, refOf }: { readonly stored: unknown; readonly refOf: RefOf },
): WithSecrets {
  const known = new Map([...secretsIn(schema, stored).values()].map((secret) => [refOf(secret), secret]));
  const problems: Problem[] = [];
  const completed = mapSecrets(schema, document, {
    secret(value, path) {
      if (!isObject(value) || !('ref' in value)) return value;
      const secret = known.get(String(value['ref']));
      if (secret === undefined)
        problems.push({ path, message: 'no stored secret has this ref; give it anew' });
      return secret ?? value;
    },
  });
  return { document: completed, problems };
}

/**
 * R7.2: whoever can write and does not know a secret must not lead what it protects to a host of their own. So a host
 * that is new to an object wants all its secrets anew.
 *
 * @param sent what came with the request; what it holds need not be given again.
 */
export function secretsToGiveAgain(
  schema: z.ZodType,
  change: { readonly before: unknown; readonly after: unknown; readonly sent: unknown },
): Problem[] {
  const known = hostsIn(schema, change.before);
  const added = [...hostsIn(schema, change.after)].find((host) => !known.has(host));
  if (added === undefined) return [];
  const sent = new Set(secretsIn(schema, change.sent).values());
  return [...secretsIn(schema, change.after)]
    .filter(([, secret]) => !sent.has(secret))
    .map(([path]) => ({ path, message: `give it again: ${added} is a new host of this object` }));
}

/** By their path. */
function secretsIn(schema: z.ZodType, document: unknown): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  mapSecrets(schema, document, {
    secret(value, path) {
      if (typeof value === 'string') secrets.set(path, value);
      return value;
    },
  });
  return secrets;
}

function hostsIn(schema: z.ZodType, document: unknown): ReadonlySet<string> {
  const hosts = new Set<string>();
  collect(mapSecrets(schema, document, { secret: () => null }));
  return hosts;

  function collect(value: unknown): void {
    if (typeof value === 'string') {
      // Only the parser knows what it takes for a URL: white space before it, line breaks inside of it.
      const url = URL.parse(value);
      if (url && /^https?:$/.test(url.protocol)) hosts.add(url.host);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  }
}
