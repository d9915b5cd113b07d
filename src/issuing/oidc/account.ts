import { type Account, type Configuration, errors, type Grant, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../base/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { ConfiguredClaims } from './claims.ts';
import { type Parties, resourceOf } from './parties.ts';
import type { OidcNeeds } from './ports.ts';
import { described, type RequestRights } from './request-rights.ts';
import { checkBoundResource } from './resources.ts';
import type { Rights } from './rights.ts';
import { sidOf } from './session-names.ts';
import { Asked } from './sign-in-prompt.ts';

/** Scopes of OpenID Connect itself and the claims behind them; everything else is a scope of a store. */
export const STANDARD_SCOPES = {
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  email: ['email', 'email_verified'],
} as const;
export const STANDARD: ReadonlySet<string> = new Set(['openid', ...Object.keys(STANDARD_SCOPES)]);

type Deps = {
  readonly rights: RequestRights;
  readonly parties: Parties;
  readonly claims: ConfiguredClaims;
  readonly clock: Clock;
  readonly keys: Pick<Keys, 'lookup'>;
  readonly browserSession: OidcNeeds['browserSession'];
};

type FoundToken = Parameters<NonNullable<Configuration['findAccount']>>[2];

/**
 * The person behind a sign-on or a token. Access is decided here, because the library comes by before it uses up a
 * refresh token (trap: a refusal later would burn it).
 */
export async function findAccount(
  ctx: KoaContextWithOIDC,
  subject: string,
  token: FoundToken,
  deps: Deps,
): Promise<Account | undefined> {
  const rights = token ? await ofToken(ctx, token, deps) : await ofSignOn(ctx, deps);
  if (rights?.person.id !== subject) return undefined;
  return {
    accountId: rights.person.id,
    claims: (_use, scope, asked) => claimsOf(rights, scope, asked, deps),
  };
}

async function ofSignOn(ctx: KoaContextWithOIDC, deps: Deps): Promise<Rights> {
  const rights = await deps.rights.ofSignOn(ctx);
  // Whoever lets a victim answer their request has the way back, but not the victim's session (R2.1).
  if ((await deps.browserSession(ctx.req)) !== rights.binding.sessionId) {
    throw new errors.LoginRequired('this browser has no session here');
  }
  const asked = Asked.safeParse(ctx.oidc.entities.Interaction?.prompt.details).data;
  if (asked?.hintedSubject !== undefined && asked.hintedSubject !== rights.person.id) {
    throw new errors.LoginRequired('another person is signed in than id_token_hint names');
  }
  return rights;
}

async function ofToken(
  ctx: KoaContextWithOIDC,
  token: NonNullable<FoundToken>,
  deps: Deps,
): Promise<Rights | undefined> {
  const isUserinfo = ctx.oidc.route === 'userinfo';
  const isRefresh = token.kind === 'RefreshToken';
  const client = deps.parties.application(token.clientId ?? '');
  if (!client) return undefined;
  if (!isUserinfo) checkBoundResource(ctx, client, 'resource' in token ? token.resource : undefined);
  try {
    const asked = isUserinfo ? 'userinfo' : isRefresh ? 'refresh' : 'login';
    const rights = await deps.rights.ofGrant(ctx, token.grantId, token.scopes, asked);
    if (rights && ctx.oidc.grant) takeBack(ctx.oidc.grant, rights);
    return rights;
  } catch (error) {
    const reason = deps.rights.refusal(ctx)?.reason;
    // RFC 6750 3.1
    if (isUserinfo && reason !== undefined) throw described(new errors.InvalidToken(reason), reason);
    throw error;
  }
}

/** Scopes of the application itself travel with those of OpenID Connect; what was lost since is left out. */
function takeBack(grant: Grant, rights: Rights): void {
  const held = grant.getOIDCScope().split(' ').filter(Boolean);
  const lost = held.filter((scope) => !STANDARD.has(scope) && !rights.scopes.includes(scope));
  if (lost.length > 0) grant.rejectOIDCScope(lost);
}

/** A grant of its own for each sign-on, so that two tabs of one application never share one (R8.4). */
export async function openGrant(ctx: KoaContextWithOIDC, deps: Deps): Promise<Grant> {
  const rights = await deps.rights.ofSignOn(ctx);
  const { client, store, binding } = rights;
  const properties = { accountId: binding.personId, clientId: client.id, expiresIn: rights.secondsLeft };
  const grant = new ctx.oidc.provider.Grant(properties);
  const standard = [...ctx.oidc.requestParamScopes].filter((scope) => STANDARD.has(scope));
  grant.addOIDCScope(store.id === client.id ? [...standard, ...rights.scopes] : standard);
  grant.addOIDCClaims(ctx.oidc.requestParamClaims);
  grant.addResourceScope(resourceOf(store), [...rights.scopes]);
  await grant.save();
  ctx.oidc.session?.sidFor(client.id, sidOf(deps.keys, binding.sessionId, client.id));
  // Always told, not only to those who asked: logging out by it must be possible for all.
  (ctx.oidc.claims as { id_token?: object }).id_token = { ...ctx.oidc.claims.id_token, sid: null };
  return grant;
}

/**
 * The mask of the library picks from these by the names of all applications together: what another one calls its own
 * claim must not bring out more of the person here than was asked for.
 */
function claimsOf(
  rights: Rights,
  scope: string,
  asked: object,
  deps: Deps,
): { sub: string; [claim: string]: unknown } {
  const { person } = rights;
  const scopes = new Set(scope.split(' '));
  // Core 5.5: asked for one by one, they are those that anybody may have by a scope.
  const names = Object.entries(STANDARD_SCOPES).flatMap(([name, claims]) =>
    claims.filter((claim) => scopes.has(name) || claim in asked),
  );
  const known: Readonly<Record<string, string | boolean | undefined>> = {
    name: person.displayName,
    given_name: person.givenName,
    family_name: person.familyName,
    preferred_username: person.login,
    email: person.mail,
    // Core 5.1. Left out where nobody vouches: many applications turn away everybody of whom it is false.
    ...(rights.isMailVouched && person.mail !== undefined && { email_verified: true }),
  };
  const standard = Object.fromEntries(names.map((name) => [name, known[name]]));
  return { ...standard, ...deps.claims.of(rights.client, rights, deps.clock.now()), sub: person.id };
}
