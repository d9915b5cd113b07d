import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { type Clock, SECOND } from '../../base/index.ts';
import { STANDARD } from './account.ts';
import { readOwnToken } from './own-tokens.ts';
import { type Parties, resourceOf } from './parties.ts';
import type { RequestRights } from './request-rights.ts';
import type { Rights } from './rights.ts';
import type { PublishedKey } from './signing-keys.ts';
import { factsOf } from './token-facts.ts';

type Introspection = NonNullable<NonNullable<Configuration['features']>['introspection']>;

type Deps = { readonly parties: Parties; readonly rights: RequestRights };

/** Who may ask about which token, and whether it still counts (RFC 7662). */
export function introspection(deps: Deps): Introspection & { readonly enabled: true } {
  return {
    enabled: true,
    allowedPolicy: async (ctx, _client, token) => {
      const audience = 'aud' in token ? token.aud : undefined;
      const isTheirs = mayAsk(ctx, { clientId: token.clientId, audience }, deps);
      if (!isTheirs || token.kind === 'ClientCredentials') return isTheirs;
      const grantId = 'grantId' in token ? token.grantId : undefined;
      return (await presentRights(ctx, grantId, token.scopes, deps)) !== undefined;
    },
  };
}

/** Whoever holds the token, and whoever it is for; a public client proves that it is neither. */
function mayAsk(
  ctx: KoaContextWithOIDC,
  token: { readonly clientId: string | undefined; readonly audience: unknown },
  { parties }: Deps,
): boolean {
  const { clientId, clientAuthMethod = 'none' } = ctx.oidc.client ?? {};
  if (clientId === undefined || clientAuthMethod === 'none') return false;
  const asking = parties.application(clientId);
  return token.clientId === clientId || (asking !== undefined && token.audience === resourceOf(asking));
}

/** R3.4: when access ended earlier than the token, it is not active any more. */
async function presentRights(
  ctx: KoaContextWithOIDC,
  grantId: string | undefined,
  scopes: ReadonlySet<string>,
  { rights }: Deps,
): Promise<Rights | undefined> {
  return rights.ofGrant(ctx, grantId, scopes, 'introspection').catch((error) => {
    if (rights.refusal(ctx)) return undefined;
    throw error;
  });
}

const AccessTokenClaims = z.looseObject({
  sub: z.string(),
  client_id: z.string(),
  aud: z.string(),
  exp: z.number(),
  scope: z.string().optional(),
  grant_id: z.string(),
  cnf: z.looseObject({ jkt: z.string().optional() }).optional(),
});
type AccessTokenClaims = z.infer<typeof AccessTokenClaims>;

const TYPES = new Set(['at+jwt']);

export type SignedTokenDeps = Deps & {
  readonly issuer: string;
  readonly keys: readonly PublishedKey[];
  readonly clock: Clock;
};

/**
 * The answer about a signed access token, which the library does not know: it may be over, though its signature holds
 * and its time is not up. To be called once the library found out who asks. Everything that is no such token of ours,
 * for whoever asks, is not active, and nothing more is said of it (RFC 7662 2.2).
 *
 * @throws when a source that must answer does not.
 */
export async function introspectSigned(
  ctx: KoaContextWithOIDC,
  deps: SignedTokenDeps,
): Promise<Record<string, unknown>> {
  const claims = await readAccessToken(String(ctx.oidc.params?.['token']), deps);
  if (!claims || !mayAsk(ctx, { clientId: claims.client_id, audience: claims.aud }, deps)) return INACTIVE;
  const scopes = new Set(claims.scope?.split(' '));
  const rights = await presentRights(ctx, claims.grant_id, scopes, deps);
  if (!rights || !isAbout(rights, claims)) return INACTIVE;
  const { grant_id: _grant, ...told } = claims;
  return { active: true, ...told, token_type: claims.cnf?.jkt === undefined ? 'Bearer' : 'DPoP' };
}

const INACTIVE = { active: false } as const;

async function readAccessToken(
  token: string,
  { issuer, keys, clock }: SignedTokenDeps,
): Promise<AccessTokenClaims | undefined> {
  const payload = await readOwnToken(token, { issuer, keys, types: TYPES, at: clock.now() });
  return AccessTokenClaims.safeParse(payload).data;
}

/** What the grant says is what the token says: its name alone is no proof. */
function isAbout({ binding, client, store }: Rights, claims: AccessTokenClaims): boolean {
  return (
    binding.personId === claims.sub && client.id === claims.client_id && resourceOf(store) === claims.aud
  );
}

/** What was lost since the token was given is left out of an answer about it, and so is time that it has no more. */
export function tellPresent(
  answer: Record<string, unknown>,
  rights: Rights,
  clock: Clock,
): Record<string, unknown> {
  const { scope, exp } = answer;
  const kept = new Set([...STANDARD, ...rights.scopes]);
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((each) => kept.has(each)) : [];
  const ends = Math.floor(clock.now().getTime() / SECOND) + rights.secondsLeft;
  return {
    ...answer,
    ...('roles' in answer && factsOf(rights)),
    ...(typeof exp === 'number' && { exp: Math.min(exp, ends) }),
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
  };
}
