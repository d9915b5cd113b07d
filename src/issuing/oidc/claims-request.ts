import { errors } from 'oidc-provider';
import { z } from 'zod';

/** How one claim is asked for (OpenID Connect Core 5.5.1). What else is said about it is ignored. */
const Wanted = z
  .looseObject({
    essential: z.boolean().optional(),
    value: z.unknown().optional(),
    values: z.array(z.unknown()).optional(),
  })
  .nullable();

const Part = z.record(z.string().max(200), Wanted);

/** The `claims` parameter. */
export const ClaimsRequest = z.looseObject({ userinfo: Part.optional(), id_token: Part.optional() });
export type ClaimsRequest = z.infer<typeof ClaimsRequest>;

/** A request is kept with everything that is given for it, so nobody may ask without measure. */
const MOST_BYTES = 4_096;
const MOST_ACRS = 20;

/** @throws errors.InvalidRequest for what cannot be understood, before anybody signs in. */
export function checkClaimsRequest(claims: unknown): void {
  const read = ClaimsRequest.safeParse(claims);
  if (!read.success) throw new errors.InvalidRequest('a member of the claims parameter has the wrong type');
  if (JSON.stringify(claims).length > MOST_BYTES) {
    throw new errors.InvalidRequest('the claims parameter is too long');
  }
  const acr = read.data.id_token?.['acr'];
  // A demand is met as a whole or refused (Core 5.5.1.1): without the part that cannot be kept it would be another one.
  if (acr?.essential === true && !isKept(namesIn(acr))) {
    throw new errors.InvalidRequest('acr is demanded with values that are too many, too long or no texts');
  }
}

export type WantedAcr = { readonly values: string[]; readonly essential: boolean };

/** As an essential claim it is a demand (Core 5.5.1.1); `acr_values` and a voluntary claim are a wish (3.1.2.1). */
export function wantedAcr(claims: unknown, acrValues: unknown): WantedAcr | undefined {
  const asked = typeof claims === 'string' ? ClaimsRequest.parse(JSON.parse(claims)).id_token?.['acr'] : null;
  const named = texts(namesIn(asked));
  if (asked?.essential === true && named.length > 0) return { values: named, essential: true };
  const wished = typeof acrValues === 'string' ? texts(acrValues.split(' ')) : named;
  return wished.length > 0 ? { values: wished, essential: false } : undefined;
}

function namesIn(asked: z.infer<typeof Wanted> | undefined): readonly unknown[] {
  return asked?.values ?? (asked?.value === undefined ? [] : [asked.value]);
}

function isKept(values: readonly unknown[]): boolean {
  return texts(values).length === values.length;
}

function texts(values: readonly unknown[]): string[] {
  return values
    .filter((value): value is string => typeof value === 'string' && value !== '' && value.length <= 500)
    .slice(0, MOST_ACRS);
}
