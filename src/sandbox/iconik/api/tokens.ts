import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type App, iconikDate, type Token } from '../model.ts';
import type { Iconik } from '../server.ts';
import { randomToken } from '../store.ts';
import { Id, readBody } from './body.ts';
import { type ApiCall, created, errors, FORBIDDEN, type Handler, NO_CONTENT, notFound, ok } from './call.ts';
import { cursorPage } from './paging.ts';
import { at } from './user-view.ts';

/** A token without its secret, which is told once. */
function show(iconik: Iconik, { id, app_id, user_id, expires, date_created }: Token): object {
  const { store, switches } = iconik;
  return {
    ...{ id, app_id, user_id, date_created, date_modified: date_created },
    expires: expires && iconikDate(expires),
    is_admin: store.users.get(user_id)?.is_admin ?? false,
    is_super_admin: false,
    is_mfa_authenticated: false,
    system_domain_id: store.systemDomainId,
    system_domains: [store.systemDomainId],
    system_domain_status: switches.positions.domainStatus,
  };
}

export function issueToken(
  iconik: Iconik,
  fields: Pick<Token, 'app_id' | 'user_id'> & Partial<Pick<Token, 'expires' | 'scope'>>,
): Token {
  const token: Token = {
    ...{ id: randomUUID(), token: randomToken(), expires: null, scope: null, usedBy: null },
    ...{ date_created: at(iconik), ...fields },
  };
  iconik.store.tokens.set(token.id, token);
  return token;
}

export const checkToken: Handler = ({ iconik, caller }) => ok(show(iconik, caller.token));

const another = (call: ApiCall): object => {
  const { app_id, user_id, scope } = call.caller.token;
  const token = issueToken(call.iconik, { app_id, user_id, scope });
  return { ...show(call.iconik, token), token: token.token };
};

/** The old one stays good. */
export const addToken: Handler = (call) => created(another(call));
/** The old one ends. */
export const refreshToken: Handler = (call) => {
  const body = another(call);
  call.iconik.store.tokens.delete(call.caller.token.id);
  return ok(body);
};
export const revokeToken: Handler = ({ iconik, caller }) => {
  iconik.store.tokens.delete(caller.token.id);
  return ok({});
};

export const listTokens: Handler = (call) => {
  const { iconik, caller } = call;
  const isAll = iconik.switches.positions.tokensListed === 'all';
  const tokens = [...iconik.store.tokens.values()].filter(
    ({ user_id }) => isAll || user_id === caller.user.id,
  );
  return cursorPage(
    call,
    tokens,
    ({ id }) => id,
    (token) => show(iconik, token),
  );
};

export const getToken: Handler = ({ iconik, params }) => {
  const token = iconik.store.tokens.get(params['tokenId'] ?? '');
  return token ? ok(show(iconik, token)) : notFound('Token');
};

/** Somebody else's token only by an administrator. */
export const revokeTokenById: Handler = ({ iconik, caller, params }) => {
  const token = iconik.store.tokens.get(params['tokenId'] ?? '');
  if (!token) return notFound('Token');
  if (token.user_id !== caller.user.id && !caller.user.is_admin) return FORBIDDEN;
  iconik.store.tokens.delete(token.id);
  return ok({});
};

const NewApp = z.object({
  name: z.string().min(1, 'Must not be empty'),
  description: z.string().nullable().default(null),
  default_user_id: Id.nullable().default(null),
  url: z.string().nullable().optional(),
});

function showApp({ store }: Iconik, { clientSecret: _secret, ...app }: App): object {
  return { ...app, url: null, date_modified: app.date_created, system_domain_id: store.systemDomainId };
}

export const listApps: Handler = (call) =>
  cursorPage(
    call,
    [...call.iconik.store.apps.values()],
    ({ id }) => id,
    (app) => showApp(call.iconik, app),
  );

const appOf = ({ iconik, params }: ApiCall): App | undefined => iconik.store.apps.get(params['appId'] ?? '');

export const getApp: Handler = (call) => {
  const app = appOf(call);
  return app ? ok(showApp(call.iconik, app)) : notFound('App');
};

export const createApp: Handler = (call) => {
  const { iconik } = call;
  const read = readBody(call, NewApp, ['id', 'date_created', 'date_modified', 'system_domain_id']);
  if (read.outcome === 'refused') return read.answer;
  const { name, description, default_user_id } = read.value;
  const app: App = {
    id: randomUUID(),
    name,
    description,
    default_user_id,
    clientSecret: null,
    date_created: at(iconik),
  };
  iconik.store.apps.set(app.id, app);
  return created(showApp(iconik, app));
};

export const removeApp: Handler = (call) => {
  const app = appOf(call);
  if (!app) return notFound('App');
  call.iconik.store.apps.delete(app.id);
  for (const token of call.iconik.store.tokens.values()) {
    if (token.app_id === app.id) call.iconik.store.tokens.delete(token.id);
  }
  return NO_CONTENT;
};

/** Acts as the user of the application; without one, somebody has to sign in instead. */
export const mintToken: Handler = (call) => {
  const app = appOf(call);
  if (!app) return notFound('App');
  if (app.default_user_id === null) return errors(400, 'The application has no user');
  const token = issueToken(call.iconik, { app_id: app.id, user_id: app.default_user_id });
  return ok({ ...show(call.iconik, token), token: token.token });
};
