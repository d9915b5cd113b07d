import type { Request } from 'express';
import type { Token } from '../model.ts';
import { hasRole } from '../roles.ts';
import type { Iconik } from '../server.ts';
import { type Answer, type Caller, errors, type Route } from './call.ts';

export type Access =
  | { readonly outcome: 'granted'; readonly caller: Caller }
  | { readonly outcome: 'refused'; readonly answer: Answer };

const refuse = (status: number, text: string): Access => ({
  outcome: 'refused',
  answer: errors(status, text),
});

/** Application and token belong together; the token lives as long as its user is active. */
export function authenticate(iconik: Iconik, req: Request): Access {
  const { oauth } = iconik.switches.positions;
  const bearer = /^Bearer (.+)$/i.exec(req.get('authorization') ?? '')?.[1];
  const given = bearer === undefined || oauth === 'off' ? req.get('auth-token') : bearer;
  const appId = req.get('app-id');
  const needsApp = bearer === undefined || oauth !== 'client-credentials';
  if (given === undefined || given === '') return refuse(401, 'Auth-Token header is missing');
  if (needsApp && (appId === undefined || appId === '')) return refuse(401, 'App-ID header is missing');
  const token = [...iconik.store.tokens.values()].find((each) => each.token === given);
  const isRightApp = !needsApp || token?.app_id === appId;
  const caller = token && isRightApp && !isOver(iconik, token) ? callerOf(iconik, token) : undefined;
  return caller ? { outcome: 'granted', caller } : refuse(401, 'Token is invalid');
}

function isOver({ needs }: Iconik, { expires }: Token): boolean {
  return expires !== null && expires <= needs.clock.now();
}

function callerOf({ store }: Iconik, token: Token): Caller | undefined {
  const user = store.users.get(token.user_id);
  const app = store.apps.get(token.app_id);
  return user?.status === 'ACTIVE' && app ? { user, app, token } : undefined;
}

/** What refuses every call whoever makes it, then the roles of the operation. */
export function authorize(iconik: Iconik, caller: Caller, route: Route): Answer | undefined {
  const { domainStatus, ipAllowList, missingRole } = iconik.switches.positions;
  if (ipAllowList === 'refuses-caller') return errors(403, 'Your IP address is not allowed');
  const isCheck = route.path === '/auth/v1/auth/token/' && route.method === 'GET';
  if ((domainStatus === 'FROZEN' || domainStatus === 'DEACTIVATED') && !isCheck) {
    return errors(403, `The system domain is ${domainStatus}`);
  }
  const missing = route.roles.filter((role) => !holds(iconik, caller, role));
  return missing.length === 0
    ? undefined
    : errors(Number(missingRole), `Required role is missing: ${missing.join(', ')}`);
}

export function holds(iconik: Iconik, { user, token }: Caller, role: string): boolean {
  return hasRole(iconik, user, role) && (token.scope?.includes(role) ?? true);
}
