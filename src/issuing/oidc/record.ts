import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { accessEvents, type Origin } from '../../access-log/index.ts';
import { addMs, newId, SECOND } from '../../base/index.ts';
import { addressOf } from './client-address.ts';
import type { EngineDeps } from './configuration.ts';
import type { StoredGrant } from './grant-store.ts';

/** Routes where something may be given or refused that hangs on a sign-on. */
const ROUTES: ReadonlySet<string> = new Set(['token', 'userinfo', 'introspection', 'revocation', 'resume']);

/** One event for each exit, durable before the answer leaves. What nothing proves is junk and only counted (R6.3). */
export async function recordExit(ctx: KoaContextWithOIDC, deps: EngineDeps): Promise<void> {
  const { oidc } = ctx;
  if (!ROUTES.has(oidc.route)) return;
  if (oidc.route === 'token' && ctx.status === 200) return recordIssued(ctx, deps);
  if (oidc.route === 'revocation' && ctx.status === 200) return recordRevoked(ctx, deps);
  const refusal = deps.rights.refusal(ctx);
  if (refusal || (oidc.route === 'token' && ctx.status >= 400)) await recordRefused(ctx, deps);
}

async function recordIssued(ctx: KoaContextWithOIDC, deps: EngineDeps): Promise<void> {
  const { entities, params } = ctx.oidc;
  const access = entities.AccessToken ?? entities.ClientCredentials;
  if (!access) return;
  const held = deps.rights.held(ctx);
  await deps.accessLog.append(
    accessEvents.tokenIssued({
      thread: held?.binding.thread ?? newId('lgn'),
      ...about(held?.binding),
      relyingParty: access.clientId ?? '',
      facts: {
        grantType: String(params?.['grant_type']),
        artefacts: [access, entities.RefreshToken].flatMap((token) => (token ? [artefactOf(token.jti)] : [])),
        ...(typeof access.aud === 'string' && { resource: access.aud }),
        scopes: [...access.scopes].filter(Boolean),
        expires: addMs(deps.clock.now(), access.expiration * SECOND).toISOString(),
        ...(held && { because: [...new Set(held.entitlement.roles.flatMap(({ because }) => because))] }),
      },
    }),
  );
}

async function recordRefused(ctx: KoaContextWithOIDC, deps: EngineDeps): Promise<void> {
  const { oidc } = ctx;
  const client = oidc.client?.clientId;
  const grant = await grantBehind(ctx, deps);
  const { error, error_description: description } = (ctx.body ?? {}) as Record<string, unknown>;
  if (client === undefined || (grant === undefined && !isProven(oidc.client, error))) {
    const kind = client === undefined ? 'oidc.token' : `oidc.token.${client}`;
    return deps.accessLog.countJunk(kind, addressOf(ctx.req));
  }
  const refusal = deps.rights.refusal(ctx);
  const reason = refusal?.reason ?? [error, description].filter(Boolean).join(': ');
  await deps.accessLog.append(
    accessEvents.tokenRefused({
      thread: grant?.binding.thread ?? newId('lgn'),
      ...about(grant?.binding),
      relyingParty: client,
      code: refusal?.code ?? 'issuing.token_refused',
      facts: { grantType: grantTypeOf(ctx), ...(reason && { reason }) },
      personal: originOf(ctx),
    }),
  );
}

/**
 * Everybody knows the name of an application: only its secret shows that it is the one that asks. A public one has none.
 */
function isProven(client: KoaContextWithOIDC['oidc']['client'], error: unknown): boolean {
  return client?.clientAuthMethod !== 'none' && error !== 'invalid_client';
}

async function recordRevoked(ctx: KoaContextWithOIDC, deps: EngineDeps): Promise<void> {
  const { entities, client } = ctx.oidc;
  const token = entities.RefreshToken ?? entities.AccessToken ?? entities.ClientCredentials;
  // RFC 7009 2.2: asking to revoke what is not there, or is another's, is answered like success.
  if (!token || !client || token.clientId !== client.clientId) return;
  const grant = await grantBehind(ctx, deps);
  await deps.accessLog.append(
    accessEvents.tokenRevoked({
      thread: grant?.binding.thread ?? newId('lgn'),
      ...about(grant?.binding),
      relyingParty: client.clientId,
      facts: { artefacts: [artefactOf(token.jti)], reason: 'asked by the application' },
    }),
  );
}

function about(binding: StoredGrant['binding'] | undefined) {
  return binding && { personId: binding.personId, session: binding.sessionId };
}

/** Whatever token was shown, as far as it was known. */
async function grantBehind(ctx: KoaContextWithOIDC, deps: EngineDeps): Promise<StoredGrant | undefined> {
  const binding = deps.rights.held(ctx)?.binding ?? deps.rights.refusal(ctx)?.binding;
  if (binding) return { binding, payload: {} };
  const { AccessToken, RefreshToken, AuthorizationCode, Grant } = ctx.oidc.entities;
  const id = Grant?.jti ?? (AccessToken ?? RefreshToken ?? AuthorizationCode)?.grantId;
  return id === undefined ? undefined : deps.rights.grant(ctx, id);
}

function grantTypeOf(ctx: KoaContextWithOIDC): string {
  const asked = ctx.oidc.params?.['grant_type'];
  return ctx.oidc.route === 'token' && typeof asked === 'string' ? asked.slice(0, 60) : ctx.oidc.route;
}

/** The id of an opaque token is the token: only its hash is ever written. */
export function artefactOf(jti: string): string {
  return createHash('sha256').update(jti).digest('hex').slice(0, 32);
}

function originOf(ctx: KoaContextWithOIDC): Origin {
  const userAgent = ctx.get('user-agent').slice(0, 300);
  return { address: addressOf(ctx.req), ...(userAgent && { userAgent }) };
}
