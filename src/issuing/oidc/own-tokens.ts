import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { PublishedKey } from './signing-keys.ts';

const LONGEST = 16 * 1024;

export type OwnTokenCheck = {
  readonly issuer: string;
  readonly keys: readonly PublishedKey[];
  /** RFC 8725 3.11: tokens of every kind carry the same signature; one kind must not pass for another. */
  readonly types: ReadonlySet<string | undefined>;
  /** At which instant it must be good. */
  readonly at: Date;
};

/** What a token says that we signed, with a key that we still publish. Undefined for every other text. */
export async function readOwnToken(
  token: string,
  { issuer, keys, types, at }: OwnTokenCheck,
): Promise<JWTPayload | undefined> {
  if (token.length > LONGEST) return undefined;
  try {
    const { typ, kid } = decodeProtectedHeader(token);
    const key = keys.find(({ keyId }) => keyId === kid);
    if (!key || !types.has(typ)) return undefined;
    const wanted = { issuer, algorithms: [key.alg], currentDate: at };
    return (await jwtVerify(token, key.publicKey, wanted)).payload;
  } catch {
    return undefined;
  }
}
