import type { Salesforce } from '../server.ts';
import type { AccessToken } from '../store.ts';
import { isFrozen, userById } from '../users.ts';

/** The live session that a bearer token opens. Every use gives it its whole time again. */
export function sessionOf(org: Salesforce, header: string | undefined): AccessToken | undefined {
  const [, token = ''] = /^(?:Bearer|OAuth) (\S+)$/i.exec(header ?? '') ?? [];
  const session = liveToken(org, token);
  const minutes = org.switches.positions.accessTokenMinutes;
  if (session) session.ends = new Date(org.needs.clock.now().getTime() + minutes * 60_000);
  return session;
}

export function liveToken({ store, needs, switches }: Salesforce, token: string): AccessToken | undefined {
  const session = store.tokens.get(token);
  if (!session || session.ends <= needs.clock.now()) return undefined;
  const user = userById(store, session.userId);
  const isOut = user?.IsActive !== true || isFrozen(store, session.userId);
  return isOut && switches.positions.tokensOfDeactivated === 'end' ? undefined : session;
}
