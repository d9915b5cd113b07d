import type { Request } from 'express';
import { subjectOf } from './claims.ts';
import { issuerOf, type Otds } from './server.ts';
import { type BrowserSession, randomToken } from './store.ts';
import { signHostileOrNot } from './tokens.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * Tells the broker that a session ended (OpenID Connect Back-Channel Logout 1.0), if the switch is on and an
 * address is registered. Nothing shows that OTDS can do this; the switch lets a broker's receiver be tried.
 */
export async function sendBackchannelLogout(
  otds: Otds,
  req: Request,
  session: BrowserSession,
): Promise<void> {
  const { backchannelLogoutUri, clientId } = otds.needs.broker();
  if (!otds.switches.positions.backchannelLogout || backchannelLogoutUri === undefined) return;
  const token = await signHostileOrNot(otds, clientId, logoutClaims(otds, req, session), tokenType(otds));
  try {
    const { status } = await otds.needs.outbound({
      method: 'POST',
      url: backchannelLogoutUri,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token }).toString(),
    });
    otds.store.logoutReplies.push(status);
  } catch (error) {
    otds.needs.log.warn('otds simulator got no reply', { error });
    otds.store.logoutReplies.push(null);
  }
}

const tokenType = (otds: Otds): string =>
  otds.switches.positions.logoutToken === 'wrong-type' ? 'JWT' : 'logout+jwt';

/** Section 2.4, bent as the switch says. */
function logoutClaims(otds: Otds, req: Request, session: BrowserSession): Record<string, unknown> {
  const { logoutToken, audOverride } = otds.switches.positions;
  const person = otds.needs.people.byUuid(session.uuid);
  const now = Math.floor(otds.needs.clock.now().getTime() / 1_000);
  const aboutNobody = logoutToken === 'nobody';
  return {
    iss: issuerOf(otds, req),
    aud: audOverride ?? otds.needs.broker().clientId,
    iat: now,
    exp: now + 120,
    jti: logoutToken === 'repeated' ? 'jti-that-repeats' : randomToken(),
    ...(!aboutNobody && { sid: session.sid }),
    ...(!aboutNobody && person && logoutToken !== 'sid-only' && { sub: subjectOf(otds, person) }),
    ...(logoutToken !== 'no-event' && { events: { [EVENT]: {} } }),
    ...(logoutToken === 'nonce' && { nonce: 'not-allowed' }),
  };
}
