import { z } from 'zod';
import { MINUTE } from '../base/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Session, Sessions } from '../session/index.ts';
import type { OidcLogouts } from './ports.ts';
import type { Closing } from './run.ts';
import { createSealedValues, randomText } from './run-store.ts';

/** Parameters of OpenID Connect RP-Initiated Logout 1.0, 2. A value that is no short text counts as absent. */
const short = z.string().min(1).max(2_000).optional().catch(undefined);
export const EndSessionRequest = z.object({
  id_token_hint: z.string().min(1).max(16_000).optional().catch(undefined),
  logout_hint: short,
  client_id: short,
  post_logout_redirect_uri: short,
  state: short,
  ui_locales: short,
});
export type EndSessionRequest = z.infer<typeof EndSessionRequest>;

/** From a cross-site POST to the page that follows at once (R2.2). */
export const PASSING_MS = MINUTE;
/** How long a person may look at the question whether to sign out. */
export const ASKING_MS = 15 * MINUTE;

/** What a relying party sent by a form of its own, until a page of ours goes on with it (R2.2). */
export interface ParkedRequests {
  park(request: EndSessionRequest, ttlMs: number): Promise<string>;
  find(handle: string): Promise<EndSessionRequest | undefined>;
}

export function createParkedRequests(keyValue: KeyValueStore, keys: Pick<Keys, 'sealer'>): ParkedRequests {
  const sealed = createSealedValues(keyValue, keys);
  return {
    async park(request, ttlMs) {
      const handle = randomText();
      await sealed.set(`logout:request:${handle}`, request, ttlMs);
      return handle;
    },
    async find(handle) {
      if (!/^[\w-]{43}$/.test(handle)) return undefined;
      const value = await sealed.get(`logout:request:${handle}`);
      return value === undefined ? undefined : EndSessionRequest.parse(value);
    },
  };
}

export type Judged = {
  /** The hint proves that the relying party speaks about this very session: no question is needed (R8.2). */
  readonly isProven: boolean;
  /** Who asks, as far as the request says so without contradiction. */
  readonly relyingParty?: string;
  /** Where to go back to; only an address that this very client registered. */
  readonly closing?: Extract<Closing, { kind: 'link' }>;
};

type Needs = { readonly oidc: OidcLogouts; readonly sessions: Pick<Sessions, 'findByParty'> };

/**
 * Believes of the request what can be proven. A `client_id` beside a hint must be the hint's; an address to go back
 * to must be registered, exactly, for the client that the hint or `client_id` names; nothing else of the request
 * leads anywhere.
 */
export async function judge(
  request: EndSessionRequest,
  session: Session | undefined,
  { oidc, sessions }: Needs,
): Promise<Judged> {
  const { id_token_hint: token, client_id: clientId } = request;
  const hint = token === undefined ? undefined : await oidc.verifyIdTokenHint(token);
  // A hint that cannot be read, or of another client, makes the whole request doubtful: somebody put it together.
  if (token !== undefined && (!hint || (clientId !== undefined && clientId !== hint.aud))) {
    return { isProven: false };
  }
  const relyingParty = hint?.aud ?? clientId;
  if (relyingParty === undefined) return { isProven: false };
  const closing = closingOf(request, relyingParty, oidc);
  const isProven = hint !== undefined && session !== undefined && (await isAbout(session, hint, sessions));
  return { isProven, relyingParty, ...(closing && { closing }) };
}

async function isAbout(
  session: Session,
  { aud, sub, sid }: { readonly aud: string; readonly sub: string; readonly sid: string },
  sessions: Needs['sessions'],
): Promise<boolean> {
  const found = await sessions.findByParty({ relyingParty: aud, subject: sub, handles: [sid] });
  return found.some(({ id, personId }) => id === session.id && personId === session.personId);
}

function closingOf(request: EndSessionRequest, relyingParty: string, oidc: OidcLogouts): Judged['closing'] {
  const wanted = request.post_logout_redirect_uri;
  // RP-Initiated Logout 3: compared as texts; a URL that only looks equal is another one.
  if (wanted === undefined || !oidc.isPostLogoutRedirect(relyingParty, wanted)) return undefined;
  const url = new URL(wanted);
  if (request.state !== undefined) url.searchParams.set('state', request.state);
  return { kind: 'link', relyingParty, url: url.href };
}
