import type { UpstreamValues } from '../mapping.ts';

/** Claims of the protocol itself: userinfo must never replace them. */
const PROTOCOL_CLAIMS = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'nonce',
  'auth_time',
  'acr',
  'amr',
  'azp',
  'sid',
  'at_hash',
  'c_hash',
]);

/**
 * Flattens claims to values by name: numbers and booleans become text, lists keep their simple members and an empty text
 * for each other one, one level of an object is reached by a dot (`address.locality`). What is signed wins over what
 * userinfo adds.
 */
export function valuesOfClaims(
  idToken: Readonly<Record<string, unknown>>,
  userinfo: Readonly<Record<string, unknown>> | undefined,
): UpstreamValues {
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(userinfo ?? {})) {
    if (!PROTOCOL_CLAIMS.has(name)) addClaim(values, name, value);
  }
  for (const [name, value] of Object.entries(idToken)) addClaim(values, name, value);
  return values;
}

function addClaim(values: Map<string, readonly string[]>, name: string, value: unknown): void {
  const simple = simpleValues(value);
  if (simple) {
    values.set(name, simple);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [member, inner] of Object.entries(value)) {
    const found = simpleValues(inner);
    if (found) values.set(`${name}.${member}`, found);
  }
}

function simpleValues(value: unknown): readonly string[] | undefined {
  // What of a list is no text stands there empty: so nobody takes what is left for the only value.
  if (Array.isArray(value)) return value.map((item: unknown) => textOf(item) ?? '');
  const text = textOf(value);
  return text === undefined ? undefined : [text];
}

/**
 * JSON can hold half a surrogate pair, as a directory leaves it that cuts names after so many characters. That is no text:
 * it cannot be stored, and mended it could become somebody else's. So it says nothing.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? value : '';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
