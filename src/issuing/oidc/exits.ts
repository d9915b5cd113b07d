import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { Unavailable } from '../../base/index.ts';
import type { EngineDeps } from './configuration.ts';
import { introspectSigned, tellPresent } from './introspection.ts';
import { errorPage, ownFormPost } from './pages.ts';
import { recordExit } from './record.ts';
import type { PublishedKey } from './signing-keys.ts';

/** Where nothing says when what is away will be back. */
const RETRY_AFTER_SECONDS = 5;

export type ExitDeps = EngineDeps & { readonly signingKeys: readonly PublishedKey[] };

/**
 * What happens to every answer of the library before it leaves: the event is durable first (DESIGN §1.7), the
 * library's own session cookie stays home, and faults are told as what they are.
 */
export function withExits(provider: Provider, deps: ExitDeps): void {
  const faults = new WeakMap<object, unknown>();
  const signed = new WeakSet<object>();
  provider.on('server_error', (ctx: object, error: unknown) => void faults.set(ctx, error));
  provider.on('introspection.error', (ctx: object, error: unknown) => {
    if (error instanceof errors.UnsupportedTokenType) signed.add(ctx);
  });
  const sessionCookie = provider.cookieName('session');
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    await next();
    // Routes that do not exist never got a context of the library.
    if (!ctx.oidc) return;
    dropCookie(ctx, sessionCookie);
    const fault = faults.get(ctx) ?? (signed.has(ctx) ? await tellOfSigned(ctx, deps) : undefined);
    if (fault !== undefined) return tellFault(ctx, fault, deps);
    discover(ctx);
    sayScope(ctx);
    sayRevoked(ctx);
    sayPresent(ctx, deps);
    ownFormPost(ctx, deps.views);
    try {
      await recordExit(ctx, deps);
    } catch (error) {
      withhold(ctx, error, deps);
    }
  });
}

function tellFault(ctx: KoaContextWithOIDC, fault: unknown, deps: EngineDeps): void {
  deps.log.error('request failed', { route: ctx.oidc.route, error: fault });
  // A page has said it already.
  if (!(fault instanceof Unavailable) || ctx.status < 500 || ctx.type === 'text/html') return;
  tellAway(ctx, fault, 'a system that is needed does not answer');
}

/** R6.4: what can not be written down does not leave. */
function withhold(ctx: KoaContextWithOIDC, error: unknown, deps: EngineDeps): void {
  deps.log.error('answer withheld because its event could not be written', { route: ctx.oidc.route, error });
  for (const header of ['location', 'set-cookie', 'www-authenticate']) ctx.remove(header);
  ctx.status = 503;
  // People stand before this route, programs before the others.
  if (ctx.oidc.route === 'resume') errorPage(ctx, { error: 'server_error' }, error, deps.views);
  else tellAway(ctx, error, 'the access log does not answer');
}

function tellAway(ctx: KoaContextWithOIDC, fault: unknown, why: string): void {
  const asked = fault instanceof Unavailable ? fault.retryAfterSeconds : undefined;
  ctx.status = 503;
  ctx.set('retry-after', String(asked ?? RETRY_AFTER_SECONDS));
  ctx.body = { error: 'temporarily_unavailable', error_description: why };
}

function dropCookie(ctx: KoaContextWithOIDC, name: string): void {
  const set = ctx.response.get('set-cookie') as unknown as string | string[];
  if (!set) return;
  const kept = [set].flat().filter((cookie) => !cookie.startsWith(`${name}=`));
  if (kept.length === 0) ctx.remove('set-cookie');
  else ctx.set('set-cookie', kept);
}

/** The library lists a response mode that no client of ours may use. */
function discover(ctx: KoaContextWithOIDC): void {
  if (ctx.oidc.route !== 'discovery') return;
  ctx.body = { ...(ctx.body as object), response_modes_supported: ['query', 'form_post'] };
}

/** The library does not answer about tokens that it does not keep. @returns the fault, when that cannot be said. */
async function tellOfSigned(ctx: KoaContextWithOIDC, deps: ExitDeps): Promise<unknown> {
  try {
    const { issuer } = ctx.oidc.provider;
    const answer = await introspectSigned(ctx, { ...deps, issuer, keys: deps.signingKeys });
    ctx.status = 200;
    ctx.type = 'json';
    ctx.body = answer;
    return undefined;
  } catch (error) {
    ctx.status = 500;
    ctx.type = 'json';
    ctx.body = { error: 'server_error' };
    return error ?? new TypeError('a fault without a value');
  }
}

/**
 * RFC 6749 5.1: a scope that is said is not empty, and one that is not said was given as it was asked for. Where
 * nothing was given at the store, what the sign-on gave is said, as its ID token shows it.
 */
function sayScope(ctx: KoaContextWithOIDC): void {
  if (ctx.oidc.route !== 'token' || ctx.status !== 200) return;
  const { scope, ...body } = ctx.body as Record<string, unknown>;
  if (scope !== '') return;
  const given = ctx.oidc.entities.Grant?.getOIDCScope();
  ctx.body = { ...body, ...(given && { scope: given }) };
}

/** RFC 7009 2.2: nobody reads the body. Libraries that read every answer as JSON find some. */
function sayRevoked(ctx: KoaContextWithOIDC): void {
  if (ctx.oidc.route !== 'revocation' || ctx.status !== 200) return;
  ctx.type = 'json';
  ctx.body = {};
}

function sayPresent(ctx: KoaContextWithOIDC, { rights, clock }: ExitDeps): void {
  const held = rights.held(ctx);
  if (ctx.oidc.route !== 'introspection' || !held) return;
  const body = ctx.body as Record<string, unknown>;
  if (body['active'] === true) ctx.body = tellPresent(body, held, clock);
}
