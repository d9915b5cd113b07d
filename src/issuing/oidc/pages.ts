import type { KoaContextWithOIDC } from 'oidc-provider';
import { Unavailable } from '../../base/index.ts';
import { allowFormTarget, requestId, type Views } from '../../platform/http/index.ts';

/** What the library says in its own words for developers, for the person who stands before the page. */
const SENTENCES: Readonly<Record<string, string>> = {
  invalid_client:
    'The application that sent you here is not known to us. Go back to it, or tell its operator.',
  invalid_redirect_uri:
    'The application asked us to send you to an address that is not registered for it, so we did not.',
  invalid_request:
    'This sign-in can not go on: it was answered already, or has waited too long. Begin again.',
};

/** A refusal that has nowhere to be sent back to, or a system that is away: then it says so and when to try again. */
export function errorPage(
  ctx: KoaContextWithOIDC,
  out: { readonly error: string },
  error: unknown,
  views: Views,
): void {
  if (error instanceof Unavailable) {
    awayPage(ctx, error, views);
    return;
  }
  ctx.type = 'html';
  ctx.body = views.render('error', {
    status: ctx.status,
    code: ctx.status < 500 ? `issuing.oidc_${out.error}` : 'http.internal',
    message:
      SENTENCES[out.error] ??
      (ctx.status < 500
        ? 'The application sent a request that we do not take.'
        : 'Something went wrong on our side.'),
    retryAfterSeconds: null,
    reference: requestId() ?? '',
  });
}

function awayPage(ctx: KoaContextWithOIDC, away: Unavailable, views: Views): void {
  const { status, code, publicMessage: message, retryAfterSeconds = null } = away;
  ctx.status = status;
  if (retryAfterSeconds !== null) ctx.set('retry-after', String(retryAfterSeconds));
  ctx.type = 'html';
  ctx.body = views.render('error', {
    ...{ status, code, message, retryAfterSeconds },
    reference: requestId() ?? '',
  });
}

/**
 * `form_post`: our own page in place of the library's, whose inline script our policy does not want, and which the
 * policy's form-action would not let post to the application (R2.6).
 */
export function ownFormPost(ctx: KoaContextWithOIDC, views: Views): void {
  const { params } = ctx.oidc;
  const target = params?.['redirect_uri'];
  if (
    !params ||
    ctx.oidc.responseMode !== 'form_post' ||
    typeof ctx.body !== 'string' ||
    typeof target !== 'string'
  )
    return;
  if (!ctx.body.includes('<form method="post"')) return;
  const fields = [...ctx.body.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)"\/>/g)].map(
    ([, name = '', value = '']) => ({ name, value: unescaped(value) }),
  );
  ctx.body = views.render('post', { title: ctx.oidc.client?.clientName ?? target, action: target, fields });
  ctx.status = 200;
  allowFormTarget(ctx.res as Parameters<typeof allowFormTarget>[0], new URL(target));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescaped(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
